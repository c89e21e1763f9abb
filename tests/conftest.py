"""Every request that a test sends by boto3 is checked against the service's model."""

from typing import Any

import botocore.handlers
from botocore.model import OperationModel

from rehearsal.request_shapes import validation_errors
from tests.handler_requests import record


def check_parameters(params: dict[str, Any], model: OperationModel, **_: Any) -> None:
    """Fail on a request that breaks the service's model, with its enums, patterns and bounds."""
    record(model.service_model.service_name, model.name, params)
    errors = list(validation_errors(model.input_shape, params))
    assert not errors, f"{model.service_model.service_name} {model.name}: {'; '.join(errors)}"


# Sessions register these handlers when they are created. Last: idempotency tokens are filled in.
botocore.handlers.BUILTIN_HANDLERS.append(
    ("before-parameter-build", check_parameters, botocore.handlers.REGISTER_LAST)
)
