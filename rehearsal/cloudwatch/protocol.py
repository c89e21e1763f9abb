"""The protocol of boto3's CloudWatch client: AWS JSON 1.0, with the operation in a header."""

import json
from collections.abc import Mapping
from datetime import datetime

from rehearsal.cloudwatch.errors import CloudWatchError
from rehearsal.cloudwatch.service import CloudWatch

Response = tuple[int, dict[str, str], bytes]
TARGET_PREFIX = "GraniteServiceVersion20100801."
HEADERS = {"Content-Type": "application/x-amz-json-1.0"}


def operation_name(headers: Mapping[str, str]) -> str | None:
    """Return the operation of a request; None for a request of another protocol."""
    target = headers.get("x-amz-target", "")
    return target.removeprefix(TARGET_PREFIX) if target.startswith(TARGET_PREFIX) else None


def handle_request(service: CloudWatch, name: str, body: bytes) -> Response:
    """Run one operation and return its response."""
    try:
        response = service.operations[name](json.loads(body or b"{}"))
    except CloudWatchError as error:
        headers = HEADERS | {"x-amzn-query-error": f"{error.code};Sender"}
        error_body = {"__type": error.code, "message": error.message}
        return 400, headers, json.dumps(error_body).encode()
    return 200, dict(HEADERS), json.dumps(response, default=_to_epoch_seconds).encode()


def _to_epoch_seconds(value: object) -> float:
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(f"{value!r} can't be part of a response")
