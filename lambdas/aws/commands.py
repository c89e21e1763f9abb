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


def create_endpoint_steps(
    context: ModelContext, model_package_arn: str, *, had_endpoint: bool
) -> str:
    """How to get the endpoint of a model; if it had one, that may have been deleted by a person."""
    command = f"Run:\n\n    {deploy_command(context, model_package_arn)}\n"
    if not had_endpoint:
        return command
    return (
        "If the stack was deleted and deployed again, it needs the model package ARN to create the"
        f" endpoint. {command}\nIf the endpoint itself was deleted, that command does not create"
        f" it. {recreate_endpoint(context, model_package_arn)}"
    )


def recreate_endpoint(context: ModelContext, model_package_arn: str) -> str:
    """How to get an endpoint back that was deleted, but not by its stack.

    CloudFormation acts on differences between templates, so it does not see that a resource is
    gone; the custom resource of the registry does not change the version of an endpoint.
    """
    return (
        "Its stack still has it as a resource: delete the stack, then deploy it again. Registry,"
        " captured data and ledger are retained. Run:"
        f"\n\n    npx cdk destroy {context.models.names.model_stack(context.name)}"
        f"\n    {deploy_command(context, model_package_arn)}\n"
    )
