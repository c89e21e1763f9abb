"""The files of a pipeline execution that trained and evaluated a challenger."""

import hashlib

import boto3

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

RUN = "runs/late/abc123"
ARCHIVE = f"{RUN}/model/pipelines-abc123-Train-x/output/model.tar.gz"
FILES = {
    "evaluation": f"s3://artifacts/{RUN}/evaluate/evaluation",
    "curation": f"s3://artifacts/{RUN}/curate/curation",
    "model_data_url": f"s3://artifacts/{ARCHIVE}",
}
"""Input of describe_challenger."""
SUMMARY = {
    "decision_summary": "register: ROC AUC is higher",
    "ranking_score": "ROC AUC 0.8100 against 0.7900",
    "proper_score": "log-loss 0.4000 against 0.4500",
    "golden_set": "none",
    "evaluated_rows": "400 holdout rows and 0 golden set rows - compared with version 3",
}


def put(key, body):
    return boto3.client("s3").put_object(Bucket="artifacts", Key=key, Body=body)


def write_challenger(*, decision="register", archive=b"the archive"):
    """Write the reports and the archive; return the archive's ETag."""
    interval = ScoreInterval(0.8, 0.7, 0.9, 0.05)
    comparison = ScoreComparison("ROC AUC", interval, interval, interval)
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
