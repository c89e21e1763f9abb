"""The largest difference of a share, manually."""

import numpy as np
import pytest

from driftloop.metrics.l_infinity import l_infinity
from driftloop.profile.column_pair import BinnedCounts


def test_l_infinity_by_hand():
    bins = BinnedCounts(np.array([10, 20, 70]), np.array([60, 60, 80]))
    assert l_infinity(bins) == pytest.approx(0.3)
