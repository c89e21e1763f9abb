"""The timeline: one entry per thing that happened, from the events of the bus."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from driftloop.contract.events import ANALYSIS_COMPLETED, RELEASE_COMPLETED, RETRAINING_DECIDED
from rehearsal.timeline_events import TimelineEvent

Detail = Mapping[str, Any]

FINAL_STATUSES = {"Succeeded", "Failed", "Stopped"}
"""Statuses of a pipeline execution that has ended."""

APPROVAL_EVENTS = {
    "Approved": TimelineEvent.MODEL_APPROVED,
    "Rejected": TimelineEvent.MODEL_REJECTED,
}
"""Events of a person's decision, by ModelApprovalStatus."""


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One entry of the timeline. ``time`` is simulated, in ISO 8601."""

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
        to_candidates = _READERS.get(event["detail-type"])
        if to_candidates is None:
            return
        for candidate in to_candidates(event["detail"]):
            key = (candidate.event, *candidate.key)
            if key not in self._read:
                self._read.add(key)
                yield TimelineEntry(
                    event["time"], candidate.actor, candidate.event, candidate.detail
                )


def _analysis_completed(detail: Detail) -> Iterator[_Candidate]:
    key = (detail["version"], detail["window"]["start"], detail["revision"])
    yield _Candidate("analysis", TimelineEvent.ANALYSIS_COMPLETED, dict(detail), key)


def _alarm_changed(detail: Detail) -> Iterator[_Candidate]:
    state, previous = detail["state"], detail["previousState"]
    if "ALARM" in (state["value"], previous["value"]):
        shown = {
            "alarm": detail["alarmName"],
            "state": state["value"],
            "previous_state": previous["value"],
            "reason": state["reason"],
        }
        key = (detail["alarmName"], state["timestamp"])
        yield _Candidate("cloudwatch", TimelineEvent.ALARM_CHANGED, shown, key)


def _retraining_decided(detail: Detail) -> Iterator[_Candidate]:
    shown = {name: value for name, value in detail.items() if name != "evidence"}
    yield _Candidate("gate", TimelineEvent.RETRAINING_DECIDED, shown, (detail["decision_id"],))


def _pipeline_ended(detail: Detail) -> Iterator[_Candidate]:
    status = detail["currentPipelineExecutionStatus"]
    if status in FINAL_STATUSES:
        arn = detail["pipelineExecutionArn"]
        shown = {"status": status, "execution": arn.rpartition("/")[2]}
        yield _Candidate("pipeline", TimelineEvent.PIPELINE_ENDED, shown, (arn, status))


def _model_package_changed(detail: Detail) -> Iterator[_Candidate]:
    status = detail["ModelApprovalStatus"]
    shown = {
        "version": detail["ModelPackageVersion"],
        "model_package_group": detail["ModelPackageGroupName"],
        "model_approval_status": status,
    }
    key = (detail["ModelPackageArn"],)
    yield _Candidate("registry", TimelineEvent.MODEL_REGISTERED, shown, key)
    if status in APPROVAL_EVENTS:
        yield _Candidate("person", APPROVAL_EVENTS[status], shown, key)


def _release_completed(detail: Detail) -> Iterator[_Candidate]:
    key = (detail["version"], detail["outcome"], detail["as_of"])
    yield _Candidate("release", TimelineEvent.RELEASE_COMPLETED, dict(detail), key)


_READERS: dict[str, Callable[[Detail], Iterator[_Candidate]]] = {
    ANALYSIS_COMPLETED: _analysis_completed,
    "CloudWatch Alarm State Change": _alarm_changed,
    RETRAINING_DECIDED: _retraining_decided,
    "SageMaker Model Building Pipeline Execution Status Change": _pipeline_ended,
    "SageMaker Model Package State Change": _model_package_changed,
    RELEASE_COMPLETED: _release_completed,
}
