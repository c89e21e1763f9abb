"""An analysis is complete. While an alarm stands, every analysis of the champion asks anew."""

from driftloop.contract.events import ANALYSIS_COMPLETED
from driftloop.retraining.gate import RetrainingRequest
from lambdas.aws.context import ModelContext
from lambdas.aws.fleet import ModelIndex
from lambdas.gate.triggers.active_alarms import highest_priority_alarm
from lambdas.gate.triggers.trigger import Event, Trigger

_NAMED = 3
"""Features that a decision's words name."""


def _model(event: Event, models: ModelIndex) -> str | None:
    name = str(event["detail"]["model"])
    return name if name in models.fleet.config.models else None


def _ask(event: Event, context: ModelContext) -> RetrainingRequest | None:
    detail = event["detail"]
    if not detail["is_champion"]:
        return None
    alarm = highest_priority_alarm(context)
    if alarm is None:
        return None
    window = detail["window"]["start"]
    return RetrainingRequest(
        model=context.name,
        idempotency_key=f"analysis:{context.name}:{window}:r{detail['revision']}",
        as_of=context.as_of,
        reason=alarm.reason,
        message=f"the alarm {alarm.name} stands; the window from {window} is {detail['verdict']}"
        f"{_lasting(detail)}.",
    )


def _lasting(detail: Event) -> str:
    """What has drifted again and again; no list of hundreds, which no mail would show."""
    names = [str(name) for name in detail.get("persistent_columns", ())]
    if not names:
        return ""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f", and {', '.join(names[:_NAMED])}{more} drifted in several windows"


TRIGGER = Trigger(ANALYSIS_COMPLETED, _model, _ask)
