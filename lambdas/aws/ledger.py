"""Reads and writes the ledger, one model at a time; its items are in the contract's ledger_items.

Reads are consistent; writes that belong together are one transaction.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar

import msgspec
from boto3.dynamodb.conditions import (
    Attr,
    BuiltConditionExpression,
    ConditionBase,
    ConditionExpressionBuilder,
    Key,
)
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

from driftloop.contract.ledger_items import KeyPart, LedgerItem
from driftloop.errors import InputError

ItemT = TypeVar("ItemT", bound=LedgerItem)

_CONFLICTS = {"ConditionalCheckFailed", "TransactionConflict"}

ITEM_ABSENT = Attr("pk").not_exists()
"""The condition that there is no item under the key."""

ITEM_PRESENT = Attr("pk").exists()
"""The condition that there is an item under the key, so that an update does not create one."""


class ConflictError(Exception):
    """A condition of the transaction does not hold (any more): another delivery was faster."""


@dataclass(frozen=True, slots=True)
class Put:
    """Write a whole item."""

    item: LedgerItem
    condition: ConditionBase | None = None


@dataclass(frozen=True, slots=True)
class Update:
    """Set and remove attributes of an item; creates the item if there is none.

    ``key`` has the values of the type's ``KEY``. Raises TypeError for an attribute that the type
    does not have.
    """

    item_type: type[LedgerItem]
    key: tuple[KeyPart, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    remove: tuple[str, ...] = ()
    condition: ConditionBase | None = None

    def __post_init__(self) -> None:
        unknown = {*self.values, *self.remove} - set(self.item_type.__struct_fields__)
        if unknown:
            raise TypeError(f"{self.item_type.__name__} has no attribute {sorted(unknown)}")


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete an item."""

    item_type: type[LedgerItem]
    key: tuple[KeyPart, ...] = ()
    condition: ConditionBase | None = None


class Ledger:
    """The items of one model."""

    def __init__(self, dynamodb: Any, table: str, model: str) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._pk = f"MODEL#{model}"

    def get(self, item_type: type[ItemT], *key: KeyPart) -> ItemT | None:
        """The item with this key, or None; raises InputError if it does not have the type."""
        response = self._dynamodb.get_item(
            TableName=self._table, Key=self._key(item_type.sort_key(*key)), ConsistentRead=True
        )
        return _to_item(item_type, response["Item"]) if "Item" in response else None

    def query(
        self,
        item_type: type[ItemT],
        *key: KeyPart,
        first: str = "",
        last: str = "\uffff",
        newest_first: bool = False,
        limit: int | None = None,
    ) -> list[ItemT]:
        """The items whose sort key begins with ``key``, in its order.

        ``first`` and ``last`` bound the rest of the sort key, both inclusive.
        """
        prefix = f"{item_type.sort_key(*key)}#"
        condition = Key("pk").eq(self._pk) & Key("sk").between(prefix + first, prefix + last)
        built = ConditionExpressionBuilder().build_expression(condition, is_key_condition=True)
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression=built.condition_expression,
            ExpressionAttributeNames=built.attribute_name_placeholders,
            ExpressionAttributeValues=_to_wire(built.attribute_value_placeholders),
            ScanIndexForward=not newest_first,
            ConsistentRead=True,
        )
        found: list[ItemT] = []
        for page in pages:
            found += [_to_item(item_type, item) for item in page["Items"]]
            if limit is not None and len(found) >= limit:
                break
        return found[:limit]

    def write(self, *changes: Put | Update | Delete) -> None:
        """All changes or none; raises ConflictError if a condition does not hold."""
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
        return _to_wire({"pk": self._pk, "sk": sk})

    def _transaction(self, change: Put | Update | Delete) -> dict[str, Any]:
        built = _build_condition(change.condition)
        names, values = built.attribute_name_placeholders, built.attribute_value_placeholders
        body: dict[str, Any] = {"TableName": self._table}
        if isinstance(change, Put):
            keys = {"pk": self._pk, "sk": change.item.sk}
            body["Item"] = _to_wire({**msgspec.to_builtins(change.item), **keys})
        else:
            body["Key"] = self._key(change.item_type.sort_key(*change.key))
        if isinstance(change, Update):
            expression, more_names, more_values = update_expression(change.values, change.remove)
            body["UpdateExpression"] = expression
            names, values = names | more_names, values | more_values
        if built.condition_expression:
            body["ConditionExpression"] = built.condition_expression
        if names:
            body["ExpressionAttributeNames"] = names
        if values:
            body["ExpressionAttributeValues"] = _to_wire(values)
        return {type(change).__name__: body}


def update_expression(
    values: Mapping[str, Any], remove: tuple[str, ...] = ()
) -> tuple[str, dict[str, str], dict[str, Any]]:
    """An UpdateExpression (boto3 has no builder for it), with its names and its values.

    The placeholders differ from those of boto3's conditions, so that both fit in one request.
    """
    names = {f"#u{number}": name for number, name in enumerate([*values, *remove])}
    by_name = {name: placeholder for placeholder, name in names.items()}
    given = {f":u{number}": value for number, value in enumerate(values.values())}
    sets = ", ".join(
        f"{by_name[name]} = {placeholder}" for name, placeholder in zip(values, given, strict=True)
    )
    removes = ", ".join(by_name[name] for name in remove)
    parts = [f"SET {sets}" if sets else "", f"REMOVE {removes}" if removes else ""]
    return " ".join(part for part in parts if part), names, given


def _build_condition(condition: ConditionBase | None) -> BuiltConditionExpression:
    if condition is None:
        return BuiltConditionExpression("", {}, {})
    return ConditionExpressionBuilder().build_expression(condition)


def _to_wire(item: Mapping[str, Any]) -> dict[str, Any]:
    """DynamoDB's typed form; None is an absent attribute, floats are decimals (shortest text)."""
    serialize = TypeSerializer().serialize
    plain = json.loads(msgspec.json.encode(item), parse_float=Decimal)
    return {key: serialize(value) for key, value in plain.items() if value is not None}


def _to_item(item_type: type[ItemT], item: Mapping[str, Any]) -> ItemT:
    """The one place where an item's attributes are read."""
    deserialize = TypeDeserializer().deserialize
    plain = {key: _to_number(deserialize(value)) for key, value in item.items()}
    try:
        return msgspec.convert(plain, item_type)
    except msgspec.ValidationError as error:
        raise InputError(
            f"the ledger item {plain['pk']} {plain['sk']} is not a valid {item_type.__name__}:"
            f" {error}"
        ) from error


def _to_number(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {key: _to_number(inner) for key, inner in value.items()}
    return [_to_number(inner) for inner in value] if isinstance(value, list) else value
