"""Distinguishes refusals of AWS, which a retry does not change, from errors that pass."""

from botocore.exceptions import ClientError

from lambdas.aws.transient_errors import TRANSIENT_CODES

PASSING_CODES = TRANSIENT_CODES | {
    "EC2ThrottledException",
    # The request's credentials or its time have to be renewed, or another request is ahead.
    "ConditionalRequestConflict",
    "ConflictException",
    "ExpiredToken",
    "ExpiredTokenException",
    "OptimisticLockException",
    "RequestAbortedException",
    "RequestExpired",
    "ResourceInUse",
}
"""Codes of errors that pass, though their status is often 400.

Sources: AWS's page "Common Errors"; the errors of SageMaker's API reference; Amazon S3 User Guide,
"How to prevent object overwrites with conditional writes".
"""

_PASSING_STATUSES = frozenset({408, 429})


def is_refusal(error: ClientError) -> bool:
    """Whether the same request would be refused again: a quota, a validation, a denied access.

    An error without HTTP status is no refusal, so that the request is tried again.
    """
    if error.response["Error"]["Code"] in PASSING_CODES or is_endpoint_in_progress(error):
        return False
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return 400 <= status < 500 and status not in _PASSING_STATUSES


def message_contains(error: ClientError, text: str) -> bool:
    """Whether AWS says ``text``, in any case.

    SageMaker has no error codes of its own for what exists already, does not exist or is busy: it
    answers with a ValidationException.
    """
    return text in error.response["Error"]["Message"].lower()


def is_endpoint_in_progress(error: ClientError) -> bool:
    """Whether SageMaker refuses a change because another one of the same endpoint is in progress.

    Source: aws/amazon-sagemaker-operator-for-k8s, the constants of its clientwrapper.
    """
    return message_contains(error, "cannot update in-progress endpoint")
