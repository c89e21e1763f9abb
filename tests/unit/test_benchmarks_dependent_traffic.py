"""The dependent traffic that is simulated is as dependent as the page says."""

import numpy as np
import pytest

from benchmarks.simulations.dependent_traffic import CYCLING, NAMES, Drawn, TrafficKind
from driftloop.capture import CategoricalColumn, NumericColumn
from tests.narrowing import narrow


def means(kind: TrafficKind, hours: int, rate: int = 1000) -> np.ndarray:
    """Mean of each numeric feature in each hour, float64[hours, 15]."""
    drawn = Drawn(kind, rate, [1])
    return np.array(
        [
            [narrow(NumericColumn, columns[name]).values.mean() for name in NAMES[:15]]
            for _, columns in drawn.hours(0, hours)
        ]
    )


def test_ten_records_of_a_user_share_half_of_their_variance():
    drawn = Drawn(TrafficKind(cycles=False), 10_000, [2])
    [(_, columns)] = drawn.hours(0, 1)
    by_user = narrow(NumericColumn, columns["n7"]).values.reshape(1000, 10)
    assert by_user.var() == pytest.approx(1, rel=0.1)
    # the mean of ten has the users' half, and a tenth of the other
    assert by_user.mean(axis=1).var() == pytest.approx(0.55, rel=0.15)
    codes = narrow(CategoricalColumn, columns["c0"]).codes
    assert np.bincount(codes)[0] / 10_000 == pytest.approx(0.341, abs=0.03)  # Zipf


def test_some_features_follow_the_day_and_the_week_and_the_others_do_not():
    found = means(TrafficKind(users=False), 168)
    cycling = [place for place in CYCLING if place < 15]
    assert found[6, cycling] == pytest.approx(np.full(4, 0.3), abs=0.15)
    assert found[5 * 24 + 18, cycling] == pytest.approx(np.full(4, -0.45), abs=0.15)
    assert np.abs(found[:, 5:]).max() < 0.2  # six standard errors of 1,000 records


def test_each_day_moves_each_feature_by_an_effect_of_its_own():
    found = means(TrafficKind(users=False, cycles=False, day_effect=0.5), 20 * 24)
    by_day = found.reshape(20, 24, 15)
    assert by_day.mean(axis=1).std() == pytest.approx(0.5, rel=0.2)
    assert by_day.std(axis=1).max() < 0.06
