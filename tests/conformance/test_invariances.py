"""What must not change a metric: other names, other units, every record twice, one extreme value.

Nothing here knows a metric by name: each test reads the properties of its row.
"""

import numpy as np
import pytest

from driftloop.capture import CategoricalColumn, NumericColumn
from driftloop.metrics import METRICS, DriftMetric
from driftloop.metrics.ks import ks
from driftloop.metrics.mean_shift import mean_shift
from driftloop.profile.categorical import count_categorical, fit_categorical
from driftloop.profile.column_pair import ColumnPair, pair_columns
from driftloop.profile.numeric.counts import count_numeric
from driftloop.profile.numeric.fit import fit_numeric
from tests.narrowing import not_none

RANDOM = np.random.default_rng(1)
REFERENCE = RANDOM.normal(size=4000)
CURRENT = RANDOM.normal(0.4, 1.2, size=1500)
CODES = RANDOM.choice(4, 4000, p=[0.4, 0.3, 0.2, 0.1]), RANDOM.choice(4, 1500)

each_metric = pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)


def numeric_pair(reference, current, split_points=512) -> ColumnPair:
    binning = fit_numeric(reference, max_split_points=split_points)
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
def test_a_change_of_units_changes_no_value(metric: DriftMetric, split_points: int):
    """Whole numbers, so that digits are kept; a standard deviation is a sum of rounded terms."""
    reference, current = np.rint(REFERENCE * 1000), np.rint(CURRENT * 1000)
    one = numeric_pair(reference, current, split_points)
    other = numeric_pair(reference * 4 + 12_000, current * 4 + 12_000, split_points)
    precision = 1e-12 if metric.rank_based else 1e-4
    assert metric.compute(one) == pytest.approx(metric.compute(other), rel=precision)


@each_metric
def test_only_a_metric_of_ranks_keeps_its_value_under_an_increasing_function(metric: DriftMetric):
    reference, current = np.rint(REFERENCE * 30), np.rint(CURRENT * 30)
    one = numeric_pair(reference, current)
    bent = numeric_pair(*(np.where(side > 0, 3 * side, side) for side in (reference, current)))
    if metric.rank_based:
        assert metric.compute(one) == pytest.approx(metric.compute(bent), rel=1e-12)
    else:
        assert metric.compute(one) != pytest.approx(metric.compute(bent), rel=0.05)


@each_metric
def test_names_of_categories_do_not_matter(metric: DriftMetric):
    one = category_pair(CODES, ["a", "b", "c", "d"])
    renamed = category_pair(CODES, ["zebra", "10", "", "é"])
    if metric.needs_order:
        assert metric.compute(one) is metric.compute(renamed) is None
    else:
        assert metric.compute(one) == pytest.approx(metric.compute(renamed), rel=1e-12)


@each_metric
@pytest.mark.parametrize("kind", ["numeric", "categories"])
def test_every_record_twice_has_the_effect_that_the_row_names(metric: DriftMetric, kind: str):
    once, twice, four_times = (metric.compute(repeated(kind, times)) for times in (1, 2, 4))
    if once is None or twice is None or four_times is None:
        assert once is twice is four_times is None
    elif metric.more_records == "bias_corrected":
        # a bias in proportion to 1/n + 1/m is halved each time
        assert four_times - twice == pytest.approx((twice - once) / 2, rel=1e-6)
    else:
        factor = 2 if metric.more_records == "proportional" else 1
        # a quantile of the doubled reference may be the value next to the one before
        assert twice == pytest.approx(factor * once, rel=0.02)


def repeated(kind: str, times: int) -> ColumnPair:
    if kind == "numeric":
        return numeric_pair(np.repeat(REFERENCE, times), np.repeat(CURRENT, times))
    return category_pair([np.repeat(codes, times) for codes in CODES], ["a", "b", "c", "d"])


@each_metric
@pytest.mark.parametrize("side", ["reference", "current"])
@pytest.mark.parametrize("extreme", [1e9, -1e9, 1e308, np.inf])
def test_one_extreme_value_hides_no_shift_from_a_metric_of_ranks(
    metric: DriftMetric, side: str, extreme: float
):
    if not metric.rank_based:
        return
    random = np.random.default_rng(2)
    sides = {"reference": random.normal(size=4000), "current": random.normal(1.2, size=4000)}
    plain = metric.compute(numeric_pair(**sides))
    sides[side] = np.append(sides[side], extreme)
    assert metric.compute(numeric_pair(**sides)) == pytest.approx(plain, rel=0.02, abs=1e-12)


@pytest.mark.parametrize("side", ["reference", "current"])
@pytest.mark.parametrize("extreme", [1e9, -1e9, 1e308, np.inf])
def test_one_extreme_value_does_not_change_the_mean_shift_of_a_ks_distance(
    side: str, extreme: float
):
    random = np.random.default_rng(2)
    sides = {"reference": random.normal(size=4000), "current": random.normal(1.2, size=4000)}
    sides[side] = np.append(sides[side], extreme)
    distance = not_none(ks(not_none(numeric_pair(**sides).cdfs)))
    assert mean_shift(distance, 4001, 4001) == pytest.approx(1.2, abs=0.1)
