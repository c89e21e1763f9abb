"""The state of one endpoint, how the API describes it, and the events of its changes."""

import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rehearsal.sagemaker.context import SageMakerContext
from rehearsal.sagemaker.endpoints.fleet import InstanceFleet, ProductionVariant
from rehearsal.sagemaker.endpoints.models_and_configs import ImmutableResource
from rehearsal.sagemaker.endpoints.traffic_shifting import Rollout
from rehearsal.sagemaker.protocols import Body

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
class EndpointUpdate:
    """An update in progress: ``share`` (0 to 1) of the traffic goes to its new fleet."""

    fleet: InstanceFleet
    rollout: Rollout
    settings: Body
    started: datetime
    share: float = 0.0
    credit: float = 0.0
    period_index: int = -1
    period_ends: datetime | None = None
    status: str = "Creating"
    message: str = "Creating the new fleet."
    status_since: datetime | None = None
    loaded: threading.Event = field(default_factory=threading.Event)


@dataclass(slots=True)
class EmulatedEndpoint:
    """An endpoint; ``fleet`` is the fleet that serves, None before the endpoint is in service."""

    name: str
    arn: str
    config: ImmutableResource
    created: datetime
    modified: datetime
    status: str = "Creating"
    failure: str | None = None
    fleet: InstanceFleet | None = None
    update: EndpointUpdate | None = None
    last_settings: Body | None = None
    fleet_count: int = 0
    created_or_failed: threading.Event = field(default_factory=threading.Event)

    def fleets(self) -> list[InstanceFleet]:
        """Return the fleet that serves and the new fleet of an update, if they exist."""
        new = [self.update.fleet] if self.update is not None else []
        return [*([self.fleet] if self.fleet is not None else []), *new]

    def choose_variant(self) -> tuple[InstanceFleet, ProductionVariant] | None:
        """Choose fleet and variant of the next request by share; None if no fleet serves."""
        if self.fleet is None:
            return None
        fleet = self.fleet
        deployment = self.update
        if deployment is not None and deployment.share > 0:
            deployment.credit += deployment.share
            if deployment.credit >= 1 - 1e-9:
                deployment.credit -= 1
                fleet = deployment.fleet
        return fleet, fleet.next_variant()


def describe_endpoint(endpoint: EmulatedEndpoint) -> Body:
    """Return the response of DescribeEndpoint."""
    response: Body = {
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
        response["ProductionVariants"] = [
            _variant(each) for each in endpoint.fleet.variants.values()
        ]
        if endpoint.fleet.capture_settings is not None:
            response["DataCaptureConfig"] = _capture(endpoint.fleet.capture_settings)
    if endpoint.update is not None:
        response["PendingDeploymentSummary"] = _pending(endpoint.update)
    return response


def announce_state(context: SageMakerContext, endpoint: EmulatedEndpoint) -> None:
    """Send ``SageMaker Endpoint State Change``."""
    context.announce(STATE_CHANGE, _detail(context, endpoint), endpoint.arn)


def announce_update(context: SageMakerContext, endpoint: EmulatedEndpoint) -> None:
    """Send ``SageMaker Endpoint Deployment State Change`` for an update in progress."""
    if endpoint.update is not None:
        detail = _detail(context, endpoint)
        detail["PendingDeploymentSummary"] = _in_milliseconds(_pending(endpoint.update))
        context.announce(DEPLOYMENT_CHANGE, detail, endpoint.arn)


def _detail(context: SageMakerContext, endpoint: EmulatedEndpoint) -> Body:
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
    """Convert times to milliseconds since the epoch, as endpoint events carry them."""
    if isinstance(value, datetime):
        return value.timestamp() * 1000
    if isinstance(value, dict):
        return {key: _in_milliseconds(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_in_milliseconds(member) for member in value]
    return value


def _variant(variant: ProductionVariant) -> Body:
    return {
        "VariantName": variant.name,
        "DeployedImages": [{"SpecifiedImage": variant.container.image}],
        "CurrentWeight": variant.weight,
        "DesiredWeight": variant.weight,
        "CurrentInstanceCount": variant.instances,
        "DesiredInstanceCount": variant.instances,
    }


def _pending(deployment: EndpointUpdate) -> Body:
    status = {
        "Status": deployment.status,
        "StatusMessage": deployment.message,
        "StartTime": deployment.status_since or deployment.started,
    }
    variants = []
    for each in deployment.fleet.variants.values():
        description = _variant(each)
        if each.instance_type:
            description["InstanceType"] = each.instance_type
        variants.append({**description, "VariantStatus": [status]})
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
