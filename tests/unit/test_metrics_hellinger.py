"""The Hellinger distance, by its other formula."""

import math

import numpy as np
import pytest

from driftloop.metrics.hellinger import hellinger
from driftloop.profile.column_pair import BinnedCounts


def test_hellinger_by_its_other_formula():
    p, q = np.array([0.1, 0.2, 0.7]), np.array([0.3, 0.3, 0.4])
    expected = math.sqrt(1 - np.sqrt(p * q).sum())
    bins = BinnedCounts(np.array([10, 20, 70]), np.array([30, 30, 40]))
    assert hellinger(bins) == pytest.approx(expected)


def test_sides_without_a_common_bin_have_a_distance_of_one():
    assert hellinger(BinnedCounts(np.array([9, 0]), np.array([0, 7]))) == 1.0
