"""Few values of a numeric column: beyond the reference, all the same, or beside the atoms."""

import numpy as np
import pytest

from driftloop.capture import LineCounts, RecordBatch
from driftloop.comparison import compare_profile, pair_with_reference
from driftloop.detection import DriftPolicy, detect_drift
from driftloop.detection.verdict import ColumnVerdict
from driftloop.profile import fit_baseline, profile_batch
from driftloop.quality import QualityLimits, check_constraints, find_rounding
from driftloop.schema import Feature, Kind, ProblemType, Schema

SCHEMA = Schema((Feature("x", Kind.NUMERIC),), "y", ProblemType.REGRESSION)
RANDOM = np.random.default_rng(5)


def verdict(reference, current) -> ColumnVerdict:
    baseline = fit_baseline(RecordBatch.from_columns(SCHEMA, {"x": reference}))
    window = RecordBatch.from_columns(SCHEMA, {"x": current})
    profile = profile_batch(baseline, window, LineCounts())
    rounding = find_rounding(baseline, profile)
    grids = {name: finding.rounding_grid for name, finding in rounding.items()}
    quality = check_constraints(baseline, profile, QualityLimits())
    comparison = compare_profile(pair_with_reference(baseline, profile), None, grids)
    return detect_drift(comparison, quality, DriftPolicy()).features["x"]


def normal(rows):
    return RANDOM.normal(50, 10, rows)


def amounts(rows, factor=1.0):
    return np.where(RANDOM.random(rows) < 0.95, 0.0, factor * RANDOM.lognormal(4, 1, rows))


def with_some(values, share, by):
    values = values.copy()
    values[: round(len(values) * share)] = by
    return values


@pytest.mark.parametrize(
    ("current", "reason"),
    [
        (with_some(normal(8000), 0.05, -999), "of the values are -999, new in the data"),
        (with_some(normal(1000), 0.02, -999), "x: about 2% of the values are -999, new in the"),
        (with_some(normal(1000), 0.1, 47.5), "of the values are 47.5"),
        (with_some(normal(4000), 0.05, 0.0), "of the values are 0, new in the data"),
        (np.full(1000, 47.5), "x: all values are 47.5"),
        (np.append(normal(980), 1000 * normal(20)), "2% of the values are above"),
    ],
)
def test_few_changed_values_are_drift_and_are_named(current, reason):
    found = verdict(normal(5000), current)
    assert found.status == "drifted"
    (text,) = found.reasons
    assert reason in text


def test_amounts_that_are_mostly_zero_are_compared_without_the_zeros():
    found = verdict(amounts(20_000), amounts(5000, 2.0))
    assert found.status == "drifted"
    assert any("median of the values other than 0" in text for text in found.reasons)


def test_more_of_the_same_is_no_drift():
    for rows in (300, 5000):
        assert verdict(normal(5000), normal(rows)).status != "drifted"
        assert verdict(amounts(8000), amounts(rows)).status != "drifted"


def test_rounded_values_are_no_spikes():
    found = verdict(normal(5000), np.round(normal(2000)))
    assert found.status == "stable"
    assert not found.reasons


def test_a_shift_of_all_values_has_one_reason():
    found = verdict(normal(5000), normal(2000) + 25)
    assert len(found.reasons) == 1
    assert "like a mean shift" in found.reasons[0]
