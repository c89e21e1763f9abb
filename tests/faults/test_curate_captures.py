"""Curate believes captured files only as far as the ledger and the files agree."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from moto import mock_aws

from driftloop.capture import RecordBatch
from driftloop.config import validate_config
from driftloop.contract.training_sources import SourceSpan, SourceVersion, TrainingSources
from driftloop.profile import fit_baseline
from driftloop.schema import Feature, Kind, ProblemType, Schema
from driftloop.window import Window, parse_time
from pipelines.step_settings import settings_json
from pipelines.steps import capture_sources
from pipelines.steps.labeled_records import LabeledRecords, read_labeled_records
from pipelines.steps.step_environment import read_settings

PERIOD = Window(datetime(2026, 3, 10, tzinfo=UTC), datetime(2026, 3, 11, tzinfo=UTC))
V1, V2 = (f"late/v{number}/driftloop-test-late/AllTraffic" for number in (1, 2))
ALL_DAY = (SourceSpan(PERIOD.start, PERIOD.end),)


def span_time(hour: int, minute: int) -> str:
    return f"2026-03-10T{hour:02d}:{minute:02d}:00Z"


def span(*times: int) -> SourceSpan:
    """From hour and minute to hour and minute of the day of PERIOD."""
    start, end = (span_time(*times[at : at + 2]) for at in (0, 2))
    return SourceSpan(parse_time(start), parse_time(end))


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

    def capture(
        self, key: str, data: str, events: str = "a", time: str = "2026-03-10T10:00:00Z"
    ) -> None:
        """Five requests with the same payload; ``events`` begins their event ids."""
        self._put("capture", key, [captured(f"{events}{i}", data, time) for i in range(5)])

    def version(
        self, number: int, *features: str, spans: tuple[SourceSpan, ...] = ALL_DAY
    ) -> SourceVersion:
        """A version with a baseline of these features, all numeric."""
        schema = Schema(
            tuple(Feature(name, Kind.NUMERIC) for name in features),
            "late",
            ProblemType.BINARY_CLASSIFICATION,
        )
        cells = {name: [1, 2, 3] for name in features}
        baseline = fit_baseline(RecordBatch.from_columns(schema, cells))
        self.s3.put_object(
            Bucket="artifacts", Key=f"runs/late/v{number}/model.baseline", Body=baseline.to_bytes()
        )
        uri = f"s3://artifacts/runs/late/v{number}/model.baseline"
        return SourceVersion(number, uri, spans)

    def label(self, events: str = "a") -> None:
        lines = [label(f"{letter}{i}", "1") for letter in events for i in range(5)]
        self._put("truth", "late/2026/03/10/13/l.jsonl", lines)

    def read(
        self, *features: str, versions: Sequence[SourceVersion] | None = None
    ) -> LabeledRecords:
        """What a model with these features, all numeric, is trained on.

        Without ``versions``, version 1 with these features served all day.
        """
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
            sources=TrainingSources(
                model="late",
                decision_id="d",
                endpoint="driftloop-test-late",
                range=SourceSpan(PERIOD.start, PERIOD.end),
                versions=tuple(versions or [self.version(1, *features)]),
            ),
            capture_bucket="capture",
            ground_truth_bucket="truth",
            excluded=[],
        )

    def _put(self, bucket: str, key: str, lines: list[dict[str, Any]]) -> None:
        self.s3.put_object(Bucket=bucket, Key=key, Body="\n".join(map(json.dumps, lines)).encode())


@pytest.fixture
def captures(tmp_path):
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        for bucket in ("capture", "truth", "artifacts"):
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


def test_captures_below_a_version_that_did_not_serve_are_counted_and_not_read(captures):
    captures.capture(f"{V1}/2026/03/10/10/00-00-000-a.jsonl", "30,50000")
    captures.capture("late/v0/anything/AllTraffic/2026/03/10/10/00-00-000-a.jsonl", "999,1", "b")
    captures.capture("late/v1/other/AllTraffic/2026/03/10/10/00-00-000-a.jsonl", "999,1", "c")
    captures.capture(V1.replace("AllTraffic", "Shadow") + "/2026/03/10/10/a.jsonl", "999,1", "d")
    captures.label("abcd")
    found = captures.read("age", "income")
    assert found.table["age"].tolist() == [30] * 5
    assert found.listing.ignored == {
        "late/v0/anything/AllTraffic/": 1,
        "late/v1/driftloop-test-late/Shadow/": 1,
        "late/v1/other/AllTraffic/": 1,
    }


def test_objects_of_hours_in_which_a_version_did_not_serve_are_counted_and_not_read(captures):
    for hour in (9, 10, 14):
        name = f"{V1}/2026/03/10/{hour:02d}/00-00-000-a.jsonl"
        captures.capture(name, f"{hour},1", f"{'abcdefghijklmno'[hour]}", span_time(hour, 30))
    captures.label("jko")
    spans = (span(9, 20, 10, 40), span(12, 0, 13, 0))
    found = captures.read(
        "age", "income", versions=[captures.version(1, "age", "income", spans=spans)]
    )
    assert sorted(set(found.table["age"])) == [9, 10]
    assert found.listing.ignored == {f"{V1}/": 1}


def test_records_of_times_in_which_a_version_did_not_serve_are_dropped(captures):
    name = f"{V1}/2026/03/10/10/00-00-000"
    captures.capture(f"{name}-a.jsonl", "30,1", "a", span_time(10, 5))
    captures.capture(f"{name}-b.jsonl", "31,1", "b", span_time(10, 50))
    captures.label("ab")
    versions = [captures.version(1, "age", "income", spans=(span(10, 0, 10, 30),))]
    found = captures.read("age", "income", versions=versions)
    assert found.table["age"].tolist() == [30] * 5
    assert found.dropped == {"version_not_serving": 5}


def test_many_foreign_prefixes_do_not_fill_the_account(captures):
    captures.capture(f"{V1}/2026/03/10/10/00-00-000-a.jsonl", "30,50000")
    for number in range(40):
        captures.capture(f"late/x{number}/e/v/2026/03/10/10/a.jsonl", "999,1")
    captures.label()
    found = captures.read("age", "income")
    assert len(found.table) == 5
    assert len(found.listing.ignored) == 32


def test_the_number_of_foreign_prefixes_does_not_decide_how_long_curate_takes(
    captures, monkeypatch
):
    captures.capture(f"{V1}/2026/03/10/10/00-00-000-a.jsonl", "30,50000")
    for number in range(6**3):
        first, second, third = number // 36, number // 6 % 6, number % 6
        captures.capture(f"late/x{first}/e{second}/v{third}/2020/01/01/00/a.jsonl", "999,1")
    captures.label()
    monkeypatch.setattr(capture_sources, "MAX_LISTINGS", 50)
    requests = []
    captures.s3.meta.events.register("before-call.s3.ListObjectsV2", lambda **_: requests.append(1))
    found = captures.read("age", "income")
    assert len(found.table) == 5
    assert len(requests) < 50 + 10


def rows(found: LabeledRecords, *names: str) -> list[tuple[float, ...]]:
    """The distinct rows, sorted; -1 for a missing value."""
    table = found.table[list(names)].fillna(-1).drop_duplicates()
    return sorted(map(tuple, table.to_numpy().tolist()))


def test_reordered_features_are_read_in_the_order_of_each_version(captures):
    captures.capture(f"{V1}/2026/03/10/10/00-00-000-a.jsonl", "30,50000", "a")
    captures.capture(f"{V2}/2026/03/10/12/00-00-000-b.jsonl", "60000,40", "b")
    captures.label("ab")
    versions = [captures.version(1, "age", "income"), captures.version(2, "income", "age")]
    found = captures.read("income", "age", versions=versions)
    assert rows(found, "age", "income") == [(30, 50000), (40, 60000)]
    assert [each.is_reordered for each in found.captured.versions] == [True, False]


def test_an_added_feature_has_no_values_in_the_records_of_earlier_versions(captures):
    captures.capture(f"{V1}/2026/03/10/10/00-00-000-a.jsonl", "30,50000", "a")
    captures.capture(f"{V2}/2026/03/10/12/00-00-000-b.jsonl", "40,7,60000", "b")
    captures.label("ab")
    versions = [captures.version(1, "age", "income"), captures.version(2, "age", "new", "income")]
    found = captures.read("age", "new", "income", versions=versions)
    assert rows(found, "age", "new", "income") == [(30, -1, 50000), (40, 7, 60000)]
    assert found.dropped == {}
    assert [each.added_features for each in found.captured.versions] == [("new",), ()]
    assert not any(each.is_reordered for each in found.captured.versions)


def test_a_removed_feature_is_read_and_not_used(captures):
    captures.capture(f"{V1}/2026/03/10/10/00-00-000-a.jsonl", "30,9,50000", "a")
    captures.capture(f"{V2}/2026/03/10/12/00-00-000-b.jsonl", "40,60000", "b")
    captures.label("ab")
    versions = [captures.version(1, "age", "old", "income"), captures.version(2, "age", "income")]
    found = captures.read("age", "income", versions=versions)
    assert rows(found, "age", "income") == [(30, 50000), (40, 60000)]
    assert [each.removed_features for each in found.captured.versions] == [("old",), ()]


def test_named_columns_are_read_by_name_whatever_the_order(captures):
    header = "income,age\n50000,30"
    captures.capture(f"{V1}/2026/03/10/10/00-00-000-a.jsonl", header, "a")
    captures.label("a")
    found = captures.read("age", "income", versions=[captures.version(1, "age", "income")])
    assert rows(found, "age", "income") == [(30, 50000)]


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("s3://artifacts/runs/late/gone", "it does not exist"),
        ("s3://absent/runs/late/v1", "NoSuchBucket"),
        ("s3://artifacts/garbage", "baseline"),
        ("https://example.com/baseline", "is not an S3 URI"),
        ("s3://no bucket!/key", "Invalid bucket name"),
    ],
)
def test_lines_of_a_version_without_a_usable_baseline_are_rejected(captures, uri, reason):
    captures.s3.put_object(Bucket="artifacts", Key="garbage", Body=b"garbage")
    captures.capture(f"{V1}/2026/03/10/10/00-00-000-a.jsonl", "30,50000", "a")
    captures.capture(f"{V2}/2026/03/10/12/00-00-000-b.jsonl", "40,60000", "b")
    captures.label("ab")
    versions = [SourceVersion(1, uri, ALL_DAY), captures.version(2, "age", "income")]
    found = captures.read("age", "income", versions=versions)
    assert rows(found, "age", "income") == [(40, 60000)]
    assert reason in found.captured.versions[0].unusable_baseline
    assert found.captured.line_counts.rejected == {"unusable_baseline": 5}
    assert found.captured.line_counts.read == 10


def test_a_passing_error_of_a_baseline_is_raised(captures, monkeypatch):
    from botocore.exceptions import ClientError

    version = captures.version(1, "age")
    answer: Any = {
        "Error": {"Code": "SlowDown", "Message": "reduce"},
        "ResponseMetadata": {"HTTPStatusCode": 503},
    }

    def refuse(**_: str) -> None:
        raise ClientError(answer, "GetObject")

    monkeypatch.setattr(captures.s3, "get_object", refuse)
    with pytest.raises(ClientError, match="SlowDown"):
        captures.read("age", versions=[version])
