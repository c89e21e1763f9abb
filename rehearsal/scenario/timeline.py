"""The timeline: one entry per thing that happened, from the events of the bus."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import msgspec

from driftloop.contract.aws_events import (
    AlarmStateChange,
    ModelPackageStateChange,
    PipelineExecutionStatusChange,
)
from driftloop.contract.events import (
    AnalysisCompleted,
    EventDetail,
    ReleaseCompleted,
    RetrainingDecided,
    decode_payload,
)
from rehearsal.timeline_events import TimelineEvent

FINAL_STATUSES = {"Succeeded", "Failed", "Stopped"}
"""Statuses of a pipeline execution that has ended."""

APPROVAL_EVENTS = {
    "Approved": TimelineEvent.MODEL_APPROVED,
    "Rejected": TimelineEvent.MODEL_REJECTED,
}
"""Events of a person's decision, by ModelApprovalStatus."""


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One entry of the timeline; ``time`` is when the bus received it, simulated, in ISO 8601."""

    time: str
    actor: str
    event: TimelineEvent
    detail: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return the entry as timeline.json has it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """An entry without its time. Candidates with equal ``event`` and ``key`` are duplicates."""

    actor: str
    event: TimelineEvent
    detail: dict[str, Any]
    key: tuple[object, ...]


@dataclass
class TimelineReader:
    """Reads the events that belong on the timeline; a repeated event gives no second entry."""

    _read: set[tuple[object, ...]] = field(default_factory=set)

    def read(self, event: Mapping[str, Any]) -> Iterator[TimelineEntry]:
        """Yield the entries of one event of the bus; none for an event of another kind."""
        detail_type = _DETAIL_TYPES.get(event["detail-type"])
        if detail_type is None:
            return
        detail = decode_payload(detail_type, event["detail"])
        for candidate in _READERS[detail_type](detail):
            key = (candidate.event, *candidate.key)
            if key not in self._read:
                self._read.add(key)
                yield TimelineEntry(
                    event["ingestion_time"], candidate.actor, candidate.event, candidate.detail
                )


def _analysis_completed(detail: AnalysisCompleted) -> Iterator[_Candidate]:
    key = (detail.version, detail.window, detail.revision)
    shown = msgspec.to_builtins(detail)
    yield _Candidate("analysis", TimelineEvent.ANALYSIS_COMPLETED, shown, key)


def _alarm_changed(detail: AlarmStateChange) -> Iterator[_Candidate]:
    state, previous = detail.state, detail.previous_state
    if "ALARM" in (state.value, previous.value):
        shown = {
            "alarm": detail.alarm_name,
            "state": state.value,
            "previous_state": previous.value,
            "reason": state.reason,
        }
        key = (detail.alarm_name, state.timestamp)
        yield _Candidate("cloudwatch", TimelineEvent.ALARM_CHANGED, shown, key)


def _retraining_decided(detail: RetrainingDecided) -> Iterator[_Candidate]:
    shown = msgspec.to_builtins(detail)
    del shown["evidence"]
    yield _Candidate("gate", TimelineEvent.RETRAINING_DECIDED, shown, (detail.decision_id,))


def _pipeline_ended(detail: PipelineExecutionStatusChange) -> Iterator[_Candidate]:
    status = detail.current_pipeline_execution_status
    if status in FINAL_STATUSES:
        arn = detail.pipeline_execution_arn
        shown = {"status": status, "execution": arn.rpartition("/")[2]}
        yield _Candidate("pipeline", TimelineEvent.PIPELINE_ENDED, shown, (arn, status))


def _model_package_changed(detail: ModelPackageStateChange) -> Iterator[_Candidate]:
    status = detail.model_approval_status
    shown = {
        "version": detail.model_package_version,
        "model_package_group": detail.model_package_group_name,
        "model_approval_status": status,
    }
    key = (detail.model_package_arn,)
    yield _Candidate("registry", TimelineEvent.MODEL_REGISTERED, shown, key)
    if status in APPROVAL_EVENTS:
        yield _Candidate("person", APPROVAL_EVENTS[status], shown, key)


def _release_completed(detail: ReleaseCompleted) -> Iterator[_Candidate]:
    key = (detail.version, detail.outcome, detail.as_of)
    shown = msgspec.to_builtins(detail)
    yield _Candidate("release", TimelineEvent.RELEASE_COMPLETED, shown, key)


_READERS: dict[type[EventDetail], Callable[[Any], Iterator[_Candidate]]] = {
    AnalysisCompleted: _analysis_completed,
    AlarmStateChange: _alarm_changed,
    RetrainingDecided: _retraining_decided,
    PipelineExecutionStatusChange: _pipeline_ended,
    ModelPackageStateChange: _model_package_changed,
    ReleaseCompleted: _release_completed,
}
_DETAIL_TYPES = {detail_type.DETAIL_TYPE: detail_type for detail_type in _READERS}
