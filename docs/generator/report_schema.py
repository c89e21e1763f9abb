"""The JSON Schema of a report, from the types that it is written from."""

import json
from inspect import cleandoc
from typing import Any

import msgspec

from driftloop.report import WindowReport

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_SECTIONS = ("Attributes", "Example")
"""Sections of a docstring that describe the Python type, not the JSON."""


def page() -> str:
    """The schema as a file: every field is required, since every field is always written."""
    schema = msgspec.json.schema(WindowReport)
    for definition in schema["$defs"].values():
        _require_all_fields(definition)
        if "description" in definition:
            definition["description"] = _as_prose(definition["description"])
    described = {"$schema": _DIALECT, "title": "Report of a window or day", **schema}
    return json.dumps(described, indent=2, ensure_ascii=False) + "\n"


def _as_prose(docstring: str) -> str:
    """A docstring in paragraphs of one line each, without its sections."""
    paragraphs = cleandoc(docstring).split("\n\n")
    prose = [" ".join(text.split()) for text in paragraphs if not text.startswith(_SECTIONS)]
    return "\n\n".join(prose).replace("``", "`")


def _require_all_fields(definition: dict[str, Any]) -> None:
    if "properties" not in definition:
        return
    definition["required"] = list(definition["properties"])
    for field in definition["properties"].values():
        field.pop("default", None)
