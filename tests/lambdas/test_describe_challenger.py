import hashlib
import json
import re

import boto3
import pytest
from botocore.session import get_session

from driftloop.contract.events import decode_payload
from driftloop.contract.payloads import ChallengerDescription
from driftloop.errors import InputError
from lambdas.describe_challenger.handler import handle
from tests.lambdas.challengers import ARCHIVE, FILES, RUN, SUMMARY, put, write_challenger


@pytest.fixture
def execution(aws):
    """Writes the files of an execution."""
    return write_challenger


def test_the_outputs_are_the_sentences_the_decision_and_the_archives_etag(aws, execution):
    etag = execution()
    assert handle(FILES, None, aws) == {
        "decision": "register",
        **SUMMARY,
        "training_data_range": "2026-03-01T00:00:00Z/2026-03-09T00:00:00Z",
        "omitted_data": "Of 23 records these are not used no_label 5",
        "model_data_etag": etag,
        "model_data_sha256": hashlib.sha256(b"the archive").hexdigest(),
    }


def test_a_rejected_challenger_is_described_too(aws, execution):
    execution(decision="reject")
    assert handle(FILES, None, aws)["decision"] == "reject"


def test_the_outputs_are_what_a_lambda_step_can_return_and_the_registry_can_store(aws, execution):
    execution()
    outputs = handle(FILES, None, aws)
    model = get_session().get_service_model("sagemaker")
    longest = model.shape_for("CustomerMetadataValue").metadata["max"]
    assert decode_payload(ChallengerDescription, outputs)
    assert all(isinstance(value, str) and 1 <= len(value) <= longest for value in outputs.values())


def test_a_repeated_invocation_has_the_same_result_and_writes_nothing(aws, execution):
    execution()
    before = boto3.client("s3").list_objects_v2(Bucket="artifacts")["Contents"]
    assert handle(FILES, None, aws) == handle(FILES, None, aws)
    assert boto3.client("s3").list_objects_v2(Bucket="artifacts")["Contents"] == before


def test_an_archive_that_was_replaced_after_the_evaluation_is_refused_in_a_sentence(aws, execution):
    execution()
    put(ARCHIVE, b"another archive")
    with pytest.raises(InputError, match=r"is not the archive that was evaluated: its SHA-256 is"):
        handle(FILES, None, aws)


@pytest.mark.parametrize(
    ("key", "body", "message"),
    [
        ("evaluate/evaluation/evaluation.json", b"{}", "evaluation.json is not a valid"),
        ("curate/curation/curation.json", b"no JSON", "curation.json is not a valid"),
    ],
)
def test_a_report_that_no_step_wrote_is_refused_with_its_uri(aws, execution, key, body, message):
    execution()
    put(f"{RUN}/{key}", body)
    with pytest.raises(InputError, match=message):
        handle(FILES, None, aws)


@pytest.mark.parametrize("uri", [FILES["model_data_url"], f"{FILES['curation']}/curation.json"])
def test_a_file_that_was_deleted_during_the_execution_is_named(aws, execution, uri):
    execution()
    boto3.client("s3").delete_object(Bucket="artifacts", Key=uri.removeprefix("s3://artifacts/"))
    with pytest.raises(InputError, match=rf"{re.escape(uri)} can't be read \(NoSuchKey\)"):
        handle(FILES, None, aws)


def test_a_sentence_that_the_registry_would_refuse_fails_here_with_its_name(aws, execution):
    execution()
    key = f"{RUN}/evaluate/evaluation/evaluation.json"
    content = json.loads(boto3.client("s3").get_object(Bucket="artifacts", Key=key)["Body"].read())
    content["summary"]["golden_set"] = "95% (of rows)"
    put(key, json.dumps(content).encode())
    with pytest.raises(InputError, match="golden_set"):
        handle(FILES, None, aws)
