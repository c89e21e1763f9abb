"""Values beyond all of the reference, held to scipy's hypergeometric distribution."""

import numpy as np
import pytest
from scipy.stats import hypergeom

from driftloop.capture import NumericColumn
from driftloop.metrics.category_tests import category_p_values
from driftloop.metrics.tails import tails
from driftloop.profile.column_pair import CdfPair, pair_columns
from driftloop.profile.numeric.counts import NumericCounts, count_numeric
from driftloop.profile.numeric.fit import fit_numeric
from tests.narrowing import not_none

REFERENCE = np.arange(100.0, 500.0)


def pair(current, reference=REFERENCE, max_split_points=4096) -> CdfPair:
    binning = fit_numeric(reference, max_split_points=max_split_points)
    sides: list[NumericCounts] = [
        count_numeric(binning, NumericColumn(np.asarray(side, dtype=np.float64)))
        for side in (reference, current)
    ]
    return not_none(pair_columns(binning, *sides).cdfs)


def within(m: int, below: int, above: int):
    inner = np.linspace(100, 499, m - below - above).round()
    return np.concatenate([np.full(below, -999.0), inner, np.full(above, 1e6)])


@pytest.mark.parametrize(("below", "above"), [(3, 0), (0, 5), (2, 7)])
def test_the_p_value_is_that_all_of_the_largest_values_are_of_the_window(below, above):
    found = tails(pair(within(200, below, above)))
    assert (found.low, found.high) == (100, 499)
    assert found.bins.current.tolist() == [below, 200 - below - above, above]
    bins = sum(count > 0 for count in (below, 1, above))
    for p_value, k in zip(category_p_values(found.bins)[::2], (below, above), strict=True):
        expected = 2 * bins * hypergeom.pmf(k, 600, k, 200)
        assert p_value == pytest.approx(min(1.0, expected), rel=1e-9)


def test_values_up_to_the_extremes_of_the_reference_are_not_beyond_it():
    found = tails(pair(np.array([100.0, 499.0] * 50)))
    assert found.bins.current.tolist() == [0, 100, 0]


def test_few_split_points_count_the_same_values():
    reference = np.random.default_rng(1).normal(size=20_000)
    current = np.append(np.random.default_rng(2).normal(size=980), np.full(20, 9.0))
    full, few = (tails(pair(current, reference, points)) for points in (4096, 16))
    assert full[:2] == few[:2]
    assert full.bins.current.tolist() == few.bins.current.tolist() == [0, 980, 20]
