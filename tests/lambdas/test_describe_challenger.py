import hashlib
import json
import re

import boto3
import pytest
from botocore.session import get_session

from driftloop.contract.events import decode_payload
from driftloop.contract.payloads import ChallengerDescription
from driftloop.contract.pipeline_reports import (
    CuratedRows,
    CurationReport,
    EvaluationReport,
    EvaluationSummary,
    RowSetScores,
    ScoreComparison,
    ScoreInterval,
    encode_report,
)
from driftloop.errors import InputError
from lambdas.describe_challenger.handler import handle

RUN = "runs/late/abc123"
ARCHIVE = f"{RUN}/model/pipelines-abc123-Train-x/output/model.tar.gz"
EVENT = {
    "evaluation": f"s3://artifacts/{RUN}/evaluate/evaluation",
    "curation": f"s3://artifacts/{RUN}/curate/curation",
    "model_data_url": f"s3://artifacts/{ARCHIVE}",
}
SUMMARY = {
    "decision_summary": "register: ROC AUC is higher",
    "ranking_score": "ROC AUC 0.8100 against 0.7900",
    "proper_score": "log-loss 0.4000 against 0.4500",
    "golden_set": "none",
    "evaluated_rows": "400 holdout rows and 0 golden set rows - compared with version 3",
}


def put(key, body):
    return boto3.client("s3").put_object(Bucket="artifacts", Key=key, Body=body)


@pytest.fixture
def execution(aws):
    """The files of an execution; ``write`` replaces them."""
    interval = ScoreInterval(0.8, 0.7, 0.9, 0.05)
    comparison = ScoreComparison("ROC AUC", interval, interval, interval)

    def write(*, decision="register", archive=b"the archive"):
        report = EvaluationReport(
            decision=decision,
            reasons=("r",),
            summary=EvaluationSummary(**SUMMARY),
            champion_version="3",
            challenger_sha256=hashlib.sha256(archive).hexdigest(),
            holdout=RowSetScores(400, comparison, comparison),
            golden_set=None,
        )
        curation = CurationReport(
            "2026-03-01T00:00:00Z/2026-03-09T00:00:00Z",
            CuratedRows(9, 9, 0),
            {"no_label": 5},
            omitted_data="Of 23 records these are not used no_label 5",
        )
        put(f"{RUN}/evaluate/evaluation/evaluation.json", encode_report(report))
        put(f"{RUN}/curate/curation/curation.json", encode_report(curation))
        return put(ARCHIVE, archive)["ETag"].strip('"')

    return write


def test_the_outputs_are_the_sentences_the_decision_and_the_archives_etag(aws, execution):
    etag = execution()
    assert handle(EVENT, None, aws) == {
        "decision": "register",
        **SUMMARY,
        "training_data_range": "2026-03-01T00:00:00Z/2026-03-09T00:00:00Z",
        "omitted_data": "Of 23 records these are not used no_label 5",
        "model_data_etag": etag,
        "model_data_sha256": hashlib.sha256(b"the archive").hexdigest(),
    }


def test_a_rejected_challenger_is_described_too(aws, execution):
    execution(decision="reject")
    assert handle(EVENT, None, aws)["decision"] == "reject"


def test_the_outputs_are_what_a_lambda_step_can_return_and_the_registry_can_store(aws, execution):
    execution()
    outputs = handle(EVENT, None, aws)
    model = get_session().get_service_model("sagemaker")
    longest = model.shape_for("CustomerMetadataValue").metadata["max"]
    assert decode_payload(ChallengerDescription, outputs)
    assert all(isinstance(value, str) and 1 <= len(value) <= longest for value in outputs.values())


def test_a_repeated_invocation_has_the_same_result_and_writes_nothing(aws, execution):
    execution()
    before = boto3.client("s3").list_objects_v2(Bucket="artifacts")["Contents"]
    assert handle(EVENT, None, aws) == handle(EVENT, None, aws)
    assert boto3.client("s3").list_objects_v2(Bucket="artifacts")["Contents"] == before


def test_an_archive_that_was_replaced_after_the_evaluation_is_refused_in_a_sentence(aws, execution):
    execution()
    put(ARCHIVE, b"another archive")
    with pytest.raises(InputError, match=r"is not the archive that was evaluated: its SHA-256 is"):
        handle(EVENT, None, aws)


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
        handle(EVENT, None, aws)


@pytest.mark.parametrize("uri", [EVENT["model_data_url"], f"{EVENT['curation']}/curation.json"])
def test_a_file_that_was_deleted_during_the_execution_is_named(aws, execution, uri):
    execution()
    boto3.client("s3").delete_object(Bucket="artifacts", Key=uri.removeprefix("s3://artifacts/"))
    with pytest.raises(InputError, match=rf"{re.escape(uri)} can't be read \(NoSuchKey\)"):
        handle(EVENT, None, aws)


def test_a_sentence_that_the_registry_would_refuse_fails_here_with_its_name(aws, execution):
    execution()
    key = f"{RUN}/evaluate/evaluation/evaluation.json"
    content = json.loads(boto3.client("s3").get_object(Bucket="artifacts", Key=key)["Body"].read())
    content["summary"]["golden_set"] = "95% (of rows)"
    put(key, json.dumps(content).encode())
    with pytest.raises(InputError, match="golden_set"):
        handle(EVENT, None, aws)
