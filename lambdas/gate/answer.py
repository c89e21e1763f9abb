"""From a cause to its one decision: written down together with the lease, then acted on."""

import hashlib
from typing import Any

from driftloop.contract.events import GATE_DECIDED
from driftloop.policy.gate import Ask, Decision, Reason, decide
from driftloop.policy.retraining import (
    ChampionModel,
    client_request_token,
    parameters,
    training_range,
)
from driftloop.window import format_time, parse_time
from lambdas.aws.ledger import Change, ConflictError, Put, When
from lambdas.aws.outlets import put_event, tell
from lambdas.gate.facts import broken_windows, gather
from lambdas.gate.room import Room
from lambdas.gate.start import start_run

_ATTEMPTS = 5
Item = dict[str, Any]


def answer(room: Room, ask: Ask) -> Item:
    """The decision on ``ask``; the same cause gets the same one, and nothing is done twice."""
    identity = hashlib.sha256(ask.cause.encode()).hexdigest()[:16]
    record = _recorded(room, identity) or _decide(room, ask, identity)
    if record["decision"] == "start":
        record = _started(room, record)
    if not record.get("told"):
        _tell(room, record)
    return {key: record[key] for key in ("model", "decision", "reason", "decision_id")}


def _recorded(room: Room, identity: str) -> Item | None:
    cause = room.ledger.get(f"CAUSE#{identity}")
    return room.ledger.get(cause["decision"]) if cause else None


def _decide(room: Room, ask: Ask, identity: str) -> Item:
    """Decide and write down; where somebody was faster, look again at what has changed."""
    for _ in range(_ATTEMPTS):
        decision = decide(ask, gather(room, ask.at), room.config.retraining)
        record = _record(room, ask, decision, identity)
        try:
            room.ledger.write(*_writes(record, room, ask))
        except ConflictError:
            found = _recorded(room, identity)
            if found is not None:
                return found
            continue
        return record
    raise ConflictError(f"{_ATTEMPTS} attempts at the decision {identity} met faster ones")


def _record(room: Room, ask: Ask, decision: Decision, identity: str) -> Item:
    return {
        "model": room.name,
        "decision": decision.decision,
        "reason": decision.reason,
        "words": decision.words,
        "cause": ask.cause,
        "decision_id": identity,
        "at": format_time(ask.at),
        "evidence": decision.evidence,
    }


def _writes(record: Item, room: Room, ask: Ask) -> list[Put | Change]:
    key = _key(record)
    writes: list[Put | Change] = [
        Put(f"CAUSE#{record['decision_id']}", {"decision": key}, When(absent=True)),
        Put(key, record, When(absent=True)),
    ]
    if record["decision"] == "start":
        lease = {
            "decision_id": record["decision_id"],
            "started": record["at"],
            "token": client_request_token(ask.cause),
            "parameters": _parameters(room, ask, record),
        }
        writes.append(Put("LEASE", lease, When(absent=True)))
    return writes


def _parameters(room: Room, ask: Ask, record: Item) -> dict[str, str]:
    champion = room.ledger.get("CHAMPION")
    first = ask.reason is Reason.FIRST_RUN or champion is None
    data = None if first else training_range(ask.at, room.config.retraining)
    return parameters(
        words=record["words"],
        decision_id=record["decision_id"],
        champion=ChampionModel(champion["version"], champion["model_data"]) if champion else None,
        data=data,
        broken=broken_windows(room.ledger, data) if data else (),
    )


def _started(room: Room, record: Item) -> Item:
    """The record with its run; where the function died before the start, it is made up for."""
    if "execution_arn" in record:
        return record
    lease = room.ledger.get("LEASE")
    if lease is None or lease["decision_id"] != record["decision_id"]:
        return record
    execution = lease.get("execution_arn") or start_run(room, lease)
    room.ledger.write(Change(_key(record), {"execution_arn": execution}))
    return {**record, "execution_arn": execution}


def _tell(room: Room, record: Item) -> None:
    names = ("model", "decision", "reason", "cause", "decision_id", "evidence", "execution_arn")
    detail = {name: record[name] for name in names if name in record}
    put_event(room.aws, GATE_DECIDED, detail, parse_time(record["at"]))
    if _is_news(room, record):
        started = record["decision"] == "start"
        tell(
            room.aws,
            f"driftloop: {room.name} is {'' if started else 'not '}retrained ({record['reason']})",
            happened=f"The gate decided: {record['decision']}.",
            why=record["words"],
            next_step="Wait for the challenger: it is registered for your approval, or refused."
            if started
            else "Nothing, unless the reason says so; while the cause stands, the gate is asked"
            " again with every analysis.",
        )
    room.ledger.write(Change(_key(record), {"told": True}))


def _is_news(room: Room, record: Item) -> bool:
    """Whether people have not just heard the same: hourly repeats stay in the ledger."""
    before = room.ledger.query("DECISION#", _key(record), newest_first=True, limit=2)
    earlier = [item for item in before if item["decision_id"] != record["decision_id"]]
    if record["decision"] == "start" or not earlier:
        return True
    return bool(earlier[0]["reason"] != record["reason"])


def _key(record: Item) -> str:
    return f"DECISION#{record['at']}#{record['decision_id']}"
