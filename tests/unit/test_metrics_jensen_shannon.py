"""The Jensen-Shannon distance is scipy's to base 2."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon

from driftloop.metrics.jensen_shannon import jensen_shannon
from driftloop.profile.column_pair import BinnedCounts

counts = st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1000)), min_size=1, max_size=30)


@settings(deadline=None)
@given(counts.filter(lambda table: all(map(any, zip(*table, strict=True)))))
def test_the_distance_is_scipys_to_base_two(table):
    reference, current = np.array(table, dtype=np.int64).T
    expected = jensenshannon(reference, current, base=2)
    # scipy's square root of a rounding error can be 1e-8, or of a negative one NaN
    found = jensen_shannon(BinnedCounts(reference, current))
    assert found == pytest.approx(np.nan_to_num(expected), abs=1e-7)


def test_sides_without_a_common_bin_have_a_distance_of_one():
    # the sum of rounded terms is 1.0000000000000002
    reference, current = np.array([21, 20, 2, 0, 0, 0]), np.array([0, 0, 0, 7, 1, 33])
    assert jensen_shannon(BinnedCounts(reference, current)) == 1.0
