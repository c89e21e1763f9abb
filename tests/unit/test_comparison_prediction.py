"""Predictions that are missing: drift where there are more of them than in the training data."""

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from driftloop.capture import LineCounts, NumericColumn, RecordBatch
from driftloop.comparison import compare_profile, pair_with_reference
from driftloop.detection import DriftPolicy, detect_drift
from driftloop.profile import fit_baseline, profile_batch
from driftloop.quality import QualityLimits, check_constraints
from driftloop.report import WindowReport, build_report
from driftloop.schema import Feature, Kind, ProblemType, Schema
from tests.narrowing import not_none

SCHEMA = Schema((Feature("x", Kind.NUMERIC),), "y", ProblemType.REGRESSION)
RANDOM = np.random.default_rng(2)


def batch(rows: int, missing: float | None) -> RecordBatch:
    """``missing`` is the share of rows without a prediction; None without any prediction."""
    predictions = None
    if missing is not None:
        values = np.where(RANDOM.random(rows) < missing, np.nan, RANDOM.normal(size=rows))
        predictions = NumericColumn(values)
    return RecordBatch(
        SCHEMA,
        {"x": NumericColumn(RANDOM.normal(size=rows))},
        predictions,
        ["event"] * rows,
        [None] * rows,
        np.arange(rows, dtype=np.int32),
        np.full(rows, np.nan),
    )


def status(training: list[RecordBatch], window: RecordBatch) -> str:
    baseline = fit_baseline(training)
    profile = profile_batch(baseline, window)
    quality = check_constraints(baseline, profile, QualityLimits(max_completeness_drop=1))
    comparison = compare_profile(pair_with_reference(baseline, profile))
    return not_none(detect_drift(comparison, quality, DriftPolicy()).prediction).status


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [(0.05, 0.05, "stable"), (0.0, 0.05, "drifted"), (0.05, 0.2, "drifted"), (0.7, 0.0, "stable")],
)
def test_only_more_missing_predictions_than_in_the_reference_are_drift(before, now, expected):
    assert status([batch(5000, before)], batch(1000, now)) == expected


def test_records_without_an_invocation_have_no_missing_predictions():
    training = [batch(4000, None), batch(1000, 0.0)]
    assert status(training, batch(1000, 0.0)) == "stable"
    assert status(training, batch(1000, 0.1)) == "drifted"
    prediction = fit_baseline(training).reference.prediction
    assert prediction is not None
    assert prediction.rows == 1000


def captured_window(
    cells: Sequence[object], problem_type: ProblemType, **counts: Any
) -> WindowReport:
    """The report on 300 responses with these predictions, beside a quiet baseline."""
    schema = replace(SCHEMA, problem_type=problem_type)
    classes = ["a", "b", "c"] if schema.prediction.kind is Kind.CATEGORICAL else [0.1, 0.5, 0.9]
    draw = RANDOM.normal(size=(2, 900))
    baseline = fit_baseline(RecordBatch.from_columns(schema, {"x": draw[0]}, classes * 300))
    window = RecordBatch.from_columns(schema, {"x": draw[1][:300]}, ([*cells] * 300)[:300])
    lines = LineCounts(read=300, used=300, records=300, **counts)
    profile = profile_batch(baseline, window, lines)
    return build_report(baseline, profile, window=None, policy=DriftPolicy(), model="m")


REGRESSION, CLASSES = ProblemType.REGRESSION, ProblemType.MULTICLASS_CLASSIFICATION
WITHOUT_NUMBER: list[list[object]] = [
    [None],
    [float("nan")],
    ["nan"],
    ["yes", "no"],
    ["n.a."],
    [None, "yes"],
    [""],
]


@pytest.mark.parametrize("cells", [*WITHOUT_NUMBER, [None, 0.5]], ids=str)
def test_responses_without_a_prediction_are_a_violation_and_drift(cells: list[object]) -> None:
    report = captured_window(cells, REGRESSION)
    assert report.verdict == "drifted"
    assert not_none(report.prediction).drifted
    assert [one.column for one in report.data_quality.violations][:1] == ["prediction"]
    assert not any("predictions" in note for note in report.notes)


def test_responses_without_a_class_are_a_violation_and_drift() -> None:
    report = captured_window([None], CLASSES)
    assert report.verdict == "drifted"
    (violation,) = report.data_quality.violations
    assert "no record has a prediction that can be read: 100% are null" in violation.message


def test_no_prediction_at_all_is_a_larger_violation_than_half_of_them() -> None:
    half, none = (captured_window(cells, REGRESSION) for cells in ([0.5, "x"], ["x"]))
    assert not_none(not_none(none.prediction).effect_size) > not_none(
        not_none(half.prediction).effect_size
    )
    assert "no record has a prediction" in none.data_quality.violations[0].message
    assert "100% are no numbers" in none.data_quality.violations[0].message


def test_predictions_that_were_not_captured_are_a_setting_and_no_drift() -> None:
    report = captured_window([None], REGRESSION, missing_predictions=300)
    assert report.verdict == "stable"
    assert report.prediction is None
    assert any(one.startswith("No predictions were captured") for one in report.notes)


@pytest.mark.parametrize("unreadable", [150, 300])
def test_responses_that_can_not_be_read_are_a_violation_and_missing_predictions(
    unreadable: int,
) -> None:
    cells = [None] if unreadable == 300 else [None, 0.5]
    counts = {"ambiguous_prediction": unreadable}
    report = captured_window(cells, REGRESSION, unreadable_predictions=counts)
    assert report.verdict == "drifted"
    assert not_none(report.prediction).drifted
    messages = [one.message for one in report.data_quality.violations]
    assert f"{unreadable // 3}% of the responses can't be read" in " ".join(messages)
    assert not any("no record has a prediction" in message for message in messages)


@pytest.mark.parametrize("cell", ["n.a.", "-", "unknown", "1,234", "x", None])
@pytest.mark.parametrize("share", [0.05, 0.3])
def test_numbers_that_turn_into_words_are_drift_as_empty_cells_are(
    cell: object, share: float
) -> None:
    values: list[object] = [*RANDOM.normal(size=900)]
    baseline = fit_baseline(RecordBatch.from_columns(SCHEMA, {"x": values}))
    changed = [cell if i < share * 900 else value for i, value in enumerate(values)]
    window = profile_batch(baseline, RecordBatch.from_columns(SCHEMA, {"x": changed}))
    report = build_report(baseline, window, window=None, policy=DriftPolicy(), model="m")
    assert (report.verdict, report.drifted_features) == ("drifted", ("x",))
    word = "missing" if cell is None else "missing or unreadable"
    assert any(reason.startswith(f"x: {word} in 0% → ") for reason in report.reasons)


def test_dates_that_appear_where_training_rows_had_none_are_drift() -> None:
    schema = replace(SCHEMA, features=(Feature("opened", Kind.DATE),))
    baseline = fit_baseline(RecordBatch.from_columns(schema, {"opened": [None] * 500}))
    dates = [f"2026-01-{1 + i % 28:02d}" for i in range(500)]
    window = profile_batch(baseline, RecordBatch.from_columns(schema, {"opened": dates}))
    report = build_report(baseline, window, window=None, policy=DriftPolicy(), model="m")
    assert report.verdict == "drifted"
    assert "opened (weekday)" in report.drifted_features


@pytest.mark.parametrize(
    ("sent", "difference"),
    [
        (unicodedata.normalize("NFD", "größe"), "the Unicode form of its characters"),
        ("Größe", "upper and lower case"),
        ("größe ", "blanks"),
    ],
)
def test_a_column_beside_a_feature_of_the_same_name_is_said_to_be_meant(
    sent: str, difference: str
) -> None:
    name = unicodedata.normalize("NFC", "größe")
    schema = replace(SCHEMA, features=(Feature(name, Kind.NUMERIC),))
    baseline = fit_baseline(RecordBatch.from_columns(schema, {name: range(300)}))
    window = RecordBatch.from_columns(schema, {name: [None] * 300})
    lines = LineCounts(read=300, used=300, records=300, extra_columns={sent: 300})
    profile = profile_batch(baseline, window, lines)
    report = build_report(baseline, profile, window=None, policy=DriftPolicy(), model="m")
    messages = [one.message for one in report.data_quality.violations]
    assert any(f"the feature {name!r} differs in {difference}" in message for message in messages)


def test_a_column_without_any_number_is_counted_by_hour() -> None:
    times = [f"2026-01-{1 + i // 24:02d}T{i % 24:02d}:00:00Z" for i in range(600)]
    batch = RecordBatch.from_columns(SCHEMA, {"x": [None] * 600}, times=times)
    baseline = fit_baseline(batch)
    assert profile_batch(baseline, batch).records == 600
