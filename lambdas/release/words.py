"""What people are told when a release has ended."""

from typing import Any

from driftloop.policy.release import ReleaseOutcome, ReleasePurpose
from lambdas.aws.outlets import notify
from lambdas.release.room import ModelContext

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
