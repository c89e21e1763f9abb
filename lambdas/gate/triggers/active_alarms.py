"""Which of a model's alarms stand, and what each asks for."""

from dataclasses import dataclass

from driftloop.retraining.gate import StartReason
from lambdas.aws.context import ModelContext

REASONS: dict[str, StartReason | None] = {
    "drift": StartReason.DRIFT,
    "prediction-drift": StartReason.PREDICTION_DRIFT,
    # Asked all the same, so that it is on record why broken data was not trained on.
    "data-quality": None,
}


@dataclass(frozen=True, slots=True)
class ActiveAlarm:
    """An alarm that is in ALARM."""

    name: str
    kind: str

    @property
    def reason(self) -> StartReason | None:
        """What a retraining would be started for; None where none could be the cure."""
        return REASONS.get(self.kind)


def highest_priority_alarm(context: ModelContext) -> ActiveAlarm | None:
    """The model's most telling alarm that stands, in the order of :data:`REASONS`."""
    kinds = context.models.alarms(context.name)
    if not kinds:
        return None
    answer = context.aws.client("cloudwatch").describe_alarms(AlarmNames=sorted(kinds))
    found = [*answer.get("MetricAlarms", ()), *answer.get("CompositeAlarms", ())]
    standing = [
        ActiveAlarm(alarm["AlarmName"], kinds[alarm["AlarmName"]])
        for alarm in found
        if alarm["StateValue"] == "ALARM"
    ]
    order = list(REASONS)
    known = [alarm for alarm in standing if alarm.kind in REASONS]
    return min(known, key=lambda alarm: (order.index(alarm.kind), alarm.name), default=None)
