"""Requests checked against botocore's service models: members, types, enums, patterns and bounds.

botocore's own validation checks neither enums nor patterns. Tests use this for the requests of
the functions, the emulator for the requests that it receives.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any

from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape

_SCALARS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "timestamp": (int, float, str, datetime),
}


@cache
def service_model(service: str) -> ServiceModel:
    """Return botocore's model of a service, by the name that boto3 gives its client."""
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


def request_errors(service: str, operation: str, parameters: dict[str, Any]) -> list[str]:
    """Return the validation errors of a request.

    Args:
        service: The service, as boto3 names its client.
        operation: The API, for example ``UpdateEndpoint``.
        parameters: The request's members.
    """
    shape = service_model(service).operation_model(operation).input_shape
    return list(validation_errors(shape, parameters))


def validation_errors(shape: Shape | None, value: Any, path: str = "") -> Iterator[str]:
    """Yield a message, as AWS writes it, for each way in which ``value`` breaks ``shape``."""
    if isinstance(shape, StructureShape):
        yield from _structure_errors(shape, value, path)
    elif isinstance(shape, ListShape):
        yield from _list_errors(shape, value, path)
    elif isinstance(shape, MapShape):
        yield from _map_errors(shape, value, path)
    elif shape is not None:
        yield from _scalar_errors(shape, value, path)


def _constraint_message(path: str, value: Any, constraint: str) -> str:
    return (
        f"Value {str(value)[:200]!r} at '{path}' failed to satisfy constraint: "
        f"Member must {constraint}"
    )


def _structure_errors(shape: StructureShape, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield _constraint_message(path, value, "be a structure")
        return
    for name in shape.required_members:
        if value.get(name) is None:
            yield _constraint_message(_member_path(path, name), None, "not be null")
    for name, member in value.items():
        if name not in shape.members:
            yield f"Unknown parameter '{name}' at '{path or shape.name}'"
        elif member is not None:
            yield from validation_errors(shape.members[name], member, _member_path(path, name))


def _list_errors(shape: ListShape, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, list | tuple):
        yield _constraint_message(path, value, "be a list")
        return
    yield from _length_errors(shape, value, path)
    for position, member in enumerate(value):
        yield from validation_errors(shape.member, member, f"{path}.{position + 1}.member")


def _map_errors(shape: MapShape, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield _constraint_message(path, value, "be a map")
        return
    yield from _length_errors(shape, value, path)
    for key, member in value.items():
        yield from validation_errors(shape.key, key, f"{path} key")
        yield from validation_errors(shape.value, member, _member_path(path, key))


def _scalar_errors(shape: Shape, value: Any, path: str) -> Iterator[str]:
    expected = _SCALARS.get(shape.type_name)
    is_flag = isinstance(value, bool)
    if expected and (not isinstance(value, expected) or is_flag != (shape.type_name == "boolean")):
        yield _constraint_message(path, value, f"be of type {shape.type_name}")
        return
    allowed = shape.metadata.get("enum")
    if allowed and value not in allowed:
        yield _constraint_message(path, value, f"satisfy enum value set: {allowed[:20]}")
    if shape.type_name == "string":
        yield from _length_errors(shape, value, path)
        pattern = shape.metadata.get("pattern")
        if pattern and not re.fullmatch(python_pattern(pattern), value):
            yield _constraint_message(path, value, f"satisfy regular expression pattern: {pattern}")
    elif shape.type_name in {"integer", "long", "float", "double"}:
        yield from _bound_errors(shape, value, path)


def _length_errors(shape: Shape, value: Any, path: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and len(value) < low:
        yield _constraint_message(path, value, f"have length greater than or equal to {low}")
    if high is not None and len(value) > high:
        yield _constraint_message(path, value, f"have length less than or equal to {high}")


def _bound_errors(shape: Shape, value: float, path: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and value < low:
        yield _constraint_message(path, value, f"be greater than or equal to {low}")
    if high is not None and value > high:
        yield _constraint_message(path, value, f"be less than or equal to {high}")


@cache
def python_pattern(pattern: str) -> str:
    """Convert a pattern of Java's syntax, in which the service models are written."""
    pattern = re.sub(r"\$\{\d+,\d+\}$", "", pattern)  # a stray quantifier of SageMaker's model
    pattern = pattern.replace(r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF")
    pattern = pattern.replace(r"\z", r"\Z")
    # after a class such as \w a hyphen is no range in Java
    pattern = re.sub(r"(\\[wds])-(?=[^\]])", r"\1\\-", pattern)
    return re.sub(r"\\p\{(\w+)\}", _character_class, pattern)


def _character_class(matched: re.Match[str]) -> str:
    before = matched.string[: matched.start()]
    members = _CHARACTER_CLASSES[matched[1]]
    return members if before.rfind("[") > before.rfind("]") else f"[{members}]"


_CHARACTER_CLASSES = {
    "ASCII": r"\x00-\x7f",
    "Alnum": "a-zA-Z0-9",
    "L": r"\w",
    "M": r"\w",
    "N": r"\d",
    "P": r"\S",
    "Print": r"\x20-\x7e",
    "S": r"\S",
    "Z": " ",
}


def _member_path(path: str, name: str) -> str:
    member = name[:1].lower() + name[1:]
    return f"{path}.{member}" if path else member
