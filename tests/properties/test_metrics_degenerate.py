import json
import math
from datetime import UTC, datetime
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from driftloop.capture import NumericColumn, RecordBatch
from driftloop.detection import DriftPolicy
from driftloop.metrics.ks import ks, ks_max_error
from driftloop.profile import Baseline, Profile, fit_baseline, profile_batch
from driftloop.profile.column_pair import pair_columns
from driftloop.profile.numeric.counts import count_numeric
from driftloop.profile.numeric.fit import fit_numeric
from driftloop.report import WindowReport, build_report
from driftloop.report.window_report import NumericColumnReport
from driftloop.schema import Feature, Kind, ProblemType, Schema
from driftloop.window import Window
from tests.narrowing import narrow, not_none

SCHEMA = Schema(
    (Feature("x", Kind.NUMERIC), Feature("c", Kind.CATEGORICAL)), "y", ProblemType.REGRESSION
)
WINDOW = Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 1, tzinfo=UTC))
POLICY = DriftPolicy(min_records=1)

extreme_numbers = st.sampled_from(
    [0.0, -0.0, 5e-324, 1e-310, 1e308, -1e308, 1e9, 1e6, 999999.5, 1 / 3]
)
numbers = st.one_of(extreme_numbers, st.floats(), st.integers(-(2**52), 2**52).map(float))
columns = st.lists(st.tuples(numbers, st.sampled_from([None, "a", "b", "1", "é"])), max_size=30)
whole = st.lists(st.integers(-50, 50).map(float), min_size=1, max_size=60)


def batch(rows):
    data: dict[str, Any] = {
        "x": np.array([row[0] for row in rows], dtype=float),
        "c": [row[1] for row in rows],
    }
    return RecordBatch.from_columns(SCHEMA, data, data["x"])


@pytest.mark.filterwarnings("error")
@settings(max_examples=200, deadline=None)
@given(columns.filter(len), columns, st.sampled_from([1, 4, 4096]))
def test_any_two_columns_give_a_report_of_finite_numbers(reference, current, split_points):
    baseline = fit_baseline(batch(reference), max_split_points=split_points)
    profile = profile_batch(baseline, batch(current))
    found = build_report(
        Baseline.from_bytes(baseline.to_bytes()),
        Profile.from_bytes(profile.to_bytes()),
        window=WINDOW,
        policy=POLICY,
        model="m",
    )
    json.dumps(msgspec.to_builtins(found), allow_nan=False)
    assert WindowReport.from_json(found.to_json()) == found
    for feature in (*found.features.values(), *([found.prediction] if found.prediction else [])):
        assert feature.p_value is None or 0 <= feature.p_value <= 1
    histogram = narrow(NumericColumnReport, found["x"]).histogram
    assert histogram is None or math.isclose(sum(histogram.reference), 1)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # scipy's p-value, which is not looked at
@settings(max_examples=200, deadline=None)
@given(whole, whole, st.integers(1, 80))
def test_ks_and_its_error_enclose_scipys_with_any_number_of_split_points(
    reference, current, split_points
):
    binning = fit_numeric(np.array(reference), max_split_points=split_points)
    counts = [
        count_numeric(binning, NumericColumn(np.array(values))) for values in (reference, current)
    ]
    pair = not_none(pair_columns(binning, *counts).cdfs)
    exact = stats.ks_2samp(reference, current, method="asymp").statistic
    distance = not_none(ks(pair))
    assert distance - 1e-12 <= exact <= distance + ks_max_error(pair) + 1e-12
    assert ks_max_error(pair) <= 1 / split_points
