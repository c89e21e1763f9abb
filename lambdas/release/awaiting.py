"""An approved version without an endpoint: a person creates it with one command."""

from driftloop.policy.release import VersionStatus
from lambdas.aws.ledger import Condition, Update
from lambdas.aws.outlets import notify
from lambdas.release.room import ModelContext, version_key


def request_first_deployment(context: ModelContext, version: int) -> None:
    """Tell people the command, then note that they know it."""
    key = version_key(version)
    item = context.ledger.get(key) or {}
    notify(
        context.aws,
        f"driftloop: version {version} of {context.name} waits for its endpoint",
        what=f"Version {version} of {context.name} is approved, and there is no endpoint yet.",
        why="The stack creates the endpoint with its first version; it needs to be told which.",
        next_step=f"Run\n\n    {deploy_command(context, item['package_arn'], version)}\n",
    )
    waits = {"status": str(VersionStatus.AWAITING_ENDPOINT)}
    context.ledger.write(
        Update(key, waits, condition=Condition(equals={"status": str(VersionStatus.APPROVED)}))
    )


def deploy_command(context: ModelContext, package_arn: str, version: int) -> str:
    """What creates the endpoint."""
    stack = context.models.names.model_stack(context.name)
    return (
        f"npx cdk deploy {stack}"
        f" --parameters {stack}:InitialModelPackageArn={package_arn}"
        f" --parameters {stack}:InitialModelVersion={version}"
    )
