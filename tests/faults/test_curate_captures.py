"""Curate believes captured files only as far as the ledger and the files agree."""

import json
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from moto import mock_aws

from driftloop.config import validate_config
from driftloop.window import Window
from pipelines.step_settings import settings_json
from pipelines.steps.labeled_records import LabeledRecords, read_labeled_records
from pipelines.steps.step_environment import read_settings

PERIOD = Window(datetime(2026, 3, 10, tzinfo=UTC), datetime(2026, 3, 11, tzinfo=UTC))
V1 = "late/v1/driftloop-test-late/AllTraffic"


def captured(event_id: str, data: str, time: str = "2026-03-10T10:00:00Z") -> dict[str, Any]:
    """A line of data capture.

    Source: SageMaker Developer Guide, "Capture data from real-time endpoint".
    """
    common = {"observedContentType": "text/csv", "encoding": "CSV"}
    return {
        "captureData": {
            "endpointInput": {**common, "mode": "INPUT", "data": data},
            "endpointOutput": {**common, "mode": "OUTPUT", "data": "0.5"},
        },
        "eventMetadata": {"eventId": event_id, "inferenceTime": time},
        "eventVersion": "0",
    }


def label(event_id: str, value: str) -> dict[str, Any]:
    """A line of a label file.

    Source: SageMaker Developer Guide, "Ingest ground truth labels and merge them with predictions".
    """
    return {
        "groundTruthData": {"data": value, "encoding": "CSV"},
        "eventMetadata": {"eventId": event_id},
        "eventVersion": "0",
    }


class Captures:
    """The capture bucket and the labels of one model, and what Curate reads of them."""

    def __init__(self, s3: Any, folder: Any) -> None:
        self.s3, self.folder = s3, folder

    def capture(self, key: str, data: str, events: str = "a") -> None:
        """Five requests with the same payload; ``events`` begins their event ids."""
        self._put("capture", key, [captured(f"{events}{i}", data) for i in range(5)])

    def label(self, events: str = "a") -> None:
        lines = [label(f"{letter}{i}", "1") for letter in events for i in range(5)]
        self._put("truth", "late/2026/03/10/13/l.jsonl", lines)

    def read(self, *features: str) -> LabeledRecords:
        """What a model with these features, all numeric, is trained on."""
        model = {
            "problem_type": "binary_classification",
            "features": dict.fromkeys(features, "numeric"),
            "target": "late",
            "family": "sklearn",
            "training_data": "flights.csv",
            "retraining": {"label_delay_hours": 1},
        }
        config = validate_config({"models": {"late": model}})
        path = self.folder / "settings.json"
        path.write_text(settings_json("late", config.models["late"]))
        return read_labeled_records(
            self.s3,
            read_settings(path),
            capture_bucket="capture",
            ground_truth_bucket="truth",
            period=PERIOD,
            excluded=[],
        )

    def _put(self, bucket: str, key: str, lines: list[dict[str, Any]]) -> None:
        self.s3.put_object(Bucket=bucket, Key=key, Body="\n".join(map(json.dumps, lines)).encode())


@pytest.fixture
def captures(tmp_path):
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        for bucket in ("capture", "truth"):
            s3.create_bucket(Bucket=bucket)
        yield Captures(s3, tmp_path)


def test_requests_captured_with_different_content_are_dropped_altogether(captures):
    captures.capture(f"{V1}/2026/03/10/10/00-00-000-real.jsonl", "30,50000")
    captures.capture(f"{V1}/2026/03/10/10/00-00-000-evil.jsonl", "999,1")
    captures.capture(f"{V1}/2026/03/10/10/01-00-000-b.jsonl", "31,50001", "b")
    captures.label("ab")
    found = captures.read("age", "income")
    assert found.table["age"].tolist() == [31] * 5
    assert found.dropped == {"captured_with_different_content": 10}


def test_an_object_that_was_captured_twice_counts_once(captures):
    for name in ("a", "copy"):
        captures.capture(f"{V1}/2026/03/10/10/00-00-000-{name}.jsonl", "30,")
    captures.label()
    found = captures.read("age", "income")
    assert found.table["age"].tolist() == [30] * 5
    assert found.dropped == {"captured_twice": 5}
