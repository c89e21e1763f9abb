"""Requests held against botocore's model of the service, and values as they go over the wire."""

import re
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any

from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape

from rehearsal.sagemaker.errors import ServiceError, invalid

_SCALARS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "timestamp": (int, float, str),
}


@cache
def service_model() -> ServiceModel:
    """SageMaker as botocore describes it."""
    return ServiceModel(Loader().load_service_model("sagemaker", "service-2"), "sagemaker")


def operation(api: str) -> OperationModel:
    """One API of the service; raises ServiceError for a name that SageMaker doesn't have."""
    if api not in service_model().operation_names:
        raise ServiceError("UnknownOperationException", f"SageMaker has no API {api}")
    return service_model().operation_model(api)


def check_request(api: str, body: dict[str, Any]) -> None:
    """Raise ValidationException, listing every fault, where ``body`` breaks the API's shape."""
    refuse(list(problems(operation(api).input_shape, body)))


def check_shape(name: str, value: Any) -> None:
    """As :func:`check_request`, for one named shape."""
    refuse(list(problems(service_model().shape_for(name), value)))


def refuse(found: list[str]) -> None:
    """Raise what AWS answers to a request with these faults; nothing where there are none."""
    if found:
        count = len(found)
        plural = "s" if count > 1 else ""
        raise invalid(f"{count} validation error{plural} detected: {'; '.join(found)}")


def problems(shape: Shape | None, value: Any, path: str = "") -> Iterator[str]:
    """Every way in which ``value`` breaks ``shape``, in AWS's words."""
    if isinstance(shape, StructureShape):
        yield from _structure(shape, value, path)
    elif isinstance(shape, ListShape):
        yield from _list(shape, value, path)
    elif isinstance(shape, MapShape):
        yield from _map(shape, value, path)
    elif shape is not None:
        yield from _scalar(shape, value, path)


def _fault(path: str, value: Any, rule: str) -> str:
    return (
        f"Value {str(value)[:200]!r} at '{path}' failed to satisfy constraint: Member must {rule}"
    )


def _structure(shape: StructureShape, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield _fault(path, value, "be a structure")
        return
    for name in shape.required_members:
        if value.get(name) is None:
            yield _fault(_below(path, name), None, "not be null")
    for name, member in value.items():
        if name not in shape.members:
            yield f"Unknown parameter '{name}' at '{path or shape.name}'"
        elif member is not None:
            yield from problems(shape.members[name], member, _below(path, name))


def _list(shape: ListShape, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield _fault(path, value, "be a list")
        return
    yield from _length(shape, value, path)
    for position, member in enumerate(value):
        yield from problems(shape.member, member, f"{path}.{position + 1}.member")


def _map(shape: MapShape, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield _fault(path, value, "be a map")
        return
    yield from _length(shape, value, path)
    for key, member in value.items():
        yield from problems(shape.key, key, f"{path} key")
        yield from problems(shape.value, member, _below(path, key))


def _scalar(shape: Shape, value: Any, path: str) -> Iterator[str]:
    expected = _SCALARS.get(shape.type_name)
    is_flag = isinstance(value, bool)
    if expected and (not isinstance(value, expected) or is_flag != (shape.type_name == "boolean")):
        yield _fault(path, value, f"be of type {shape.type_name}")
        return
    allowed = shape.metadata.get("enum")
    if allowed and value not in allowed:
        yield _fault(path, value, f"satisfy enum value set: {allowed[:20]}")
    if shape.type_name == "string":
        yield from _length(shape, value, path)
        pattern = shape.metadata.get("pattern")
        if pattern and not re.fullmatch(_python_pattern(pattern), value):
            yield _fault(path, value, f"satisfy regular expression pattern: {pattern}")
    elif shape.type_name in {"integer", "long", "float", "double"}:
        yield from _bounds(shape, value, path)


def _length(shape: Shape, value: Any, path: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and len(value) < low:
        yield _fault(path, value, f"have length greater than or equal to {low}")
    if high is not None and len(value) > high:
        yield _fault(path, value, f"have length less than or equal to {high}")


def _bounds(shape: Shape, value: float, path: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and value < low:
        yield _fault(path, value, f"be greater than or equal to {low}")
    if high is not None and value > high:
        yield _fault(path, value, f"be less than or equal to {high}")


def _python_pattern(pattern: str) -> str:
    """The model's patterns are Java's: character classes by property, and one stray quantifier."""
    pattern = re.sub(r"\$\{\d+,\d+\}$", "", pattern)
    return re.sub(r"\\p\{(\w+)\}", lambda found: _PROPERTIES[found[1]], pattern)


_PROPERTIES = {
    "Alnum": "a-zA-Z0-9",
    "L": r"\w",
    "M": r"\w",
    "N": r"\d",
    "P": r"\S",
    "S": r"\S",
    "Z": " ",
}


def _below(path: str, name: str) -> str:
    member = name[:1].lower() + name[1:]
    return f"{path}.{member}" if path else member


def wire(value: Any) -> Any:
    """``value`` as JSON 1.1 carries it: instants as epoch seconds, absent members left out."""
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, dict):
        return {key: wire(member) for key, member in value.items() if member is not None}
    if isinstance(value, list | tuple):
        return [wire(member) for member in value]
    return value
