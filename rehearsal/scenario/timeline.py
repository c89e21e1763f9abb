"""From the events of the bus to the timeline: one vocabulary, one line per thing that happened."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

Detail = Mapping[str, Any]
PIPELINE_ENDS = {"Succeeded": "Succeeded", "Failed": "Failed", "Stopped": "Stopped"}
MODEL_PACKAGES = {"Approved": "model.approved", "Rejected": "model.rejected"}


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One line of the timeline. ``time`` is simulated, in ISO 8601."""

    time: str
    actor: str
    event: str
    detail: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """As it stands in timeline.json."""
        return asdict(self)


@dataclass
class TimelineReader:
    """Tells the events that people care about; the same thing is told once."""

    _told: set[tuple[str, ...]] = field(default_factory=set)

    def read(self, event: Mapping[str, Any]) -> Iterator[TimelineEntry]:
        """The entry that an event of the bus is worth, if any."""
        teller = TELLERS.get(event["detail-type"])
        if teller is None:
            return
        for actor, name, detail, identity in teller(event["detail"]):
            if (name, *identity) not in self._told:
                self._told.add((name, *identity))
                yield TimelineEntry(event["time"], actor, name, detail)


Told = Iterator[tuple[str, str, dict[str, Any], tuple[str, ...]]]


def _analysis(detail: Detail) -> Told:
    shown = {
        key: detail[key]
        for key in ("model", "version", "is_champion", "verdict", "window", "reasons", "report")
        if key in detail
    }
    for key in ("drifted_features", "persistent_columns"):
        shown[key] = detail.get(key, [])
    shown["daily"] = detail.get("daily")
    identity = (str(detail["version"]), detail["window"]["start"], str(detail["revision"]))
    yield "analysis", "analysis.completed", shown, identity


def _alarm(detail: Detail) -> Told:
    state, before = detail["state"], detail["previousState"]
    if "ALARM" in (state["value"], before["value"]):
        shown = {
            "alarm": detail["alarmName"],
            "state": state["value"],
            "previous": before["value"],
            "reason": state["reason"],
        }
        yield "cloudwatch", "alarm.changed", shown, (detail["alarmName"], state["timestamp"])


def _gate(detail: Detail) -> Told:
    shown = {key: value for key, value in detail.items() if key != "evidence"}
    shown["words"] = detail.get("words", "")
    yield "gate", "gate.decided", shown, (str(detail["decision_id"]),)


def _pipeline(detail: Detail) -> Told:
    status = detail["currentPipelineExecutionStatus"]
    if status in PIPELINE_ENDS:
        arn = detail["pipelineExecutionArn"]
        shown = {"status": status, "execution": arn.rpartition("/")[2]}
        yield "pipeline", "pipeline.finished", shown, (arn, status)


def _package(detail: Detail) -> Told:
    version, approval = detail["ModelPackageVersion"], detail["ModelApprovalStatus"]
    shown = {"version": version, "group": detail["ModelPackageGroupName"], "approval": approval}
    identity = (detail["ModelPackageArn"],)
    yield "registry", "model.registered", shown, identity
    if approval in MODEL_PACKAGES:
        yield "person", MODEL_PACKAGES[approval], shown, identity


def _release(detail: Detail) -> Told:
    identity = (str(detail["version"]), detail["outcome"], str(detail["as_of"]))
    yield "release", "release.finished", dict(detail), identity


TELLERS: dict[str, Callable[[Detail], Told]] = {
    "Analysis Completed": _analysis,
    "CloudWatch Alarm State Change": _alarm,
    "Retraining Decided": _gate,
    "SageMaker Model Building Pipeline Execution Status Change": _pipeline,
    "SageMaker Model Package State Change": _package,
    "Release Completed": _release,
}
