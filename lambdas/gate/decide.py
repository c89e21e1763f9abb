"""From a cause to its one decision: written down together with the lease, then acted on."""

import hashlib
from typing import Any

from driftloop.contract.events import RETRAINING_DECIDED
from driftloop.retraining.gate import GateDecision, RetrainingRequest, StartReason, decide
from driftloop.retraining.pipeline_parameters import (
    ChampionModel,
    client_request_token,
    parameters,
    training_range,
)
from driftloop.window import format_time, parse_time
from lambdas.aws.context import ModelContext
from lambdas.aws.ledger import Condition, ConflictError, Put, Update
from lambdas.aws.publishing import notify, put_event
from lambdas.gate.lease import start_run
from lambdas.gate.state import invalid_windows, load_state

_ATTEMPTS = 5
Item = dict[str, Any]


def decide_once(context: ModelContext, ask: RetrainingRequest) -> Item:
    """The decision on ``ask``; the same cause gets the same one, and nothing is done twice."""
    identity = hashlib.sha256(ask.idempotency_key.encode()).hexdigest()[:16]
    record = _recorded(context, identity) or _decide(context, ask, identity)
    if record["decision"] == "start":
        record = _started(context, record)
    if not record.get("told"):
        _notify(context, record)
    return {key: record[key] for key in ("model", "decision", "reason", "decision_id")}


def _recorded(context: ModelContext, identity: str) -> Item | None:
    cause = context.ledger.get(f"CAUSE#{identity}")
    return context.ledger.get(cause["decision"]) if cause else None


def _decide(context: ModelContext, ask: RetrainingRequest, identity: str) -> Item:
    """Decide and write down; where somebody was faster, look again at what has changed."""
    for _ in range(_ATTEMPTS):
        decision = decide(ask, load_state(context, ask.as_of), context.settings.retraining)
        record = _record(context, ask, decision, identity)
        try:
            context.ledger.write(*_writes(record, context, ask))
        except ConflictError:
            found = _recorded(context, identity)
            if found is not None:
                return found
            continue
        return record
    raise ConflictError(f"{_ATTEMPTS} attempts at the decision {identity} met faster ones")


def _record(
    context: ModelContext, ask: RetrainingRequest, decision: GateDecision, identity: str
) -> Item:
    return {
        "model": context.name,
        "decision": decision.decision,
        "reason": decision.reason,
        "words": decision.message,
        "cause": ask.idempotency_key,
        "decision_id": identity,
        "at": format_time(ask.as_of),
        "evidence": decision.evidence,
    }


def _writes(record: Item, context: ModelContext, ask: RetrainingRequest) -> list[Put | Update]:
    key = _key(record)
    writes: list[Put | Update] = [
        Put(f"CAUSE#{record['decision_id']}", {"decision": key}, Condition(absent=True)),
        Put(key, record, Condition(absent=True)),
    ]
    if record["decision"] == "start":
        lease = {
            "decision_id": record["decision_id"],
            "started": record["at"],
            "token": client_request_token(ask.idempotency_key),
            "parameters": _parameters(context, ask, record),
        }
        writes.append(Put("LEASE", lease, Condition(absent=True)))
    return writes


def _parameters(context: ModelContext, ask: RetrainingRequest, record: Item) -> dict[str, str]:
    champion = context.ledger.get("CHAMPION")
    first = ask.reason is StartReason.INITIAL_TRAINING or champion is None
    data = None if first else training_range(ask.as_of, context.settings.retraining)
    return parameters(
        words=record["words"],
        decision_id=record["decision_id"],
        champion=ChampionModel(champion["version"], champion["model_data"]) if champion else None,
        data=data,
        broken=invalid_windows(context.ledger, data) if data else (),
    )


def _started(context: ModelContext, record: Item) -> Item:
    """The record with its run; where the function died before the start, it is made up for."""
    if "execution_arn" in record:
        return record
    lease = context.ledger.get("LEASE")
    if lease is None or lease["decision_id"] != record["decision_id"]:
        return record
    execution = lease.get("execution_arn") or start_run(context, lease)
    context.ledger.write(Update(_key(record), {"execution_arn": execution}))
    return {**record, "execution_arn": execution}


def _notify(context: ModelContext, record: Item) -> None:
    names = ("model", "decision", "reason", "cause", "decision_id", "evidence", "execution_arn")
    detail = {name: record[name] for name in names if name in record}
    put_event(context.aws, RETRAINING_DECIDED, detail, parse_time(record["at"]))
    if _is_news(context, record):
        started = record["decision"] == "start"
        notify(
            context.aws,
            f"driftloop: {context.name} is {'' if started else 'not '}retrained"
            f" ({record['reason']})",
            what=f"The gate decided: {record['decision']}.",
            why=record["words"],
            next_step="Wait for the challenger: it is registered for your approval, or refused."
            if started
            else "Nothing, unless the reason says so; while the cause stands, the gate is asked"
            " again with every analysis.",
        )
    context.ledger.write(Update(_key(record), {"told": True}))


def _is_news(context: ModelContext, record: Item) -> bool:
    """Whether people have not just heard the same: hourly repeats stay in the ledger."""
    before = context.ledger.query("DECISION#", _key(record), newest_first=True, limit=2)
    earlier = [item for item in before if item["decision_id"] != record["decision_id"]]
    if record["decision"] == "start" or not earlier:
        return True
    return bool(earlier[0]["reason"] != record["reason"])


def _key(record: Item) -> str:
    return f"DECISION#{record['at']}#{record['decision_id']}"
