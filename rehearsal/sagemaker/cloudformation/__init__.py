"""The CloudFormation resource types of SageMaker.

resources            all provisioners by resource type
calls                CloudFormation's calls to SageMaker, and the names that it generates
properties           template properties as API requests
models_and_configs   AWS::SageMaker::Model, AWS::SageMaker::EndpointConfig
endpoint             AWS::SageMaker::Endpoint
pipeline             AWS::SageMaker::Pipeline
"""

from rehearsal.sagemaker.cloudformation.resources import provisioners

__all__ = ["provisioners"]
