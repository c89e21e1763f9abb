"""The events on the default bus that driftloop publishes or answers; source ``driftloop``.

A new event is one class here. AWS's own events that driftloop reads are in ``aws_events``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Generic, Literal, TypeVar

import msgspec

from driftloop.contract.resource_names import EVENT_SOURCE
from driftloop.errors import InputError
from driftloop.window import Window

DetailT = TypeVar("DetailT", bound=msgspec.Struct)


class EventDetail(msgspec.Struct, frozen=True, kw_only=True):
    """Base of the typed details; ``DETAIL_TYPE`` is EventBridge's ``detail-type``."""

    DETAIL_TYPE: ClassVar[str]

    def to_json(self) -> str:
        """The detail as PutEvents takes it; equal details give equal text."""
        return msgspec.json.encode(self, order="deterministic").decode()


class OwnEventDetail(EventDetail, frozen=True, kw_only=True):
    """Base of the details of driftloop's own events.

    Environments of one account and region share its default event bus, so each rule and each
    receiver compares ``environment`` (of driftloop.yaml) with its own.
    """

    environment: str


class PublishedEventDetail(OwnEventDetail, frozen=True, kw_only=True):
    """Base of the details that driftloop publishes.

    A repetition of an event has the same ``deduplication_id``; EventBridge gives each one another
    ``id``. It is empty in an event of a version of driftloop that did not have it.
    """

    deduplication_id: str = ""


@dataclass(frozen=True, slots=True)
class Event(Generic[DetailT]):
    """A delivered event; ``id`` is the same for each delivery of it, ``time`` is the bus's."""

    id: str
    time: datetime
    detail: DetailT


class ObjectLocation(msgspec.Struct, frozen=True, kw_only=True):
    """An object in S3."""

    bucket: str
    key: str


class DailyAnalysis(msgspec.Struct, frozen=True, kw_only=True):
    """The analysis of a UTC day; ``report`` is the key of its report."""

    window: Window
    verdict: str
    drifted_features: tuple[str, ...]
    report: str


class AnalysisCompleted(PublishedEventDetail, frozen=True, kw_only=True):
    """One version's window was analyzed; ``daily`` is the day that the window completes."""

    DETAIL_TYPE: ClassVar[str] = "Analysis Completed"

    model: str
    version: int
    is_champion: bool
    verdict: str
    window: Window
    revision: int
    reasons: tuple[str, ...]
    drifted_features: tuple[str, ...]
    persistent_columns: tuple[str, ...]
    daily: DailyAnalysis | None
    report: ObjectLocation
    as_of: datetime


class RetrainingDecided(PublishedEventDetail, frozen=True, kw_only=True, omit_defaults=True):
    """The gate decided on a request; ``evidence`` is what it knew.

    ``start_failed``: the execution was not started, for the ``failure_reason``.
    """

    DETAIL_TYPE: ClassVar[str] = "Retraining Decided"

    model: str
    decision: Literal["start", "refuse", "start_failed"]
    reason: str
    idempotency_key: str
    decision_id: str
    evidence: dict[str, Any]
    execution_arn: str | None = None
    failure_reason: str | None = None


class ReleaseCompleted(PublishedEventDetail, frozen=True, kw_only=True):
    """A release ended; ``purpose`` is ``approval``, ``rollback`` or ``serving_settings``."""

    DETAIL_TYPE: ClassVar[str] = "Release Completed"

    model: str
    version: int
    outcome: Literal["promoted", "rolled_back", "refused", "superseded"]
    purpose: str
    reason: str
    as_of: datetime


class RetrainingRequested(OwnEventDetail, frozen=True, kw_only=True):
    """A person requests a retraining; driftloop receives this event and never publishes it."""

    DETAIL_TYPE: ClassVar[str] = "Retraining Requested"

    model: str
    reason: str = "no reason given"
    requested_by: str = "unknown"


def decode_event(detail_type: type[DetailT], event: Mapping[str, Any]) -> Event[DetailT]:
    """A delivered event with its detail as ``detail_type``.

    Args:
        detail_type: The class of the detail.
        event: The event as EventBridge delivers it to a target.
    Raises:
        InputError: A field is missing or has another type; the message names event and field.
    """
    try:
        envelope = msgspec.convert(event, _Envelope)
        return Event(envelope.id, envelope.time, msgspec.convert(envelope.detail, detail_type))
    except msgspec.ValidationError as error:
        raise InputError(
            f"event {event.get('id', 'without id')!r} is not a valid"
            f" {event.get('detail-type', detail_type.__name__)!r} event: {error}"
        ) from error


def environment_mismatch(event: Mapping[str, Any], environment: str) -> str | None:
    """Why an own event is not for ``environment``; None if it is, or if it is no own event.

    The rules deliver only events of their own environment, so this is for a direct invocation and
    for a rule that a person changed.
    """
    if event.get("source") != EVENT_SOURCE:
        return None
    detail = event.get("detail")
    given = detail.get("environment") if isinstance(detail, Mapping) else None
    if given == environment:
        return None
    found = "no environment" if given is None else f"the environment {given!r}"
    return (
        f"event {event.get('id', 'without id')!r} ({event.get('detail-type')!r}) has {found} in"
        f" its detail, and this is the environment {environment!r}. Send the event again with"
        f' "environment": "{environment}" in its detail'
    )


def decode_payload(payload_type: type[DetailT], payload: Any) -> DetailT:
    """A direct invocation's payload as ``payload_type``; raises InputError if it is not one."""
    try:
        return msgspec.convert(payload, payload_type)
    except msgspec.ValidationError as error:
        raise InputError(f"the payload is not a valid {payload_type.__name__}: {error}") from error


class _Envelope(msgspec.Struct, frozen=True):
    id: str
    time: datetime
    detail: dict[str, Any]
