"""Errors of pydantic as problems of driftloop.yaml: path, value, what is allowed."""

import reprlib
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel

from driftloop.config.settings import Config
from driftloop.errors import ConfigProblem

_MAX_VALUE_LENGTH = 60
_NAME_RULE = (
    "a model's name consists of letters, digits, - and _, starts and ends with a letter or digit, "
    "and has at most 30 characters"
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
    return ConfigProblem(
        path, _value_text(item["input"]), str(item["msg"]).removeprefix("Value error, ")
    )


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
