"""Commands of the AWS CLI and of CDK in notifications."""

from lambdas.aws.context import ModelContext


def approval_command(model_package_arn: str, status: str) -> str:
    """The command that sets the approval status of a model package."""
    return (
        f"aws sagemaker update-model-package --model-package-arn {model_package_arn}"
        f" --model-approval-status {status}"
    )


def deploy_command(context: ModelContext, model_package_arn: str) -> str:
    """The command that creates the endpoint with a version."""
    stack = context.models.names.model_stack(context.name)
    return f"npx cdk deploy {stack} --parameters {stack}:InitialModelPackageArn={model_package_arn}"
