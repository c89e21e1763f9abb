"""docs/contracts.md: events, payloads, ledger items and pipeline reports, from their types."""

import types
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from docs.generator.markdown import head, table
from driftloop.contract import events, ledger_items, payloads, pipeline_reports, registry_resource
from driftloop.contract.events import EventDetail
from driftloop.contract.ledger_items import LedgerItem

_INTRO = """\
What the parts of a deployment exchange. Each item is a type in `driftloop/contract/`. Its JSON has
the names below. A field marked "optional" may be absent.
"""

_SECTIONS = (
    (
        "Events",
        events,
        "On the default event bus, with the source `driftloop`. The heading is the `detail-type`,"
        " the fields are those of the `detail`. `ObjectLocation` and `DailyAnalysis` are no events:"
        " fields of events have these types.",
    ),
    ("Payloads", payloads, "Inputs of functions and of the state machine."),
    (
        "Custom resource",
        registry_resource,
        "`Custom::DriftloopRegistry` in the template of a model: what CloudFormation sends to"
        " `registry`, the resource's properties, and the attributes that it returns.",
    ),
    (
        "Ledger items",
        ledger_items,
        "In the DynamoDB table, with the partition key `MODEL#<model>`. The heading is the sort"
        " key.",
    ),
    ("Pipeline reports", pipeline_reports, "JSON files that the steps of the pipeline write."),
)

_KEYS = {LedgerItem: "NAME", EventDetail: "DETAIL_TYPE"}
"""The class variable that a base class leaves to its subclasses."""

_NAMES: Mapping[Any, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    datetime: "time",
    Any: "any",
    type(None): "null",
}


def page() -> str:
    """The page's text."""
    text = head("Contracts", "driftloop/contract/", _INTRO)
    for title, module, intro in _SECTIONS:
        text += f"\n## {title}\n\n{intro}\n"
        for kind in contract_types(module):
            rows = [list(row) for row in _rows(kind)]
            text += f"\n### {_title(kind)}\n\n{_first_paragraph(kind)}\n\n"
            text += table(["field", "type"], rows)
    return text


def contract_types(module: types.ModuleType) -> Iterator[type[msgspec.Struct]]:
    """The public structs that a module defines and that have fields, in their order."""
    for name, value in vars(module).items():
        is_own = isinstance(value, type) and value.__module__ == module.__name__
        if name.startswith("_") or not is_own or not issubclass(value, msgspec.Struct):
            continue
        key = next((key for base, key in _KEYS.items() if issubclass(value, base)), None)
        is_base = key is not None and key not in vars(value)
        if msgspec.structs.fields(value) and not is_base:
            yield value


def _title(kind: type[msgspec.Struct]) -> str:
    if issubclass(kind, EventDetail):
        return f"`{kind.DETAIL_TYPE}`"
    if issubclass(kind, LedgerItem):
        return "`" + "#".join([kind.NAME, *(f"<{part}>" for part in kind.KEY)]) + "`"
    return f"`{kind.__name__}`"


def _first_paragraph(kind: type) -> str:
    text = " ".join((kind.__doc__ or "").strip().split("\n\n")[0].split())
    return text.replace("``", "`")


def _rows(kind: type[msgspec.Struct]) -> Iterator[tuple[str, str]]:
    hints = get_type_hints(kind)
    for field in msgspec.structs.fields(kind):
        optional = "" if field.required else ", optional"
        yield f"`{field.encode_name}`", f"{_type(hints[field.name])}{optional}"


def _type(hint: Any) -> str:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in arguments)
    if origin in (types.UnionType, Union):
        return " or ".join(_type(part) for part in arguments)
    if origin in (tuple, list, Sequence):
        return f"list of {_type(arguments[0])}"
    if origin in (dict, Mapping):
        return f"mapping to {_type(arguments[1])}"
    return _NAMES.get(hint, f"`{getattr(hint, '__name__', hint)}`")
