"""What may invoke the gate: one file and one row each."""

from collections.abc import Mapping
from typing import Any

from driftloop.errors import InputError
from lambdas.gate.triggers import alarm, analysis, manual_request, pipeline, schedule
from lambdas.gate.triggers.trigger import Trigger

TRIGGERS: tuple[Trigger, ...] = (
    alarm.TRIGGER,
    analysis.TRIGGER,
    manual_request.TRIGGER,
    schedule.TRIGGER,
    pipeline.TRIGGER,
)


def find_trigger(event: Mapping[str, Any]) -> Trigger:
    """The row of an event, by its detail-type, or by its source if it has none."""
    kind = event.get("detail-type") or event.get("source")
    for trigger in TRIGGERS:
        if trigger.kind == kind:
            return trigger
    known = ", ".join(trigger.kind for trigger in TRIGGERS)
    raise InputError(
        f"the gate has no trigger for {kind!r}; it has {known}. Fix the rule that invokes it"
    )
