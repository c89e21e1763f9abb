"""Cohen's w of two samples: near a mean shift in standard deviations, near zero without drift."""

import numpy as np
import pytest
from scipy import stats

from driftloop.metrics.cohens_w import cohens_w
from driftloop.profile.column_pair import BinnedCounts
from tests.narrowing import not_none


def bins(reference, current) -> BinnedCounts:
    return BinnedCounts(np.array(reference, dtype=np.int64), np.array(current, dtype=np.int64))


def test_w_of_a_mean_shift_is_near_it():
    edges = stats.norm.ppf(np.arange(1, 10) / 10)
    shares = np.diff(np.concatenate([[0], stats.norm.cdf(edges - 0.3), [1]]))
    found = cohens_w(bins([10**6] * 10, (shares * 10**7).astype(int)))
    assert found == pytest.approx(0.3, abs=0.03)


def test_w_without_drift_is_mostly_zero():
    random = np.random.default_rng(3)
    effects = [
        not_none(cohens_w(bins(*random.multinomial(500, [0.1] * 10, 2)))) for _ in range(200)
    ]
    assert np.median(effects) < 0.05
