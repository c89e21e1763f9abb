"""Which model an event belongs to, and its time: one row per kind of event that invokes release."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from driftloop.contract.aws_events import (
    EndpointDeploymentStateChange,
    EndpointStateChange,
    ModelPackageStateChange,
    ParameterStoreChange,
)
from driftloop.contract.events import decode_event, decode_payload
from driftloop.contract.payloads import ReleaseCheck
from driftloop.errors import InputError
from driftloop.window import format_time
from lambdas.aws.fleet import ModelIndex

Payload = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ReleaseEvent:
    """What an event is about.

    ``resource`` is the name of what changed, ``event_id`` identifies the event, and
    ``model_package`` is the change of a model package.
    ``reconcile``: no event, but the hourly check for lost events.
    """

    model: str | None
    as_of: datetime
    event_id: str
    resource: str = ""
    model_package: ModelPackageStateChange | None = None
    reconcile: bool = False


def parse_event(event: Payload, models: ModelIndex) -> ReleaseEvent:
    """Read an event; raises InputError if release has no row for it."""
    kind = event.get("detail-type") or event.get("source")
    if kind not in _ROWS:
        raise InputError(
            f"release has no row for {kind!r}; it has {', '.join(_ROWS)}."
            " Fix the rule that invokes it"
        )
    return _ROWS[str(kind)](event, models)


def _model_package(payload: Payload, models: ModelIndex) -> ReleaseEvent:
    event = decode_event(ModelPackageStateChange, payload)
    group = event.detail.model_package_group_name
    model = models.find_by_resource(group)
    return ReleaseEvent(model, event.time, event.id, group, event.detail)


def _endpoint(payload: Payload, models: ModelIndex) -> ReleaseEvent:
    event = decode_event(EndpointStateChange, payload)
    name = event.detail.endpoint_name
    return ReleaseEvent(models.find_by_resource(name), event.time, event.id, name)


def _parameter(payload: Payload, models: ModelIndex) -> ReleaseEvent:
    event = decode_event(ParameterStoreChange, payload)
    name = event.detail.name
    return ReleaseEvent(models.find_by_parameter(name), event.time, event.id, name)


def _reconcile(payload: Payload, _models: ModelIndex) -> ReleaseEvent:
    check = decode_payload(ReleaseCheck, payload)
    event_id = f"reconcile:{format_time(check.as_of)}"
    return ReleaseEvent(check.model, check.as_of, event_id, reconcile=True)


_ROWS: dict[str, Callable[[Payload, ModelIndex], ReleaseEvent]] = {
    ModelPackageStateChange.DETAIL_TYPE: _model_package,
    EndpointStateChange.DETAIL_TYPE: _endpoint,
    EndpointDeploymentStateChange.DETAIL_TYPE: _endpoint,
    ParameterStoreChange.DETAIL_TYPE: _parameter,
    ReleaseCheck.SOURCE: _reconcile,
}
