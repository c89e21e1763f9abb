"""docs/configuration.md, from the settings' types, defaults, bounds and descriptions."""

import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from docs.generator.markdown import head, table
from driftloop.config.settings import Config

MINIMAL_CONFIG = """\
models:
  churn:
    problem_type: binary_classification
    features: {age: numeric, city: categorical}
    target: label
    family: sklearn
    training_data: training.csv
"""

_INTRO = """\
One file, `driftloop.yaml`, describes a fleet. `driftloop validate driftloop.yaml` reports every
mistake at once, also those that a sample of the training data shows. `driftloop schema` prints the
JSON Schema of the file for editors. The smallest one:

```yaml
{minimal_config}```

Features are listed in the order of the payload. Everything else has a default. Settings that
several models share go under `defaults`; a model's own settings override them.
"""


def page() -> str:
    """The page's text."""
    text = head(
        "Configuration",
        "driftloop/config/settings.py",
        _INTRO.format(minimal_config=MINIMAL_CONFIG),
    )
    for title, place, section in sections():
        text += f"\n## {title}\n\n{_first_line(section)}\n\n"
        rows = [_row(place, name, field) for name, field in section.model_fields.items()]
        text += table(["setting", "allowed", "default", "meaning"], rows)
    return text


def sections() -> Iterator[tuple[str, str, type[BaseModel]]]:
    """Title, dotted place and type of every part of the file, outermost first."""
    yield "The file", "", Config
    model = get_args(Config.model_fields["models"].annotation)[1]
    for name, part in _parts(Config):
        yield f"`{name}`", name, part
    yield "A model: `models.NAME`", "models.NAME", model
    for name, part in _parts(model):
        yield f"`models.NAME.{name}`", f"models.NAME.{name}", part


def _parts(section: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    for name, field in section.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield name, kind


def _row(place: str, name: str, field: FieldInfo) -> list[str]:
    path = f"{place}.{name}" if place else name
    return [f"`{path}`", _allowed(field), _default(field), field.description or _meaning(field)]


def _meaning(field: FieldInfo) -> str:
    """A part has its meaning in its own docstring."""
    kind = field.annotation
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return _first_line(kind)
    return ""


def _first_line(section: type[BaseModel]) -> str:
    return (section.__doc__ or "").strip().splitlines()[0]


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is PydanticUndefined or isinstance(value, BaseModel):
        return "see below"
    if value is None:
        return "none"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _allowed(field: FieldInfo) -> str:
    bounds = [text for item in field.metadata if (text := _bound(item))]
    return ", ".join([_type(field.annotation), *bounds])


def _type(kind: Any) -> str:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        bounds = [text for item in arguments[1:] for text in _field_bounds(item)]
        return ", ".join([_type(arguments[0]), *bounds])
    if origin is Literal:
        return ", ".join(f"`{value}`" for value in arguments)
    if origin in (types.UnionType, Union):
        return " or ".join(_type(part) for part in arguments if part is not type(None))
    if origin is dict:
        return "mapping" if arguments[1] is Any else f"mapping of name to {_type(arguments[1])}"
    if origin is list:
        return f"list of {_type(arguments[0])}"
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return "mapping"
    if hasattr(kind, "__members__"):
        return ", ".join(f"`{member.value}`" for member in kind)
    return {"str": "text", "int": "whole number", "float": "number", "bool": "true or false"}[
        kind.__name__
    ]


def _field_bounds(item: Any) -> list[str]:
    metadata = item.metadata if isinstance(item, FieldInfo) else [item]
    return [text for part in metadata if (text := _bound(part))]


def _bound(item: Any) -> str:
    phrases = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
    for name, text in phrases.items():
        if isinstance(item, getattr(annotated_types, name.capitalize())):
            return f"{text} {getattr(item, name)}"
    pattern = getattr(item, "pattern", None)
    return f"matching `{pattern}`" if pattern else ""
