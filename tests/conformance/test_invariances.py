"""What must not change a metric: other names, other units, every row twice, one wild value."""

import numpy as np
import pytest

from driftloop.capture import CategoricalColumn, NumericColumn
from driftloop.metrics import METRICS, DriftMetric
from driftloop.metrics.mean_shift import mean_shift
from driftloop.profile.categorical import count_categorical, fit_categorical
from driftloop.profile.column_pair import ColumnPair, pair_columns
from driftloop.profile.numeric.counts import count_numeric
from driftloop.profile.numeric.fit import fit_numeric

RANDOM = np.random.default_rng(1)
BEFORE = RANDOM.normal(size=4000)
NOW = RANDOM.normal(0.4, 1.2, size=1500)
CODES = RANDOM.choice(4, 4000, p=[0.4, 0.3, 0.2, 0.1]), RANDOM.choice(4, 1500)

by_name = {metric.name: metric for metric in METRICS}
each_metric = pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)


def numeric_pair(reference, current, split_points=512) -> ColumnPair:
    binning = fit_numeric(reference, split_points=split_points)
    return pair_columns(
        binning, *(count_numeric(binning, NumericColumn(x)) for x in (reference, current))
    )


def category_pair(sides, names) -> ColumnPair:
    order = np.argsort(names)
    place = np.argsort(order)
    categories = tuple(np.array(names)[order].tolist())
    columns = [CategoricalColumn(place[codes].astype(np.int32), categories) for codes in sides]
    binning = fit_categorical(columns[:1])
    return pair_columns(binning, *(count_categorical(binning, column) for column in columns))


@each_metric
@pytest.mark.parametrize("split_points", [64, 8192])
def test_other_units_change_nothing(metric: DriftMetric, split_points: int):
    """Whole numbers, so that digits are kept; the deviation is a sum in steps of a scale."""
    before, now = np.rint(BEFORE * 1000), np.rint(NOW * 1000)
    one = numeric_pair(before, now, split_points)
    other = numeric_pair(before * 4 + 12_000, now * 4 + 12_000, split_points)
    precision = 1e-4 if metric.name == "wasserstein" else 1e-12
    assert metric.compute(one) == pytest.approx(metric.compute(other), rel=precision)


@each_metric
def test_only_wasserstein_asks_how_far_apart_values_are(metric: DriftMetric):
    """Any increasing function of whole numbers keeps ranks, and with them every other metric."""
    before, now = np.rint(BEFORE * 30), np.rint(NOW * 30)
    one, bent = numeric_pair(before, now), numeric_pair(before**3, now**3)
    if metric.name == "wasserstein":
        assert metric.compute(one) != pytest.approx(metric.compute(bent), rel=0.05)
    else:
        assert metric.compute(one) == pytest.approx(metric.compute(bent), rel=1e-12)


@each_metric
def test_levels_are_told_apart_by_nothing_but_being_equal(metric: DriftMetric):
    one = category_pair(CODES, ["a", "b", "c", "d"])
    renamed = category_pair(CODES, ["zebra", "10", "", "é"])
    if metric.name in ("ks", "wasserstein"):
        assert metric.compute(one) is metric.compute(renamed) is None  # levels have no order
    else:
        assert metric.compute(one) == pytest.approx(metric.compute(renamed), rel=1e-12)


@each_metric
@pytest.mark.parametrize("kind", ["numeric", "categories"])
def test_every_row_twice_changes_no_distance_and_doubles_chi_square(metric: DriftMetric, kind: str):
    if kind == "numeric":
        pairs = [numeric_pair(np.repeat(BEFORE, n), np.repeat(NOW, n)) for n in (1, 2)]
    else:
        pairs = [
            category_pair([np.repeat(c, n) for c in CODES], ["a", "b", "c", "d"]) for n in (1, 2)
        ]
    once, twice = map(metric.compute, pairs)
    if once is None:
        assert twice is None
    elif metric.name == "psi_corrected":
        # the correction, (bins - 1)(1/n + 1/m), is halved
        raw = by_name["psi"].compute(pairs[0])
        assert raw - twice == pytest.approx((raw - once) / 2, rel=1e-6)
    else:
        factor = 2 if metric.name == "chi_square" else 1
        # a quantile of the doubled reference may be the value next to the one before
        assert twice == pytest.approx(factor * once, rel=0.02)


@pytest.mark.parametrize("side", ["reference", "window"])
@pytest.mark.parametrize("wild", [1e9, -1e9, 1e308, np.inf])
def test_one_wild_value_on_either_side_hides_no_shift(side: str, wild: float):
    before, now = RANDOM.normal(size=4000), RANDOM.normal(1.2, size=4000)
    plain = numeric_pair(before, now)
    sides = [np.append(x, wild) if name == side else x for name, x in
             (("reference", before), ("window", now))]  # fmt: skip
    pair = numeric_pair(*sides)
    for name in ("ks", "psi", "js", "hellinger", "l_infinity"):
        assert by_name[name].compute(pair) == pytest.approx(
            by_name[name].compute(plain), rel=0.02
        ), name
    distance = by_name["ks"].compute(pair)
    assert mean_shift(distance, 4001, 4001) == pytest.approx(1.2, abs=0.1)
