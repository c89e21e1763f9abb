"""The clock asks: for a first run where there is no version at all, and by
``schedule_interval_days``."""

from datetime import datetime, timedelta

from driftloop.retraining.gate import RetrainingRequest, StartReason
from driftloop.retraining.history import schedule_is_due
from driftloop.window import format_time, parse_time
from lambdas.aws.context import ModelContext
from lambdas.aws.fleet import ModelIndex
from lambdas.gate.state import last_start, pending_versions
from lambdas.gate.triggers.trigger import Event, Trigger


def _model(event: Event, models: ModelIndex) -> str | None:
    name = str(event["model"])
    return name if name in models.fleet.config.models else None


def _time(event: Event) -> datetime:
    return parse_time(event["scheduled_time"])


def _ask(event: Event, context: ModelContext) -> RetrainingRequest | None:
    now = _time(event)
    if _wants_first_run(context):
        reason, words = StartReason.INITIAL_TRAINING, "the model has no version yet."
    elif _is_due(context, now):
        days = context.settings.retraining.schedule_interval_days
        reason, words = StartReason.SCHEDULE, f"the schedule asks every {days} days."
    else:
        return None
    cause = f"schedule:{context.name}:{format_time(now)}"
    return RetrainingRequest(context.name, cause, now, reason, words)


def _wants_first_run(context: ModelContext) -> bool:
    """Whether there is neither a version nor one that waits, and the model's stack stands."""
    if context.settings.initial_model is not None or context.ledger.get("CHAMPION"):
        return False
    return not context.ledger.query_prefix("VERSION#", limit=1) and pending_versions(context) == []


def _is_due(context: ModelContext, now: datetime) -> bool:
    champion = context.ledger.get("CHAMPION")
    every = context.settings.retraining.schedule_interval_days
    if champion is None or every is None:
        return False
    started = last_start(context.ledger, now - timedelta(days=every), now)
    return schedule_is_due(now, every, started, parse_time(champion["since"]))


TRIGGER = Trigger("driftloop.schedule", _model, _ask, time=_time)
