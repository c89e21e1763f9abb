"""An approved version without an endpoint: a person creates it with one command."""

from driftloop.policy.release import Status
from lambdas.aws.ledger import Change, When
from lambdas.aws.outlets import tell
from lambdas.release.room import Room, version_key


def await_endpoint(room: Room, version: int) -> None:
    """Tell people the command, then note that they know it."""
    key = version_key(version)
    item = room.ledger.get(key) or {}
    tell(
        room.aws,
        f"driftloop: version {version} of {room.name} waits for its endpoint",
        happened=f"Version {version} of {room.name} is approved, and there is no endpoint yet.",
        why="The stack creates the endpoint with its first version; it needs to be told which.",
        next_step=f"Run\n\n    {deploy_command(room, item['package_arn'], version)}\n",
    )
    waits = {"status": str(Status.AWAITING_ENDPOINT)}
    room.ledger.write(Change(key, waits, when=When(equals={"status": str(Status.APPROVED)})))


def deploy_command(room: Room, package_arn: str, version: int) -> str:
    """What creates the endpoint."""
    stack = room.models.names.model_stack(room.name)
    return (
        f"npx cdk deploy {stack}"
        f" --parameters {stack}:FirstModelPackageArn={package_arn}"
        f" --parameters {stack}:FirstModelVersion={version}"
    )
