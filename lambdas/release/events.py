"""Whose event it is, and when: one row per kind of event that wakes the release."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from driftloop.errors import InputError
from driftloop.window import parse_time
from lambdas.aws.fleet import ModelIndex

Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ReleaseEvent:
    """What an event is about; ``package`` is the ARN of the package that it tells of."""

    model: str | None
    as_of: datetime
    event: str
    package: str | None = None
    reconcile: bool = False


def parse_event(event: Event, models: ModelIndex) -> ReleaseEvent:
    """Read an event; raises InputError where the release has no row for it."""
    kind = event.get("detail-type") or event.get("source")
    if kind not in _ROWS:
        raise InputError(f"release has no row for {kind!r}; it has {', '.join(_ROWS)}")
    return _ROWS[str(kind)](event, models)


def _package(event: Event, models: ModelIndex) -> ReleaseEvent:
    detail = event["detail"]
    model = models.find_by_resource(detail["ModelPackageGroupName"])
    return ReleaseEvent(model, _time(event), event["id"], package=detail["ModelPackageArn"])


def _endpoint(event: Event, models: ModelIndex) -> ReleaseEvent:
    return ReleaseEvent(
        models.find_by_resource(event["detail"]["EndpointName"]), _time(event), event["id"]
    )


def _parameter(event: Event, models: ModelIndex) -> ReleaseEvent:
    return ReleaseEvent(
        models.find_by_parameter(event["detail"]["name"]), _time(event), event["id"]
    )


def _reconcile(event: Event, _models: ModelIndex) -> ReleaseEvent:
    now = parse_time(event["as_of"])
    return ReleaseEvent(event["model"], now, f"reconcile:{event['as_of']}", reconcile=True)


def _time(event: Event) -> datetime:
    return parse_time(event["time"])


_ROWS: dict[str, Callable[[Event, ModelIndex], ReleaseEvent]] = {
    "SageMaker Model Package State Change": _package,
    "SageMaker Endpoint State Change": _endpoint,
    "SageMaker Endpoint Deployment State Change": _endpoint,
    "Parameter Store Change": _parameter,
    "driftloop.reconcile": _reconcile,
}
