"""Template properties as requests of the API."""

from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from rehearsal.sagemaker import request_validation
from rehearsal.sagemaker.protocols import Body


def to_request(api: str, properties: Body) -> Body:
    """Convert text in a template's properties to the types of the API's request.

    Members that the API does not have are kept, so that the API rejects them.
    """
    return dict(convert_types(request_validation.operation_model(api).input_shape, properties))


def convert_types(shape: Shape | None, value: Any) -> Any:
    """Convert text in ``value`` to the types of ``shape``, and other scalars to text."""
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        return {
            name: convert_types(shape.members.get(name), member)
            for name, member in value.items()
            if member is not None
        }
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [convert_types(shape.member, member) for member in value]
    if isinstance(shape, MapShape) and isinstance(value, dict):
        return {key: convert_types(shape.value, member) for key, member in value.items()}
    return _convert_scalar(shape, value)


def _convert_scalar(shape: Shape | None, value: Any) -> Any:
    kind = shape.type_name if shape is not None else "string"
    if kind == "boolean" and isinstance(value, str):
        return value.lower() == "true"
    if kind in {"integer", "long"} and isinstance(value, str | float):
        return int(value)
    if kind in {"float", "double"} and isinstance(value, str):
        return float(value)
    if kind == "string" and isinstance(value, bool | int | float):
        return str(value).lower() if isinstance(value, bool) else str(value)
    return value
