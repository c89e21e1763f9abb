"""What people are told when a release has ended."""

from typing import Any

from driftloop.policy.release import Outcome, Purpose
from lambdas.aws.outlets import tell
from lambdas.release.room import Room

_CAUSES = {
    Purpose.APPROVAL: "it was approved in the registry",
    Purpose.ROLLBACK: "the version after it was rejected",
    Purpose.SETTINGS: "the serving settings changed",
}


def tell_outcome(room: Room, underway: dict[str, Any]) -> None:
    """What happened, why, and what to do next."""
    version, config = underway["version"], underway["endpoint_config"]
    cause = _CAUSES[Purpose(underway["purpose"])]
    if underway["outcome"] == Outcome.PROMOTED:
        tell(
            room.aws,
            f"driftloop: version {version} of {room.name} is in service",
            happened=f"Version {version} went out as {config} and serves all requests.",
            why=f"It was released because {cause}; no rollback alarm went off.",
            next_step="Read the reports of its first windows: you are told each verdict. To go"
            " back to the version before, reject this one in the registry.",
        )
        return
    tell(
        room.aws,
        f"driftloop: the release of version {version} of {room.name} was rolled back",
        happened=f"Version {version} ({config}) was taken back. The champion serves on.",
        why=f"It was released because {cause}. {underway['why']}",
        next_step="Look at the endpoint's log group for the time of the release. To try the same"
        " version again, reject it in the registry and approve it anew.",
    )
