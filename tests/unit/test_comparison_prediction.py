"""Predictions that are missing: drift where there are more of them than in the training data."""

import numpy as np
import pytest

from driftloop.capture import NumericColumn, RecordBatch
from driftloop.comparison import compare_profile, pair_with_reference
from driftloop.detection import DriftPolicy, detect_drift
from driftloop.profile import fit_baseline, profile_batch
from driftloop.quality import QualityLimits, check_constraints
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
