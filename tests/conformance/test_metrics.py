"""Every metric of METRICS keeps what its row promises. Nothing here knows a metric by name."""

import math

import numpy as np
import pytest

from driftloop.capture import CategoricalColumn, NumericColumn
from driftloop.metrics import METRICS, DriftMetric, compute_metrics
from driftloop.profile.categorical import count_categorical, fit_categorical
from driftloop.profile.column_pair import (
    BinnedCounts,
    CdfPair,
    ColumnPair,
    MissingCounts,
    pair_columns,
)
from driftloop.profile.numeric.counts import count_numeric
from driftloop.profile.numeric.fit import fit_numeric

RANDOM = np.random.default_rng(0)
NORMAL = RANDOM.normal(size=2000)
HUGE = np.append(NORMAL, 1e9)

NUMERIC = {
    "same": (NORMAL, NORMAL),
    "shifted": (NORMAL, NORMAL + 0.5),
    "apart": (NORMAL, NORMAL + 100),
    "one record": (NORMAL, NORMAL[:1]),
    "reference of one record": (NORMAL[:1], NORMAL),
    "constant": (np.full(50, 3.0), np.full(40, 3.0)),
    "constant moved": (np.full(50, 3.0), np.full(40, 4.0)),
    "empty": (NORMAL, np.empty(0)),
    "reference of nothing": (np.empty(0), NORMAL),
    "both empty": (np.empty(0), np.empty(0)),
    "all missing": (NORMAL, np.full(30, np.nan)),
    "reference all missing": (np.full(30, np.nan), NORMAL),
    "infinities": (NORMAL, np.array([np.inf, -np.inf, 0.0])),
    "reference of infinities": (np.array([np.inf, -np.inf, 0.0]), NORMAL),
    "largest": (np.array([1e308, -1e308, 0.0]), np.array([1e308, 1e308])),
    "smallest": (np.array([5e-324, 0.0]), np.array([-5e-324, 1e-300])),
    "outlier in current": (NORMAL, HUGE),
    "outlier in reference": (HUGE, NORMAL),
    "binary": (np.repeat([0.0, 1.0], [90, 10]), np.repeat([0.0, 1.0], [50, 50])),
    "zeros with noise": (np.append(np.zeros(900), NORMAL), np.append(np.zeros(1500), NORMAL)),
}
CODES = {
    "same": ([0, 1, 2] * 40, [0, 1, 2] * 40),
    "moved": ([0, 1, 2] * 40, [0, 0, 1] * 40),
    "new category": ([0, 1] * 40, [0, 1, 2] * 40),
    "disappeared": ([0, 1, 2] * 40, [0, 1] * 40),
    "apart": ([0] * 40, [1] * 40),
    "one record": ([0, 1] * 40, [0]),
    "empty": ([0, 1] * 40, []),
    "reference of nothing": ([], [0, 1]),
    "all missing": ([0, 1] * 40, [-1] * 40),
    "reference all missing": ([-1] * 40, [0, 1] * 40),
}


def numeric_pair(reference, current) -> ColumnPair:
    binning = fit_numeric(reference, max_split_points=512)
    sides = [count_numeric(binning, NumericColumn(side)) for side in (reference, current)]
    return pair_columns(binning, *sides)


def category_pair(reference, current) -> ColumnPair:
    columns = [
        CategoricalColumn(np.array(side, dtype=np.int32), ("a", "b", "c"))
        for side in (reference, current)
    ]
    binning = fit_categorical(columns[:1])
    return pair_columns(binning, *(count_categorical(binning, column) for column in columns))


PAIRS = {
    **{f"numeric, {name}": numeric_pair(*sides) for name, sides in NUMERIC.items()},
    **{f"categories, {name}": category_pair(*sides) for name, sides in CODES.items()},
}
each_metric = pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
each_pair = pytest.mark.parametrize("name", PAIRS)


def swapped(pair: ColumnPair) -> ColumnPair:
    bins, missing_counts, both = pair.bins, pair.missing_counts, pair.cdfs
    return ColumnPair(
        BinnedCounts(bins.current, bins.reference),
        pair.labels,
        MissingCounts(
            missing_counts.current_missing,
            missing_counts.current_records,
            missing_counts.reference_missing,
            missing_counts.reference_records,
        ),
        both
        and CdfPair(
            split_points=both.split_points,
            reference_left=both.current_left,
            reference_at=both.current_at,
            current_left=both.reference_left,
            current_at=both.reference_at,
            low=both.low,
            high=both.high,
            reference_std=2 * both.reference_std,  # the other side's is another
            reference_count=both.current_count,
            current_count=both.reference_count,
        ),
    )


@each_metric
@each_pair
def test_a_metric_is_none_or_a_finite_number_within_its_bounds(metric: DriftMetric, name: str):
    value = metric.compute(PAIRS[name])
    if value is None:
        return
    assert isinstance(value, float)
    assert math.isfinite(value)
    assert 0 <= value <= (metric.upper or math.inf) + 1e-12


@each_metric
@each_pair
def test_exchanging_the_sides_keeps_the_value_of_a_symmetric_metric(metric: DriftMetric, name: str):
    value, other = metric.compute(PAIRS[name]), metric.compute(swapped(PAIRS[name]))
    if not metric.symmetric:
        return
    if value is None:
        assert other is None
    else:
        assert value == pytest.approx(other, rel=1e-9, abs=1e-12)


@each_metric
def test_exchanging_the_sides_changes_the_value_of_an_asymmetric_metric(metric: DriftMetric):
    values = [(metric.compute(pair), metric.compute(swapped(pair))) for pair in PAIRS.values()]
    defined = [(one, other) for one, other in values if one is not None and other is not None]
    differ = [one != pytest.approx(other, rel=1e-9) for one, other in defined]
    assert any(differ) != metric.symmetric


@each_metric
@pytest.mark.parametrize("name", ["numeric, same", "categories, same", "numeric, constant"])
def test_equal_sides_have_no_distance(metric: DriftMetric, name: str):
    value = metric.compute(PAIRS[name])
    assert value is None or value == pytest.approx(0, abs=1e-12)


@each_metric
def test_a_metric_responds_to_some_difference(metric: DriftMetric):
    pairs = [PAIRS["numeric, shifted"], PAIRS["categories, moved"], PAIRS["numeric, all missing"]]
    assert any((metric.compute(pair) or 0) > 0.1 for pair in pairs)


@each_metric
@each_pair
def test_a_side_without_values_has_no_distance_of_values(metric: DriftMetric, name: str):
    empties = ("empty", "nothing", "all missing")
    if metric.measures == "values" and name.endswith(empties):
        assert metric.compute(PAIRS[name]) is None


@each_metric
@each_pair
def test_a_metric_is_undefined_for_categories_exactly_where_it_needs_order(
    metric: DriftMetric, name: str
):
    pair = PAIRS[name]
    has_values = pair.bins.shares() is not None
    if name.startswith("categories") and (has_values or metric.needs_order):
        assert (metric.compute(pair) is None) == metric.needs_order


TEXTS = ("meaning", "convention", "source", "detects", "blind_to")


@each_metric
def test_every_text_of_a_row_is_a_sentence(metric: DriftMetric):
    texts = {name: getattr(metric, name) for name in TEXTS}
    assert {name: text for name, text in texts.items() if not text.endswith(".")} == {}
    assert metric.formula
    assert metric.decides is None or metric.decides.endswith(".")


@pytest.mark.parametrize("attribute", ["name", "label", "meaning"])
def test_no_two_metrics_share_a_name_or_a_label(attribute: str):
    assert len({getattr(metric, attribute) for metric in METRICS}) == len(METRICS)


@each_metric
def test_a_metric_can_be_computed_alone(metric: DriftMetric):
    pair = PAIRS["numeric, shifted"]
    assert compute_metrics(pair, {metric.name}) == {metric.name: metric.compute(pair)}


def test_scaling_all_values_by_a_power_of_ten_changes_no_metric():
    one, tenfold = (numeric_pair(NORMAL * s, (NORMAL + 0.3) * s) for s in (1.0, 1000.0))
    for metric in METRICS:
        assert metric.compute(one) == pytest.approx(metric.compute(tenfold), rel=1e-2, abs=1e-9), (
            metric.name
        )
