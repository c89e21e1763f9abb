"""Cohen's h, by his table."""

import math

import pytest

from driftloop.metrics.cohens_h import cohens_h, missing_cohens_h
from driftloop.profile.column_pair import MissingCounts


def test_cohens_h_by_his_table():
    # Cohen (1988), table 6.2.2: phi(.50) = 1.571, phi(.40) = 1.369
    found = missing_cohens_h(MissingCounts(40, 100, 50, 100))
    assert found == pytest.approx(1.571 - 1.369, abs=1e-3)


def test_the_largest_h_is_pi():
    assert cohens_h(0.0, 1.0) == cohens_h(1.0, 0.0) == pytest.approx(math.pi)


@pytest.mark.parametrize("counts", [(0, 0, 5, 10), (5, 10, 0, 0), (0, 0, 0, 0)])
def test_h_of_a_side_without_records_is_none(counts):
    assert missing_cohens_h(MissingCounts(*counts)) is None
