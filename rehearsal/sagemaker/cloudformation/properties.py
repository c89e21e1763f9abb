"""From a CloudFormation template's properties to a request of the API."""

from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from rehearsal.sagemaker import request_validation

Body = dict[str, Any]


def request(api: str, properties: Body) -> Body:
    """CloudFormation's properties as the API's request: what is text in a template gets its type.

    Members that the API does not have stay as they are, so that it refuses them.
    """
    return dict(_typed(request_validation.operation(api).input_shape, properties))


def _typed(shape: Shape | None, value: Any) -> Any:
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        return {
            name: _typed(shape.members.get(name), member)
            for name, member in value.items()
            if member is not None
        }
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [_typed(shape.member, member) for member in value]
    if isinstance(shape, MapShape) and isinstance(value, dict):
        return {key: _typed(shape.value, member) for key, member in value.items()}
    return _scalar(shape, value)


def _scalar(shape: Shape | None, value: Any) -> Any:
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
