"""A schedule invokes the gate: it requests the initial training of a model without versions, and a
retraining every ``schedule_interval_days``."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from driftloop.contract.events import Event, decode_payload
from driftloop.contract.ledger_items import ChampionItem, VersionItem
from driftloop.contract.payloads import RetrainingSchedule
from driftloop.retraining.gate import RetrainingRequest, StartReason
from driftloop.retraining.history import is_schedule_due
from driftloop.window import format_time
from lambdas.aws.context import ModelContext
from lambdas.aws.fleet import ModelIndex
from lambdas.aws.model_stack import is_deployed
from lambdas.gate.state import last_start, pending_versions
from lambdas.gate.triggers.trigger import Trigger


def _read(payload: Mapping[str, Any]) -> Event[RetrainingSchedule]:
    schedule = decode_payload(RetrainingSchedule, payload)
    time = schedule.scheduled_time
    return Event(f"schedule:{schedule.model}:{format_time(time)}", time, schedule)


def _model(schedule: RetrainingSchedule, _models: ModelIndex) -> str | None:
    return schedule.model


def _request(event: Event[RetrainingSchedule], context: ModelContext) -> RetrainingRequest | None:
    if _requires_initial_training(context):
        reason, message = StartReason.INITIAL_TRAINING, "the model has no version yet."
    elif _is_due(context):
        days = context.settings.retraining.schedule_interval_days
        reason, message = StartReason.SCHEDULE, f"a retraining is scheduled every {days} days."
    else:
        return None
    if not is_deployed(context.aws, context.models, context.name):
        return None  # the stack was deleted with its pipeline; group and ledger are retained
    return RetrainingRequest(context.name, event.id, context.as_of, reason, message)


def _requires_initial_training(context: ModelContext) -> bool:
    """Whether there is a model package group, and neither a version nor a pending one."""
    if context.settings.initial_model is not None or context.ledger.get(ChampionItem):
        return False
    return not context.ledger.query(VersionItem, limit=1) and pending_versions(context) == []


def _is_due(context: ModelContext) -> bool:
    champion = context.ledger.get(ChampionItem)
    interval = context.settings.retraining.schedule_interval_days
    if champion is None or interval is None:
        return False
    started = last_start(context.ledger, context.as_of - timedelta(days=interval))
    return is_schedule_due(context.as_of, interval, started, champion.promoted_at)


TRIGGER = Trigger(RetrainingSchedule.SOURCE, _read, _model, _request, is_check=True)
