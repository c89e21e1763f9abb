"""Gives one name to all errors that pass by themselves, so that the state machine can retry them.

botocore repeats a request a few times. When its attempts are used up, or when the connection breaks
while a body is read, the exception has one of many names. Step Functions retries by name: the
handlers of an analysis raise :class:`TransientError` instead.
"""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from botocore.exceptions import (
    ClientError,
    ConnectionError,  # noqa: A004  (botocore's own, of which Python's is not a base)
    HTTPClientError,
    IncompleteReadError,
)

P = ParamSpec("P")
R = TypeVar("R")

TRANSIENT_CODES = frozenset(
    {
        "BandwidthLimitExceeded",
        "InternalError",
        "InternalException",
        "InternalFailure",
        "InternalServerError",
        "LimitExceededException",
        "OperationAborted",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingError",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
"""Codes of errors that pass, whatever their HTTP status.

Sources: botocore/retries/standard.py (throttling and transient errors); S3's API reference, "Error
responses"; DynamoDB's API reference, TransactWriteItems (why a transaction is canceled).
"""

_TRANSIENT_STATUSES = frozenset({429, 500, 502, 503, 504})
"""429 is HTTP's "Too Many Requests"; the others are botocore's transient status codes."""

_TRANSIENT_TYPES = (ConnectionError, HTTPClientError, IncompleteReadError)
"""What botocore calls transient, and a body that ends early. A broken stream
(ResponseStreamingError) and a read timeout are HTTPClientErrors."""


class TransientError(RuntimeError):
    """A call to AWS failed for a reason that passes: the same invocation may succeed later."""


def is_transient(error: BaseException) -> bool:
    """Whether the error passes by itself."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        return bool(_codes(error) & TRANSIENT_CODES) or status in _TRANSIENT_STATUSES
    return isinstance(error, _TRANSIENT_TYPES)


def named_transient_errors(handle: Callable[P, R]) -> Callable[P, R]:
    """A handler that raises :class:`TransientError` for every error that passes by itself."""

    @wraps(handle)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return handle(*args, **kwargs)
        except Exception as error:
            if is_transient(error):
                raise TransientError(f"{type(error).__name__}: {error}") from error
            raise

    return wrapped


def _codes(error: ClientError) -> set[str]:
    """The error's code and those of a canceled transaction, without a service's name before it.

    S3 passes errors of KMS on with the service's name: KMS.ThrottlingException.
    """
    codes = [error.response["Error"].get("Code", "")]
    codes += [reason.get("Code", "") for reason in error.response.get("CancellationReasons", ())]
    return {code.rpartition(".")[2] for code in codes}
