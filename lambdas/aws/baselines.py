"""Loads the baseline of a version. Imports numpy: functions without it check the file instead."""

from driftloop.errors import FormatError
from driftloop.profile import Baseline
from lambdas.aws.baseline_file import UnusableBaselineError, read_baseline_file
from lambdas.aws.clients import AwsClients


def load_baseline(aws: AwsClients, uri: str) -> Baseline:
    """The baseline that an S3 URI names.

    Raises:
        UnusableBaselineError: It is absent, denied, damaged or of another format version.
        ClientError, BotoCoreError: An error that passes.
    """
    data = read_baseline_file(aws, uri)
    try:
        return Baseline.from_bytes(data)
    except FormatError as error:
        raise UnusableBaselineError(uri, str(error)) from error
