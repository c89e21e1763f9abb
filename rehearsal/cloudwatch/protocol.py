"""The wire of CloudWatch: what boto3 sends it (AWS JSON 1.0, the operation in a header)."""

import json
from collections.abc import Mapping
from datetime import datetime

from rehearsal.cloudwatch.service import CloudWatch, CloudWatchError

Response = tuple[int, dict[str, str], bytes]
TARGET_PREFIX = "GraniteServiceVersion20100801."
HEADERS = {"Content-Type": "application/x-amz-json-1.0"}


def operation(headers: Mapping[str, str]) -> str | None:
    """The operation that a request names, or None where it is of another protocol."""
    target = headers.get("x-amz-target", "")
    return target.removeprefix(TARGET_PREFIX) if target.startswith(TARGET_PREFIX) else None


def answer(service: CloudWatch, name: str, body: bytes) -> Response:
    """Run one operation."""
    try:
        found = service.operations[name](json.loads(body or b"{}"))
    except CloudWatchError as error:
        headers = HEADERS | {"x-amzn-query-error": f"{error.code};Sender"}
        problem = {"__type": error.code, "message": error.message}
        return 400, headers, json.dumps(problem).encode()
    return 200, dict(HEADERS), json.dumps(found, default=_seconds).encode()


def _seconds(value: object) -> float:
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(f"{value!r} has no place in an answer")
