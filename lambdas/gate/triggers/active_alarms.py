"""Which of a model's alarms are in ALARM, and the start reason of each."""

from dataclasses import dataclass

from driftloop.retraining.gate import StartReason
from lambdas.aws.context import ModelContext

REASONS: dict[str, StartReason | None] = {
    "drift": StartReason.DRIFT,
    "prediction-drift": StartReason.PREDICTION_DRIFT,
    # The gate refuses, so that it is on record why invalid data was not used for training.
    "data-quality": None,
    "drift-from-training": StartReason.DRIFT_FROM_TRAINING,
}
"""Start reasons by kind of alarm, the highest priority first."""


@dataclass(frozen=True, slots=True)
class ActiveAlarm:
    """An alarm that is in ALARM."""

    name: str
    kind: str

    @property
    def reason(self) -> StartReason | None:
        """What a retraining would be started for; None if a retraining can't help."""
        return REASONS.get(self.kind)


def highest_priority_alarm(context: ModelContext) -> ActiveAlarm | None:
    """The model's alarm in ALARM that comes first in :data:`REASONS`."""
    kinds = context.models.gate_alarms(context.name)
    if not kinds:
        return None
    response = context.aws.client("cloudwatch").describe_alarms(AlarmNames=sorted(kinds))
    found = [*response.get("MetricAlarms", ()), *response.get("CompositeAlarms", ())]
    active = [
        ActiveAlarm(alarm["AlarmName"], kinds[alarm["AlarmName"]])
        for alarm in found
        if alarm["StateValue"] == "ALARM"
    ]
    priorities = list(REASONS)
    known = [alarm for alarm in active if alarm.kind in REASONS]
    return min(known, key=lambda alarm: (priorities.index(alarm.kind), alarm.name), default=None)
