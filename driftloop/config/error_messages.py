"""Errors of pydantic as problems of driftloop.yaml: path, value, what is allowed."""

import reprlib
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel

from driftloop.config.settings import Config
from driftloop.errors import ConfigProblem
from driftloop.schema import Kind

_MAX_VALUE_LENGTH = 60
_MAX_EXAMPLE_FEATURES = 3
_NAME_RULE = (
    "a model's name consists of letters, digits, - and _, starts and ends with a letter or digit, "
    "and has at most 30 characters"
)
_FEATURE_NAME_RULE = (
    "a feature's name is one line of 1 to 200 characters, and neither starts nor ends with a blank"
)


def to_config_problem(item: Mapping[str, Any]) -> ConfigProblem:
    """One error of pydantic's list, with what is needed to fix it without the documentation."""
    location = tuple(part for part in item["loc"] if part != "[key]")
    path = ".".join(str(part) for part in location) or "(whole file)"
    if item["type"] == "missing":
        return ConfigProblem(path, "", "is required")
    if item["type"] == "extra_forbidden":
        return ConfigProblem(path, "", f"is not a setting{_hint(location)}")
    if len(location) == 2 and item["loc"][-1] == "[key]" and location[0] == "models":
        return ConfigProblem(path, "", _NAME_RULE)
    if item["type"] == "string_type" and isinstance(item["input"], bool | int | float):
        text = str(item["input"]).lower() if isinstance(item["input"], bool) else item["input"]
        allowed = f"is a text, and {text} is not: put it in quotes, as it is spelled in the data"
        return ConfigProblem(path, _value_text(item["input"]), allowed)
    if location[-2:-1] in (("features",), ("feature_keys",)) and item["loc"][-1] == "[key]":
        return ConfigProblem(path, "", _FEATURE_NAME_RULE)
    if location[-1:] == ("features",) and item["type"] == "dict_type":
        return ConfigProblem(path, _value_text(item["input"]), _features_rule(item["input"]))
    if location[-2:-1] == ("features",):
        return ConfigProblem(path, _value_text(item["input"]), _kind_rule(item["input"]))
    return ConfigProblem(
        path, _value_text(item["input"]), str(item["msg"]).removeprefix("Value error, ")
    )


_KIND_BY_TYPE = {
    **dict.fromkeys(("number", "numerical", "int", "integer", "float", "double"), Kind.NUMERIC),
    **dict.fromkeys(("int64", "float64", "decimal", "continuous", "real"), Kind.NUMERIC),
    **dict.fromkeys(("string", "str", "text", "category", "object"), Kind.CATEGORICAL),
    **dict.fromkeys(("bool", "boolean", "enum", "factor", "varchar"), Kind.CATEGORICAL),
    **dict.fromkeys(("datetime", "timestamp", "time", "date32", "datetime64"), Kind.DATE),
    **dict.fromkeys(("id", "ignored", "skip", "none"), Kind.IGNORE),
}
"""The kind that a type of other tools stands for."""


def _kind_rule(value: object) -> str:
    """What a feature's value must be, with the kind that is probably meant."""
    if isinstance(value, Mapping):
        return f"is the feature's kind itself, as in `age: numeric`: {_kinds()}"
    meant = _meant_kind(value)
    hint = f"; did you mean {str(meant)!r}?" if meant else ""
    return f"must be one of {_kinds()}{hint}"


def _features_rule(value: object) -> str:
    """What ``features`` must be, with an example of the features that were given."""
    example = ", ".join(f"{name}: {kind}" for name, kind in _example_features(value))
    return (
        "is a mapping of each feature's name to its kind, in the order of the requests' columns;"
        f" write it as features: {{{example}}}. Kinds: {_kinds()}"
    )


def _example_features(value: object) -> list[tuple[str, str]]:
    found = []
    for item in value if isinstance(value, list) else ():
        if isinstance(item, str):
            found.append((item, str(Kind.NUMERIC)))
        elif isinstance(item, Mapping) and isinstance(item.get("name"), str):
            kinds = (item.get(key) for key in ("kind", "type", "dtype"))
            given = next((kind for kind in kinds if kind is not None), None)
            found.append((item["name"], str(_meant_kind(given) or Kind.NUMERIC)))
        elif isinstance(item, Mapping) and len(item) == 1:
            ((name, kind),) = item.items()
            found.append((str(name), str(_meant_kind(kind) or Kind.NUMERIC)))
    usual = [("age", str(Kind.NUMERIC)), ("city", str(Kind.CATEGORICAL))]
    return found[:_MAX_EXAMPLE_FEATURES] or usual


def _meant_kind(value: object) -> Kind | None:
    text = str(value).strip().lower()
    if text in _KIND_BY_TYPE:
        return _KIND_BY_TYPE[text]
    near = get_close_matches(text, [str(kind) for kind in Kind], n=1)
    return Kind(near[0]) if near else None


def _kinds() -> str:
    return ", ".join(Kind)


def _hint(location: Sequence[str | int]) -> str:
    """A similar setting of the same section, or the section that has this setting."""
    name, section = str(location[-1]), _section(location[:-1])
    near = get_close_matches(name, section.model_fields if section else (), n=1, cutoff=0.6)
    if near:
        return f"; did you mean {near[0]!r}?"
    sections = [
        field
        for field, info in (section.model_fields.items() if section else ())
        if (inner := _model_in(info.annotation)) and name in inner.model_fields
    ]
    if sections:
        return f" here; it belongs under {sections[0]!r}"
    return "; check its spelling and its section"


def _section(location: Sequence[str | int]) -> type[BaseModel] | None:
    """The settings class at a location; keys of mappings lead to the mapping's values."""
    here: Any = Config
    for part in location:
        if isinstance(here, type) and issubclass(here, BaseModel):
            info = here.model_fields.get(str(part))
            here = info.annotation if info else None
        elif get_origin(here) is dict:
            here = get_args(here)[1]
    return _model_in(here)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if get_origin(annotation) in (Union, UnionType):
        return next((m for part in get_args(annotation) if (m := _model_in(part))), None)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return None


def _value_text(value: object) -> str:
    """The value if it is short enough to help, else nothing."""
    text = reprlib.repr(value)
    return text if len(text) <= _MAX_VALUE_LENGTH else ""
