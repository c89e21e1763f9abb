"""Reads the baseline file of a version; separates what can't be used from errors that pass.

A version's baseline is whatever the URI in the metadata of its model package names. One that can't
be used concerns its version alone: it must not stop the analysis of the others.
"""

from botocore.exceptions import ClientError, EndpointProviderError, ParamValidationError

from driftloop.errors import FormatError, InputError
from driftloop.file_format import check_baseline
from driftloop.untrusted_text import quoted_uri, unlinked
from lambdas.aws.clients import AwsClients
from lambdas.aws.errors import is_refusal
from lambdas.aws.storage import locate
from lambdas.aws.transient_errors import is_transient

MAX_BASELINE_BYTES = 128 * 1024 * 1024
"""Bytes of a baseline file: release has 512 MiB of memory. A column takes some tens of kB."""

_OTHER_REGION = 301
"""HTTP status of a bucket in another region (S3 API reference, "Error responses")."""

_MAX_PROBLEM_LENGTH = 500

_REMEDY = (
    "Make the baseline file readable as s3://ARTIFACTS_BUCKET/runs/…, which is where the functions"
    " may read; the artifacts bucket keeps former versions of its objects. If it has another URI"
    " then, set it as `baseline_uri` in the CustomerMetadataProperties of the model package, and"
    " set the approval status to Rejected, then to Approved"
)


REPLACED = "another baseline was written there while the window was analyzed"
"""The problem of a version whose batches were profiled on different baselines."""


class UnusableBaselineError(InputError):
    """The baseline of a version can't be used: ``uri`` names it, ``problem`` says why."""

    def __init__(self, uri: str, problem: str, remedy: str = _REMEDY) -> None:
        self.uri = uri
        self.problem = unlinked(problem, _MAX_PROBLEM_LENGTH)
        self.remedy = remedy
        super().__init__(f"the baseline {quoted_uri(uri)} can't be used ({self.problem}). {remedy}")


def read_baseline_file(aws: AwsClients, uri: str) -> bytes:
    """The file's content.

    Raises:
        UnusableBaselineError: There is no such file, or S3 refuses to return it.
        ClientError, BotoCoreError: An error that passes.
    """
    try:
        bucket, key = locate(aws, uri)
        return bucket.get(key, max_bytes=MAX_BASELINE_BYTES)
    except InputError as error:
        raise UnusableBaselineError(uri, str(error)) from error
    except (EndpointProviderError, ParamValidationError) as error:  # no name of a bucket
        raise UnusableBaselineError(uri, " ".join(str(error).split())) from error
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        if is_transient(error) or not (is_refusal(error) or status == _OTHER_REGION):
            raise
        raise UnusableBaselineError(uri, str(error)) from error


def check_baseline_file(aws: AwsClients, uri: str) -> None:
    """Check that the file is an undamaged baseline of the format that this driftloop reads.

    Raises:
        UnusableBaselineError: It is not.
        ClientError, BotoCoreError: An error that passes.
    """
    data = read_baseline_file(aws, uri)
    try:
        check_baseline(data)
    except FormatError as error:
        raise UnusableBaselineError(uri, str(error)) from error
