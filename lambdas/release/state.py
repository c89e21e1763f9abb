"""The facts of a step: ledger, endpoint, serving parameter."""

from typing import Any

from botocore.exceptions import ClientError

from driftloop.release import next_action as policy
from driftloop.release.deployment import ServingSettings
from driftloop.window import format_time, parse_time
from lambdas.aws.context import ModelContext

Item = dict[str, Any]
UNDERWAY = "RELEASE"


def load_state(context: ModelContext, settings: ServingSettings) -> policy.ReleaseState:
    """The ledger is read first: an endpoint that has moved on meanwhile is seen as it is."""
    underway = context.ledger.get(UNDERWAY)
    champion = context.ledger.get("CHAMPION")
    versions = tuple(_version(item) for item in context.ledger.query_prefix("VERSION#"))
    return policy.ReleaseState(
        endpoint=_endpoint(describe_endpoint(context)),
        champion=_champion(champion) if champion else None,
        in_progress=_underway(underway) if underway else None,
        versions=versions,
        settings=settings.digest,
        paused=context.settings.paused,
    )


def read_settings(context: ModelContext) -> ServingSettings | None:
    """The serving settings as they should be now; None where the model's stack is not there."""
    client = context.aws.client("ssm")
    try:
        answer = client.get_parameter(Name=context.models.names.serving_parameter(context.name))
    except client.exceptions.ParameterNotFound:
        return None
    return ServingSettings.from_json(answer["Parameter"]["Value"])


def describe_endpoint(context: ModelContext) -> Item | None:
    """DescribeEndpoint's answer, or None where there is no endpoint."""
    try:
        answer = context.aws.client("sagemaker").describe_endpoint(EndpointName=context.resource)
    except ClientError as error:
        # SageMaker has no code of its own for "there is none".
        if "could not find" in error.response["Error"]["Message"].lower():
            return None
        raise
    return dict(answer)


def _endpoint(found: Item | None) -> policy.EndpointState | None:
    if found is None:
        return None
    return policy.EndpointState(
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
        failed_settings=item.get("failed_settings"),
    )


def _underway(item: Item) -> policy.ReleaseInProgress:
    return policy.ReleaseInProgress(
        version=item["version"],
        config=item["endpoint_config"],
        modified=item["modified"],
        requested=item.get("requested", False),
        outcome=policy.ReleaseOutcome(item["outcome"]) if "outcome" in item else None,
    )


def _version(item: Item) -> policy.Version:
    def time(name: str) -> Any:
        return parse_time(item[name]) if name in item else None

    return policy.Version(
        number=item["version"],
        status=policy.VersionStatus(item["status"]),
        approved_at=time("decided"),
        serving_from=time("serving_from"),
        serving_until=time("serving_until"),
    )
