"""From a request to its one decision: recorded together with the lease, then carried out."""

import hashlib
from typing import Any

from driftloop.contract.events import RetrainingDecided
from driftloop.contract.ledger_items import ChampionItem, DecisionItem, IdempotencyItem, LeaseItem
from driftloop.retraining.gate import GateDecision, RetrainingRequest, StartReason, decide
from driftloop.retraining.pipeline_parameters import (
    ChampionModel,
    client_request_token,
    parameters,
)
from driftloop.window import format_time
from lambdas.aws.context import ModelContext
from lambdas.aws.ledger import ITEM_ABSENT, ConflictError, Put, Update
from lambdas.aws.publishing import notify, publish_event
from lambdas.gate.lease import start_execution
from lambdas.gate.state import invalid_windows, load_state, training_data_range

_MAX_ATTEMPTS = 5
"""How often a decision is made again because another one was recorded in the meantime."""


def decide_once(context: ModelContext, request: RetrainingRequest) -> dict[str, Any]:
    """The decision on ``request``: the same idempotency key gets the same one, and acts once."""
    decision_id = hashlib.sha256(request.idempotency_key.encode()).hexdigest()[:16]
    item = _find_decision(context, decision_id) or _decide(context, request, decision_id)
    execution = _start(context, item) if item.decision == "start" else None
    if not item.notified:
        _publish(context, item, execution)
    return {
        "model": item.model,
        "decision": item.decision,
        "reason": item.reason,
        "decision_id": item.decision_id,
    }


def _find_decision(context: ModelContext, decision_id: str) -> DecisionItem | None:
    known = context.ledger.get(IdempotencyItem, decision_id)
    return context.ledger.get(DecisionItem, known.decided_at, decision_id) if known else None


def _decide(context: ModelContext, request: RetrainingRequest, decision_id: str) -> DecisionItem:
    """Decide and record; decide again if another decision changed the state in the meantime."""
    for _ in range(_MAX_ATTEMPTS):
        state = load_state(context, request.as_of)
        decision = decide(request, state, context.settings.retraining)
        item = _to_item(context, request, decision, decision_id)
        try:
            context.ledger.write(*_writes(context, request, item))
        except ConflictError:
            found = _find_decision(context, decision_id)
            if found is not None:
                return found
            continue
        return item
    raise ConflictError(f"decision {decision_id} was not recorded in {_MAX_ATTEMPTS} attempts")


def _to_item(
    context: ModelContext, request: RetrainingRequest, decision: GateDecision, decision_id: str
) -> DecisionItem:
    return DecisionItem(
        model=context.name,
        decision=decision.decision,
        reason=decision.reason,
        message=decision.message,
        idempotency_key=request.idempotency_key,
        decision_id=decision_id,
        decided_at=request.as_of,
        evidence=decision.evidence,
    )


def _writes(context: ModelContext, request: RetrainingRequest, item: DecisionItem) -> list[Put]:
    known = IdempotencyItem(decision_id=item.decision_id, decided_at=item.decided_at)
    writes = [Put(known, ITEM_ABSENT), Put(item, ITEM_ABSENT)]
    if item.decision == "start":
        lease = LeaseItem(
            decision_id=item.decision_id,
            started_at=item.decided_at,
            client_request_token=client_request_token(request.idempotency_key),
            parameters=_parameters(context, request, item),
        )
        writes.append(Put(lease, ITEM_ABSENT))
    return writes


def _parameters(
    context: ModelContext, request: RetrainingRequest, item: DecisionItem
) -> dict[str, str]:
    champion = context.ledger.get(ChampionItem)
    initial = request.reason is StartReason.INITIAL_TRAINING or champion is None
    data = None if initial else training_data_range(context, request.as_of)
    return parameters(
        message=item.message,
        decision_id=item.decision_id,
        champion=ChampionModel(champion.version, champion.model_data_url) if champion else None,
        data=data,
        invalid=invalid_windows(context.ledger, data) if data else (),
    )


def _start(context: ModelContext, item: DecisionItem) -> str | None:
    """The ARN of the decision's execution; starts it if an earlier delivery failed before that."""
    if item.execution_arn is not None:
        return item.execution_arn
    lease = context.ledger.get(LeaseItem)
    if lease is None or lease.decision_id != item.decision_id:
        return None
    execution = lease.execution_arn or start_execution(context, lease)
    context.ledger.write(Update(DecisionItem, item.key, {"execution_arn": execution}))
    return execution


def _publish(context: ModelContext, item: DecisionItem, execution: str | None) -> None:
    event = RetrainingDecided(
        environment=context.environment,
        model=item.model,
        decision=item.decision,
        reason=item.reason,
        idempotency_key=item.idempotency_key,
        decision_id=item.decision_id,
        evidence=item.evidence,
        execution_arn=execution,
    )
    publish_event(context.aws, event, item.decided_at)
    if _is_new(context, item):
        _notify(context, item)
    context.ledger.write(Update(DecisionItem, item.key, {"notified": True}))


def _notify(context: ModelContext, item: DecisionItem) -> None:
    started = item.decision == "start"
    what = "started" if started else "refused"
    notify(
        context.aws,
        f"driftloop: retraining of {context.name} {what} ({item.reason})",
        what=f"The gate {what} a retraining of {context.name}. Decision: {item.decision_id}.",
        why=item.message,
        next_step="No action needed. You are notified when the challenger is registered for"
        " approval, or rejected."
        if started
        else "No action needed unless the reason above names one. The gate is invoked again after"
        " every analysis while the alarm is in ALARM.",
    )


def _is_new(context: ModelContext, item: DecisionItem) -> bool:
    """Whether the decision differs from the last one: repeated refusals stay in the ledger."""
    last = f"{format_time(item.decided_at)}#{item.decision_id}"
    newest = context.ledger.query(DecisionItem, last=last, newest_first=True, limit=2)
    earlier = [other for other in newest if other.decision_id != item.decision_id]
    return item.decision == "start" or not earlier or earlier[0].reason != item.reason
