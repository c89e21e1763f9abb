"""The Wasserstein-1 distance is scipy's, in standard deviations of the reference."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import wasserstein_distance

from driftloop.capture import NumericColumn
from driftloop.metrics.wasserstein import wasserstein
from driftloop.profile.column_pair import pair_columns
from driftloop.profile.numeric.counts import count_numeric
from driftloop.profile.numeric.fit import fit_numeric
from tests.narrowing import not_none

values = st.lists(st.integers(-50, 50).map(float), min_size=1, max_size=80)


@settings(deadline=None)
@given(values, values)
def test_the_distance_is_scipys_where_every_value_is_a_split_point(reference, current):
    # the reference has every value that the window has, so that both are known everywhere
    reference = np.array([*reference, *current])
    binning = fit_numeric(reference, max_split_points=512)
    sides = [count_numeric(binning, NumericColumn(np.array(x))) for x in (reference, current)]
    found = wasserstein(not_none(pair_columns(binning, *sides).cdfs))
    if reference.std() == 0:
        assert found is None
    else:
        expected = wasserstein_distance(reference, current) / reference.std()
        assert found == pytest.approx(expected, rel=1e-3, abs=1e-9)
