"""Known categories that are spelled otherwise; Unicode forms by the standard's own examples."""

import numpy as np
import pytest

from driftloop.capture import LineCounts, RecordBatch
from driftloop.detection import DriftPolicy
from driftloop.profile import fit_baseline, profile_batch
from driftloop.profile.categorical import CategoricalBinning, CategoricalCounts
from driftloop.quality.spelling import find_spellings
from driftloop.report.build import build_report
from driftloop.report.window_report import WindowReport
from driftloop.schema import Feature, Kind, ProblemType, Schema

SCHEMA = Schema((Feature("city", Kind.CATEGORICAL),), "y", ProblemType.REGRESSION)
CITIES = ["EWR", "Zürich", "São Paulo", "b"]


def report(current, reference=CITIES) -> WindowReport:
    baseline = fit_baseline(RecordBatch.from_columns(SCHEMA, {"city": [*reference] * 500}))
    batch = RecordBatch.from_columns(SCHEMA, {"city": current})
    profile = profile_batch(baseline, batch, LineCounts())
    return build_report(baseline, profile, window=None, policy=DriftPolicy(), model="m")


def spelling(current, reference=CITIES):
    baseline = fit_baseline(RecordBatch.from_columns(SCHEMA, {"city": [*reference]}))
    batch = RecordBatch.from_columns(SCHEMA, {"city": [current]})
    counts = profile_batch(baseline, batch, LineCounts()).counts.features["city"]
    binning = baseline.binnings.features["city"]
    reference_counts = baseline.reference.features["city"]
    assert isinstance(binning, CategoricalBinning)
    assert isinstance(reference_counts, CategoricalCounts)
    assert isinstance(counts, CategoricalCounts)
    return find_spellings(binning, reference_counts, counts)


@pytest.mark.parametrize(
    ("current", "known", "differences"),
    [
        ("ewr", "EWR", ("case",)),
        (" EWR", "EWR", ("blanks",)),
        ("EWR\u00a0", "EWR", ("blanks",)),
        ("São  Paulo", "São Paulo", ("blanks",)),
        ("Zu\u0308rich", "Zürich", ("Unicode form",)),  # Unicode Standard Annex 15, table 1
        ("ＥＷＲ", "EWR", ("Unicode form",)),  # full width, compatible by Annex 15
        ("ZU\u0308RICH ", "Zürich", ("Unicode form", "blanks", "case")),
    ],
)
def test_what_differs_is_named(current, known, differences):
    (found,) = spelling(current)
    assert (found.category, found.known, found.differences) == (current, known, differences)


@pytest.mark.parametrize("current", ["EWR", "EWRX", "Zurich", "B1", "007"])
def test_other_words_are_no_spellings(current):
    assert spelling(current) == ()


def test_spellings_that_the_training_data_has_are_known():
    assert spelling("ewr", ["EWR", "ewr"]) == ()


def test_leading_zeros_are_another_category():
    assert spelling("501", ["00501"]) == ()


@pytest.mark.parametrize("change", [lambda city: f"{city} ", str.lower, lambda city: f" {city}"])
def test_a_column_that_is_spelled_otherwise_is_invalid_data(change):
    found = report([change(city) for city in CITIES[:3]] * 100)
    assert found.verdict == "invalid_data"
    assert "spelled otherwise" in found.reasons[0]
    (violation,) = found.data_quality.violations
    assert (violation.column, violation.constraint) == ("city", "spelling")
    assert "'EWR' is now" in violation.message
    assert violation.observed == 1


def test_a_part_that_is_spelled_otherwise_is_drift_in_words():
    found = report([*CITIES] * 230 + ["ewr"] * 80)
    assert found.verdict == "drifted"
    assert "city: 'EWR' is now 'ewr' (case), in 8% of the values" in found.reasons
    assert [v.constraint for v in found.data_quality.violations] == ["spelling"]


def test_numbers_and_booleans_are_the_same_in_any_notation():
    found = report(["1.0 ", " TRUE", "2"] * 200, ["1", "true", "2"])
    assert (found.verdict, found.data_quality.violations) == ("stable", ())


def test_more_new_categories_than_spellings_are_both_named():
    found = report([*CITIES, "ewr", *map(str, range(100, 110))] * 50)
    assert {v.constraint for v in found.data_quality.violations} == {
        "spelling",
        "categorical_values",
    }
    unseen = next(v for v in found.data_quality.violations if v.constraint == "categorical_values")
    assert unseen.observed == pytest.approx(10 / 15)
    assert np.isfinite(unseen.expected)
