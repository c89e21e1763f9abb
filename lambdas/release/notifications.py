"""What people are told when a release has ended.

An approved version without an endpoint: a person creates it with one command.
"""

from typing import Any

from driftloop.release.next_action import ReleaseOutcome, ReleasePurpose, VersionStatus
from lambdas.aws.context import ModelContext, version_key
from lambdas.aws.ledger import Condition, Update
from lambdas.aws.publishing import notify

_CAUSES = {
    ReleasePurpose.APPROVAL: "it was approved in the registry",
    ReleasePurpose.ROLLBACK: "the version after it was rejected",
    ReleasePurpose.SERVING_SETTINGS: "the serving settings changed",
}


def notify_outcome(context: ModelContext, underway: dict[str, Any]) -> None:
    """What happened, why, and what to do next."""
    version, config = underway["version"], underway["endpoint_config"]
    cause = _CAUSES[ReleasePurpose(underway["purpose"])]
    if underway["outcome"] == ReleaseOutcome.PROMOTED:
        notify(
            context.aws,
            f"driftloop: version {version} of {context.name} is in service",
            what=f"Version {version} went out as {config} and serves all requests.",
            why=f"It was released because {cause}; no rollback alarm went off.",
            next_step="Read the reports of its first windows: you are told each verdict. To go"
            " back to the version before, reject this one in the registry.",
        )
        return
    notify(
        context.aws,
        f"driftloop: the release of version {version} of {context.name} was rolled back",
        what=f"Version {version} ({config}) was taken back. The champion serves on.",
        why=f"It was released because {cause}. {underway['why']}",
        next_step="Look at the endpoint's log group for the time of the release. To try the same"
        " version again, reject it in the registry and approve it anew.",
    )


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
