"""Describes a challenger: the pipeline's Lambda step returns what RegisterModel and Fail need.

A pipeline's steps can refer to the outputs of a Lambda step everywhere (SageMaker developer guide,
"Pipelines steps": step properties); for values of a JSON file that is documented for conditions
alone. The function only reads: a repeated invocation has the same result.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import msgspec
from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError

from driftloop.contract.events import decode_payload
from driftloop.contract.payloads import ChallengerDescription, ChallengerFiles
from driftloop.contract.pipeline_reports import (
    CURATION_FILE,
    EVALUATION_FILE,
    CurationReport,
    EvaluationReport,
    read_curation_report,
    read_evaluation_report,
)
from driftloop.errors import InputError
from lambdas.aws.clients import CLIENTS, AwsClients
from lambdas.aws.storage import ObjectDigest, locate

ReportT = TypeVar("ReportT", EvaluationReport, CurationReport)

logger = Logger()

_ABSENT = {"NoSuchKey", "AccessDenied"}
"""S3 answers AccessDenied for an absent key to a role without s3:ListBucket (GetObject's page)."""


def handle(event: dict[str, Any], _context: object, aws: AwsClients = CLIENTS) -> dict[str, Any]:
    """Return a :class:`ChallengerDescription` of the :class:`ChallengerFiles` of an execution.

    Raises:
        InputError: A file is absent, a report is not what the step wrote, or the archive is not the
            evaluated one.
    """
    files = decode_payload(ChallengerFiles, event)
    evaluation = _read(aws, f"{files.evaluation}/{EVALUATION_FILE}", read_evaluation_report)
    curation = _read(aws, f"{files.curation}/{CURATION_FILE}", read_curation_report)
    archive = _evaluated_archive(aws, files.model_data_url, evaluation)
    description = ChallengerDescription(
        decision=evaluation.decision,
        **msgspec.structs.asdict(evaluation.summary),
        training_data_range=curation.training_data_range,
        omitted_data=curation.omitted_data,
        model_data_etag=archive.etag,
        model_data_sha256=archive.sha256,
    )
    logger.info("challenger described", decision=description.decision, files=event)
    result: dict[str, Any] = msgspec.to_builtins(description)
    return result


def _read(aws: AwsClients, uri: str, read_report: Callable[[bytes], ReportT]) -> ReportT:
    bucket, key = locate(aws, uri)
    with _existing(uri):
        content = bucket.get(key)
    try:
        return read_report(content)
    except msgspec.DecodeError as error:
        raise InputError(f"{uri} is not a valid report: {error}") from error


def _evaluated_archive(
    aws: AwsClients, model_data_url: str, evaluation: EvaluationReport
) -> ObjectDigest:
    """The archive's digest; the object must have the content that Evaluate read.

    The ETag is that of the same read, so it stands for this content: the release compares it.
    """
    bucket, key = locate(aws, model_data_url)
    with _existing(model_data_url):
        archive = bucket.digest(key)
    if archive.sha256 != evaluation.challenger_sha256:
        raise InputError(
            f"{model_data_url} is not the archive that was evaluated: its SHA-256 is"
            f" {archive.sha256}, and that of the evaluated one {evaluation.challenger_sha256}."
            " Someone replaced the object during the execution: find out who, and request a"
            " new retraining"
        )
    return archive


@contextmanager
def _existing(uri: str) -> Iterator[None]:
    """Turn S3's answer for an absent object into a sentence."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] not in _ABSENT:
            raise
        raise InputError(
            f"{uri} can't be read ({error.response['Error']['Code']}): it was deleted during the"
            " execution, or its key is not one that this function may read. Request a new"
            " retraining"
        ) from error
