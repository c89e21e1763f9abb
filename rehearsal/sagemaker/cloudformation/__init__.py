"""The CloudFormation resource types of SageMaker."""
