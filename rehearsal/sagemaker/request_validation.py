"""Requests checked against botocore's model of SageMaker, and values as JSON 1.1 carries them."""

from datetime import datetime
from typing import Any

from botocore.model import OperationModel, ServiceModel

from rehearsal import request_shapes
from rehearsal.request_shapes import validation_errors
from rehearsal.sagemaker.errors import ServiceError, validation_error


def service_model() -> ServiceModel:
    """Return botocore's model of SageMaker."""
    return request_shapes.service_model("sagemaker")


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


def to_wire(value: Any) -> Any:
    """Convert a value to JSON 1.1: times to epoch seconds, without members that are None."""
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, dict):
        return {key: to_wire(member) for key, member in value.items() if member is not None}
    if isinstance(value, list | tuple):
        return [to_wire(member) for member in value]
    return value
