"""Requests checked against botocore's model of the service, and values as JSON 1.1 carries them."""

import re
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any

from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape

from rehearsal.sagemaker.errors import ServiceError, validation_error

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
    """Return botocore's model of SageMaker."""
    return ServiceModel(Loader().load_service_model("sagemaker", "service-2"), "sagemaker")


def operation_model(api: str) -> OperationModel:
    """Return botocore's model of one API; raises ServiceError for an unknown API."""
    if api not in service_model().operation_names:
        raise ServiceError("UnknownOperationException", f"SageMaker has no API {api}")
    return service_model().operation_model(api)


def check_request(api: str, body: dict[str, Any]) -> None:
    """Raise ServiceError with every validation error of a request."""
    raise_validation_errors(list(validation_errors(operation_model(api).input_shape, body)))


def check_shape(name: str, value: Any) -> None:
    """Raise ServiceError with every validation error of a value of the named shape."""
    raise_validation_errors(list(validation_errors(service_model().shape_for(name), value)))


def raise_validation_errors(errors: list[str]) -> None:
    """Raise AWS's error for these validation errors, if there are any."""
    if errors:
        count = len(errors)
        plural = "s" if count > 1 else ""
        raise validation_error(f"{count} validation error{plural} detected: {'; '.join(errors)}")


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
    if not isinstance(value, list):
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
        if pattern and not re.fullmatch(_python_pattern(pattern), value):
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


def _python_pattern(pattern: str) -> str:
    """Convert a pattern from Java: character classes by property, and one stray quantifier."""
    pattern = re.sub(r"\$\{\d+,\d+\}$", "", pattern)
    return re.sub(r"\\p\{(\w+)\}", lambda matched: _CHARACTER_CLASSES[matched[1]], pattern)


_CHARACTER_CLASSES = {
    "Alnum": "a-zA-Z0-9",
    "L": r"\w",
    "M": r"\w",
    "N": r"\d",
    "P": r"\S",
    "S": r"\S",
    "Z": " ",
}


def _member_path(path: str, name: str) -> str:
    member = name[:1].lower() + name[1:]
    return f"{path}.{member}" if path else member


def to_wire(value: Any) -> Any:
    """Convert a value to JSON 1.1: times to epoch seconds, without members that are None."""
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, dict):
        return {key: to_wire(member) for key, member in value.items() if member is not None}
    if isinstance(value, list | tuple):
        return [to_wire(member) for member in value]
    return value
