"""The ledger: one DynamoDB table, ``pk = MODEL#<model>``; what stands under which ``sk`` is in
docs/architecture.md. Reads are consistent; writes that belong together are one transaction.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

Item = dict[str, Any]
_CONFLICTS = {"ConditionalCheckFailed", "TransactionConflict"}


class ConflictError(Exception):
    """Somebody else was faster: a condition of the transaction does not hold (any more)."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on the item as it stands: all that is given must hold."""

    absent: bool = False
    equals: Mapping[str, Any] = field(default_factory=dict)
    lacks: tuple[str, ...] = ()
    at_most: Mapping[str, Any] = field(default_factory=dict)
    or_absent: bool = False


@dataclass(frozen=True, slots=True)
class Put:
    """Write a whole item."""

    sk: str
    item: Mapping[str, Any]
    condition: Condition = Condition()


@dataclass(frozen=True, slots=True)
class Update:
    """Set some attributes of an item, and remove others; it is made where there is none."""

    sk: str
    values: Mapping[str, Any]
    remove: tuple[str, ...] = ()
    condition: Condition = Condition()


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove an item."""

    sk: str
    condition: Condition = Condition()


class Ledger:
    """The table, one model at a time."""

    def __init__(self, dynamodb: Any, table: str, model: str) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._pk = f"MODEL#{model}"

    def get(self, sk: str) -> Item | None:
        """The item under ``sk``, without its keys; None where there is none."""
        answer = self._dynamodb.get_item(
            TableName=self._table, Key=self._key(sk), ConsistentRead=True
        )
        return _plain(answer["Item"]) if "Item" in answer else None

    def query(
        self, first: str, last: str, *, newest_first: bool = False, limit: int | None = None
    ) -> list[Item]:
        """Items with ``first <= sk <= last``, by ``sk``, each with its ``sk``."""
        values = {":p": self._pk, ":a": first, ":z": last}
        found: list[Item] = []
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :p AND sk BETWEEN :a AND :z",
            ExpressionAttributeValues=_wire(values),
            ScanIndexForward=not newest_first,
            ConsistentRead=True,
        )
        for page in pages:
            found += [_plain(item, keep_sk=True) for item in page["Items"]]
            if limit is not None and len(found) >= limit:
                break
        return found[:limit]

    def query_prefix(
        self, prefix: str, *, newest_first: bool = False, limit: int | None = None
    ) -> list[Item]:
        """Items whose ``sk`` begins with ``prefix``."""
        return self.query(prefix, f"{prefix}\uffff", newest_first=newest_first, limit=limit)

    def write(self, *changes: Put | Update | Delete) -> None:
        """All changes or none; raises ConflictError where a condition does not hold."""
        items = [self._transaction(change) for change in changes]
        try:
            self._dynamodb.transact_write_items(TransactItems=items)
        except ClientError as error:
            if error.response["Error"]["Code"] == "TransactionCanceledException":
                codes = {r.get("Code") for r in error.response.get("CancellationReasons", ())}
                if codes & _CONFLICTS:
                    raise ConflictError(str(error)) from error
            raise

    def _key(self, sk: str) -> dict[str, Any]:
        return _wire({"pk": self._pk, "sk": sk})

    def _transaction(self, change: Put | Update | Delete) -> dict[str, Any]:
        names: dict[str, str] = {}
        values: dict[str, Any] = {}
        condition = _condition(change.condition, names, values)
        body: dict[str, Any] = {"TableName": self._table}
        if isinstance(change, Put):
            kind = "Put"
            body["Item"] = _wire({**change.item, "pk": self._pk, "sk": change.sk})
        elif isinstance(change, Update):
            kind = "Update"
            body |= {
                "Key": self._key(change.sk),
                "UpdateExpression": _update(change, names, values),
            }
        else:
            kind = "Delete"
            body["Key"] = self._key(change.sk)
        if condition:
            body["ConditionExpression"] = condition
        if names:
            body["ExpressionAttributeNames"] = names
        if values:
            body["ExpressionAttributeValues"] = _wire(values)
        return {kind: body}


def _condition(when: Condition, names: dict[str, str], values: dict[str, Any]) -> str:
    parts = []
    if when.absent:
        parts.append("attribute_not_exists(pk)")
    for name, value in when.equals.items():
        parts.append(f"{_named(name, names)} = {_valued(value, values)}")
    for name, value in when.at_most.items():
        parts.append(f"{_named(name, names)} <= {_valued(value, values)}")
    parts += [f"attribute_not_exists({_named(name, names)})" for name in when.lacks]
    text = " AND ".join(parts)
    return f"attribute_not_exists(pk) OR ({text})" if text and when.or_absent else text


def _update(change: Update, names: dict[str, str], values: dict[str, Any]) -> str:
    sets = [
        f"{_named(name, names)} = {_valued(value, values)}" for name, value in change.values.items()
    ]
    parts = [f"SET {', '.join(sets)}"] if sets else []
    if change.remove:
        parts.append(f"REMOVE {', '.join(_named(name, names) for name in change.remove)}")
    return " ".join(parts)


def _named(name: str, names: dict[str, str]) -> str:
    alias = f"#n{len(names)}"
    names[alias] = name
    return alias


def _valued(value: Any, values: dict[str, Any]) -> str:
    alias = f":v{len(values)}"
    values[alias] = value
    return alias


def _wire(item: Mapping[str, Any]) -> dict[str, Any]:
    serialize = TypeSerializer().serialize
    return {key: serialize(_decimal(value)) for key, value in item.items() if value is not None}


def _decimal(value: Any) -> Any:
    """Floats as the decimals that DynamoDB keeps, through their shortest text."""
    return json.loads(json.dumps(value), parse_float=Decimal)


def _plain(item: Mapping[str, Any], *, keep_sk: bool = False) -> Item:
    deserialize = TypeDeserializer().deserialize
    dropped = {"pk"} if keep_sk else {"pk", "sk"}
    return {key: _number(deserialize(value)) for key, value in item.items() if key not in dropped}


def _number(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {key: _number(inner) for key, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_number(inner) for inner in value]
    return value
