"""The facts of a step: ledger, endpoint, serving parameter."""

from typing import Any

from botocore.exceptions import ClientError

from driftloop.policy import release as policy
from driftloop.policy.deployment import Settings
from driftloop.window import format_time, parse_time
from lambdas.release.room import Room

Item = dict[str, Any]
UNDERWAY = "RELEASE"


def gather(room: Room, settings: Settings) -> policy.Facts:
    """The ledger is read first: an endpoint that has moved on meanwhile is seen as it is."""
    underway = room.ledger.get(UNDERWAY)
    champion = room.ledger.get("CHAMPION")
    versions = tuple(_version(item) for item in room.ledger.prefixed("VERSION#"))
    return policy.Facts(
        endpoint=_endpoint(describe_endpoint(room)),
        champion=_champion(champion) if champion else None,
        underway=_underway(underway) if underway else None,
        versions=versions,
        settings=settings.digest,
        paused=room.config.paused,
    )


def read_settings(room: Room) -> Settings | None:
    """The serving settings as they should be now; None where the model's stack is not there."""
    client = room.aws.client("ssm")
    try:
        answer = client.get_parameter(Name=room.models.names.serving_parameter(room.name))
    except client.exceptions.ParameterNotFound:
        return None
    return Settings.from_json(answer["Parameter"]["Value"])


def describe_endpoint(room: Room) -> Item | None:
    """DescribeEndpoint's answer, or None where there is no endpoint."""
    try:
        answer = room.aws.client("sagemaker").describe_endpoint(EndpointName=room.resource)
    except ClientError as error:
        # SageMaker has no code of its own for "there is none".
        if "could not find" in error.response["Error"]["Message"].lower():
            return None
        raise
    return dict(answer)


def _endpoint(found: Item | None) -> policy.Endpoint | None:
    if found is None:
        return None
    return policy.Endpoint(
        status=found["EndpointStatus"],
        config=found.get("EndpointConfigName", ""),
        pending=bool(found.get("PendingDeploymentSummary")),
        modified=format_time(found["LastModifiedTime"]),
    )


def _champion(item: Item) -> policy.Champion:
    return policy.Champion(
        version=item["version"],
        config=item["endpoint_config"],
        settings=item["settings"],
        refused_settings=item.get("refused_settings"),
    )


def _underway(item: Item) -> policy.Underway:
    return policy.Underway(
        version=item["version"],
        config=item["endpoint_config"],
        modified=item["modified"],
        requested=item.get("requested", False),
        outcome=policy.Outcome(item["outcome"]) if "outcome" in item else None,
    )


def _version(item: Item) -> policy.Version:
    def time(name: str) -> Any:
        return parse_time(item[name]) if name in item else None

    return policy.Version(
        number=item["version"],
        status=policy.Status(item["status"]),
        approved_at=time("decided"),
        live_from=time("live_from"),
        live_to=time("live_to"),
    )
