"""The state of one endpoint, how the API describes it, and the events of its changes."""

import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rehearsal.sagemaker.context import Context
from rehearsal.sagemaker.endpoints.fleet import InstanceFleet, Variant
from rehearsal.sagemaker.endpoints.models_and_configs import Record
from rehearsal.sagemaker.endpoints.traffic_shifting import Rollout

Body = dict[str, Any]

STATE_CHANGE = "SageMaker Endpoint State Change"
DEPLOYMENT_CHANGE = "SageMaker Endpoint Deployment State Change"
EVENT_STATUS = {
    "Creating": "CREATING",
    "Updating": "UPDATING",
    "RollingBack": "ROLLING_BACK",
    "InService": "IN_SERVICE",
    "Deleting": "DELETING",
    "Failed": "FAILED",
}


@dataclass(slots=True)
class Deployment:
    """A new fleet on its way: ``share`` of the traffic goes to it."""

    fleet: InstanceFleet
    rollout: Rollout
    settings: Body
    started: datetime
    share: float = 0.0
    credit: float = 0.0
    stage: int = -1
    stage_ends: datetime | None = None
    status: str = "Creating"
    message: str = "Creating the new fleet."
    status_since: datetime | None = None
    loaded: threading.Event = field(default_factory=threading.Event)


@dataclass(slots=True)
class EmulatedEndpoint:
    """An endpoint; ``fleet`` is what it serves with once it has been in service."""

    name: str
    arn: str
    config: Record
    created: datetime
    modified: datetime
    status: str = "Creating"
    failure: str | None = None
    fleet: InstanceFleet | None = None
    deployment: Deployment | None = None
    last_settings: Body | None = None
    fleets_made: int = 0
    settled: threading.Event = field(default_factory=threading.Event)

    def fleets(self) -> list[InstanceFleet]:
        """The fleet that serves, and the one on its way."""
        coming = [self.deployment.fleet] if self.deployment is not None else []
        return [*([self.fleet] if self.fleet is not None else []), *coming]

    def route(self) -> tuple[InstanceFleet, Variant] | None:
        """The fleet and variant whose turn it is, evenly by share; None while nothing serves."""
        if self.fleet is None:
            return None
        fleet = self.fleet
        deployment = self.deployment
        if deployment is not None and deployment.share > 0:
            deployment.credit += deployment.share
            if deployment.credit >= 1 - 1e-9:
                deployment.credit -= 1
                fleet = deployment.fleet
        return fleet, fleet.pick()


def describe(endpoint: EmulatedEndpoint) -> Body:
    """DescribeEndpoint's answer."""
    answer: Body = {
        "EndpointName": endpoint.name,
        "EndpointArn": endpoint.arn,
        "EndpointConfigName": endpoint.config.name,
        "EndpointStatus": endpoint.status,
        "FailureReason": endpoint.failure,
        "CreationTime": endpoint.created,
        "LastModifiedTime": endpoint.modified,
        "LastDeploymentConfig": endpoint.last_settings,
    }
    if endpoint.fleet is not None:
        answer["ProductionVariants"] = [_variant(each) for each in endpoint.fleet.variants.values()]
        if endpoint.fleet.capture_settings is not None:
            answer["DataCaptureConfig"] = _capture(endpoint.fleet.capture_settings)
    if endpoint.deployment is not None:
        answer["PendingDeploymentSummary"] = _pending(endpoint.deployment)
    return answer


def announce_state(context: Context, endpoint: EmulatedEndpoint) -> None:
    """Send ``SageMaker Endpoint State Change``."""
    context.announce(STATE_CHANGE, _detail(context, endpoint), endpoint.arn)


def announce_deployment(context: Context, endpoint: EmulatedEndpoint) -> None:
    """Send ``SageMaker Endpoint Deployment State Change`` of the update under way."""
    if endpoint.deployment is not None:
        detail = _detail(context, endpoint)
        detail["PendingDeploymentSummary"] = _in_milliseconds(_pending(endpoint.deployment))
        context.announce(DEPLOYMENT_CHANGE, detail, endpoint.arn)


def _detail(context: Context, endpoint: EmulatedEndpoint) -> Body:
    variants = endpoint.fleet.variants.values() if endpoint.fleet is not None else ()
    detail: Body = {
        "EndpointName": endpoint.name,
        "EndpointArn": endpoint.arn,
        "EndpointConfigName": endpoint.config.name,
        "ProductionVariants": [_variant(each) for each in variants],
        "EndpointStatus": EVENT_STATUS[endpoint.status],
        "CreationTime": endpoint.created,
        "LastModifiedTime": endpoint.modified,
        "Tags": context.tags.get(endpoint.arn, {}),
    }
    if endpoint.failure:
        detail["FailureReason"] = endpoint.failure
    return dict(_in_milliseconds(detail))


def _in_milliseconds(value: Any) -> Any:
    """Endpoint events carry instants as milliseconds since the epoch."""
    if isinstance(value, datetime):
        return value.timestamp() * 1000
    if isinstance(value, dict):
        return {key: _in_milliseconds(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_in_milliseconds(member) for member in value]
    return value


def _variant(variant: Variant) -> Body:
    return {
        "VariantName": variant.name,
        "DeployedImages": [{"SpecifiedImage": variant.container.image}],
        "CurrentWeight": variant.weight,
        "DesiredWeight": variant.weight,
        "CurrentInstanceCount": variant.instances,
        "DesiredInstanceCount": variant.instances,
    }


def _pending(deployment: Deployment) -> Body:
    status = {
        "Status": deployment.status,
        "StatusMessage": deployment.message,
        "StartTime": deployment.status_since or deployment.started,
    }
    variants = []
    for each in deployment.fleet.variants.values():
        shown = _variant(each)
        if each.instance_type:
            shown["InstanceType"] = each.instance_type
        variants.append({**shown, "VariantStatus": [status]})
    return {
        "EndpointConfigName": deployment.fleet.config.name,
        "StartTime": deployment.started,
        "ProductionVariants": variants,
    }


def _capture(settings: Body) -> Body:
    enabled = settings.get("EnableCapture", True)
    return {
        "EnableCapture": enabled,
        "CaptureStatus": "Started" if enabled else "Stopped",
        "CurrentSamplingPercentage": settings["InitialSamplingPercentage"],
        "DestinationS3Uri": settings["DestinationS3Uri"],
        "KmsKeyId": settings.get("KmsKeyId", ""),
    }
