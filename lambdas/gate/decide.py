"""From a request to its one decision: recorded together with the lease, then carried out."""

import hashlib
from typing import Any

from driftloop.contract.ledger_items import ChampionItem, DecisionItem, IdempotencyItem, LeaseItem
from driftloop.retraining.gate import GateDecision, RetrainingRequest, StartReason, decide
from driftloop.retraining.pipeline_parameters import (
    ChampionModel,
    client_request_token,
    parameters,
)
from lambdas.aws.context import ModelContext
from lambdas.aws.ledger import ITEM_ABSENT, ConflictError, Put, Update
from lambdas.gate.lease import started_execution
from lambdas.gate.publish_decision import publish_decision
from lambdas.gate.state import invalid_windows, load_state, training_data_range
from lambdas.gate.training_sources import training_sources_uri

_MAX_ATTEMPTS = 5
"""How often a decision is made again because another one was recorded in the meantime."""


def decide_once(context: ModelContext, request: RetrainingRequest) -> dict[str, Any]:
    """The decision on ``request``: the same idempotency key gets the same one, and acts once."""
    decision_id = hashlib.sha256(request.idempotency_key.encode()).hexdigest()[:16]
    item = _find_decision(context, decision_id) or _decide(context, request, decision_id)
    if item.decision == "start":
        item = _start(context, item)
    if not item.notified:
        publish_decision(context, item)
        context.ledger.write(Update(DecisionItem, item.key, {"notified": True}))
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
        is_manual=request.reason is StartReason.MANUAL,
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
        sources=training_sources_uri(context, item.decision_id),
        invalid=invalid_windows(context.ledger, data) if data else (),
    )


def _start(context: ModelContext, item: DecisionItem) -> DecisionItem:
    """The decision with its execution, or as ``start_failed``.

    Starts the execution if an earlier delivery failed before that.
    """
    if item.execution_arn is not None:
        return item
    lease = context.ledger.get(LeaseItem)
    if lease is not None and lease.decision_id == item.decision_id:
        execution = started_execution(context, lease)
        if execution is not None:
            context.ledger.write(Update(DecisionItem, item.key, {"execution_arn": execution}))
    return context.ledger.get(DecisionItem, *item.key) or item
