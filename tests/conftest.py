"""What all tests share: checked requests to AWS, and the same examples of property tests each time.

Every request that a test sends by boto3 is checked against the service's model.
"""

import os
from functools import cache
from typing import Any

import boto3
import botocore.handlers
import pytest
from botocore.loaders import JSONFileLoader
from botocore.model import OperationModel
from hypothesis import settings
from moto.core.serialize import ResponseSerializer

from rehearsal.request_shapes import validation_errors
from tests.handler_requests import record

# Models are trained and numbers are computed in one thread per process: OpenMP's threads wait for
# each other in loops, which takes twenty times the time of the work itself when other processes
# need the cores. OpenMP and OpenBLAS read the variable when numpy and scikit-learn are imported,
# which is later.
os.environ.setdefault("OMP_NUM_THREADS", "1")

FUZZ_EXAMPLES = 500
"""Examples of each property test in `make fuzz`, unless the test has a number of its own."""

settings.register_profile("ci", derandomize=True)
settings.register_profile("fuzz", max_examples=FUZZ_EXAMPLES, deadline=None, print_blob=True)
# The option --hypothesis-profile is applied later, so that it overrides this one.
settings.load_profile("ci")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files with slow tests first: a worker that starts one late ends after the others."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def check_parameters(params: dict[str, Any], model: OperationModel, **_: Any) -> None:
    """Fail on a request that breaks the service's model, with its enums, patterns and bounds."""
    record(model.service_model.service_name, model.name, params)
    errors = list(validation_errors(model.input_shape, params))
    assert not errors, f"{model.service_model.service_name} {model.name}: {'; '.join(errors)}"


# Sessions register these handlers when they are created. Last: idempotency tokens are filled in.
botocore.handlers.BUILTIN_HANDLERS.append(
    ("before-parameter-build", check_parameters, botocore.handlers.REGISTER_LAST)
)

# The clients of one session share the models of services that it loads, megabytes of JSON. A test
# has sessions of its own in moto's AWS: with this, all sessions of a process share them.
_load_file = cache(JSONFileLoader().load_file)


def load_file(_: JSONFileLoader, file_path: str) -> Any:
    """The file's content, parsed once."""
    return _load_file(file_path)


JSONFileLoader.load_file = load_file  # type: ignore[assignment, method-assign]


# A test has clients of its own, too, whose creation takes longer than most of their calls. A client
# has no state but its connections, so that equal ones can be one client of the process.
_create_client = boto3.client
_clients: dict[str, Any] = {}


def client(service: str, **parameters: Any) -> Any:
    """The client with these parameters and with what the environment says now."""
    described = {
        name: getattr(value, "_user_provided_options", value) for name, value in parameters.items()
    }
    environment = [item for item in os.environ.items() if item[0].startswith("AWS_")]
    key = repr((service, sorted(described.items()), sorted(environment)))
    if key not in _clients:
        _clients[key] = _create_client(service, **parameters)  # type: ignore[call-overload]
    return _clients[key]


boto3.client = client  # type: ignore[assignment]


# moto looks for each member of a response under several names. An attribute value of DynamoDB has
# ten members, of which one is there, under its own name: the nine others took half of the time of a
# query.
_get_value = ResponseSerializer.get_value


def get_value(self: ResponseSerializer, value: Any, key: str, shape: Any) -> Any:
    """A member of the value that a response is made of; None if it is not there."""
    parent = getattr(shape, "parent", None)
    if type(value) is dict and parent is not None and parent.name == "AttributeValue":
        return value.get(key)
    return _get_value(self, value, key, shape)


ResponseSerializer.get_value = get_value  # type: ignore[method-assign]
