"""The population stability index, manually, and the bias of it."""

import math

import numpy as np
import pytest

from driftloop.metrics.psi import psi, psi_corrected
from driftloop.profile.column_pair import BinnedCounts


def bins(reference, current) -> BinnedCounts:
    return BinnedCounts(np.array(reference, dtype=np.int64), np.array(current, dtype=np.int64))


def test_psi_by_hand():
    # (0.2 - 0.5) ln(0.2 / 0.5) + (0.8 - 0.5) ln(0.8 / 0.5) = 0.41589
    assert psi(bins([50, 50], [20, 80])) == pytest.approx(0.415888, abs=1e-6)


def test_an_empty_bin_counts_as_half_a_record():
    expected = (0.005 - 0.5) * math.log(0.005 / 0.5) + (1 - 0.5) * math.log(1 / 0.5)
    assert psi(bins([50, 50], [0, 100])) == pytest.approx(expected)


def test_a_bin_of_one_record_counts():
    # (0.005 - 0.01) ln(0.005 / 0.01), beside the change of the second bin
    expected = (0.5 - 0.49) * math.log(0.5 / 0.49) + (0.005 - 0.01) * math.log(0.5)
    assert psi(bins([50, 49, 1], [50, 50, 0])) == pytest.approx(expected)


def test_corrected_psi_is_less_its_expectation_without_drift():
    # (b - 1)(1/n + 1/m) on two bins
    expected = 0.415888 - (1 / 1000 + 1 / 500)
    assert psi_corrected(bins([500, 500], [100, 400])) == pytest.approx(expected, abs=1e-6)
    assert psi_corrected(bins([500, 500], [250, 250])) == 0.0


def test_a_bin_that_is_empty_on_both_sides_changes_nothing():
    assert psi(bins([50, 0, 50], [20, 0, 80])) == psi(bins([50, 50], [20, 80]))
    assert psi_corrected(bins([50, 0, 50], [20, 0, 80])) == psi_corrected(bins([50, 50], [20, 80]))


def test_corrected_psi_averages_near_zero_without_drift_where_the_raw_one_does_not():
    random = np.random.default_rng(1)
    pairs = [bins(*random.multinomial(200, [0.1] * 10, 2)) for _ in range(400)]
    assert np.mean([psi(pair) for pair in pairs]) == pytest.approx(9 * (2 / 200), rel=0.1)
    assert np.median([psi_corrected(pair) for pair in pairs]) < 0.01
