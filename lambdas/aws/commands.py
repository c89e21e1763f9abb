"""Commands of the AWS CLI in notifications."""


def approval_command(model_package_arn: str, status: str) -> str:
    """The command that sets the approval status of a model package."""
    return (
        f"aws sagemaker update-model-package --model-package-arn {model_package_arn}"
        f" --model-approval-status {status}"
    )
