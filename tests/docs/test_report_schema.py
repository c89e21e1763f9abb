"""Reports as they are really made are what docs/report.schema.json describes."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from driftloop.capture import LineCounts, RecordBatch
from driftloop.detection import DriftPolicy
from driftloop.errors import FormatError
from driftloop.profile import Profile, fit_baseline, profile_batch
from driftloop.report import WindowReport, build_report
from driftloop.report.window_report import DayWindows
from driftloop.schema import Feature, Kind, ProblemType, Schema
from driftloop.window import DAY, HOUR, Window

ROOT = Path(__file__).parents[2]
SCHEMA = Schema(
    (
        Feature("temp", Kind.NUMERIC),
        Feature("price", Kind.NUMERIC),
        Feature("city", Kind.CATEGORICAL),
    ),
    "late",
    ProblemType.BINARY_CLASSIFICATION,
)
START = datetime(2026, 1, 1, 8, tzinfo=UTC)


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    schema = json.loads((ROOT / "docs/report.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def records(rows: int, seed: int, shift: float = 0.0) -> RecordBatch:
    random = np.random.default_rng(seed)
    columns: dict[str, Any] = {
        "temp": random.normal(41 + shift, 10, rows),
        "price": random.lognormal(3, 0.7, rows),
        "city": random.choice(["NY", "LA", "SF"] if not shift else ["NY", "new"], rows).tolist(),
    }
    return RecordBatch.from_columns(SCHEMA, columns, random.random(rows))


BASELINE = fit_baseline(records(5000, 0))


def report(profile: Profile, window: Window | None) -> WindowReport:
    return build_report(BASELINE, profile, window=window, policy=DriftPolicy(), model="m")


def reports() -> Iterator[Any]:
    hour = Window(START, START + HOUR)
    lines = LineCounts(read=1500, used=500, records=1000, rejected={"not_json": 1000})
    stable = profile_batch(BASELINE, records(1000, 3))
    drifted = profile_batch(BASELINE, records(1000, 2, shift=9.0))
    invalid = profile_batch(BASELINE, records(1000, 1), lines)
    yield pytest.param(report(stable, hour), "stable", id="stable")
    yield pytest.param(report(drifted, hour), "drifted", id="drifted")
    yield pytest.param(report(invalid, hour), "invalid_data", id="invalid")
    yield pytest.param(report(Profile.empty(BASELINE), None), "insufficient_data", id="empty")
    day = report(drifted, Window(START, START + DAY)).with_windows(
        DayWindows(included=("20260101T08",), missing=("20260101T09",), unreadable=())
    )
    deployed = day.with_revision(1).with_late_records({"20260101T08": 7}).with_notes(["One."])
    yield pytest.param(deployed, "drifted", id="day")


@pytest.mark.parametrize(("made", "verdict"), list(reports()))
def test_a_report_fits_its_schema_and_reads_back_as_itself(
    made: WindowReport, verdict: str, validator: Draft202012Validator
) -> None:
    assert made.verdict == verdict
    document = made.to_json(indent=2)
    assert [error.message for error in validator.iter_errors(json.loads(document))] == []
    assert WindowReport.from_json(document) == made
    assert WindowReport.from_json(made.to_json()).to_json(indent=2) == document


def test_the_schema_rejects_a_report_with_a_field_missing_or_of_another_type(
    validator: Draft202012Validator,
) -> None:
    made = json.loads(report(Profile.empty(BASELINE), None).to_json())
    assert validator.is_valid(made)
    assert not validator.is_valid(made | {"verdict": "unknown"})
    assert not validator.is_valid(made | {"format_version": 1})
    del made["counts"]["records"]
    assert not validator.is_valid(made)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no report of driftloop"),
        (b"\xff", "no report of driftloop"),
        (b"[]", "no report of driftloop"),
        (b'{"verdict": "stable"}', "no report of driftloop"),
        (b'{"format_version": 1}', "has format_version 1, and this driftloop reads 2"),
        (b'{"format_version": 2}', "this report is damaged"),
    ],
)
def test_the_error_of_data_that_is_no_report_has_the_action_to_take(
    data: bytes, message: str
) -> None:
    with pytest.raises(FormatError, match=message) as raised:
        WindowReport.from_json(data)
    assert "analyze" in str(raised.value)


def test_an_unknown_feature_is_an_error_that_names_similar_ones() -> None:
    made = report(Profile.empty(BASELINE), None)
    assert made["temp"] is made.features["temp"]
    with pytest.raises(KeyError, match="no feature 'tmp'; did you mean temp"):
        made["tmp"]
