"""The test of an association in two tables, by published data and by scipy."""

import numpy as np
import pytest
from scipy import stats

from driftloop.metrics.association_change import association_change
from driftloop.profile.column_groups import cramers_v

RANDOM = np.random.default_rng(8)


def stacked(table):
    return np.array([table], dtype=np.float64)


def test_bartletts_cuttings_have_his_statistic():
    # plum-root cuttings, long and short by alive and dead, planted at once and in spring:
    # X^2 = 2.27 (Bartlett, J. R. Stat. Soc. Suppl. 2, 1935)
    at_once, in_spring = [[156, 84], [107, 133]], [[84, 156], [31, 209]]
    found = association_change(stacked(at_once), stacked(in_spring))
    assert found.p_value[0] == pytest.approx(stats.chi2.sf(2.27, 1), abs=0.001)
    assert found.effect_size[0] == pytest.approx(np.sqrt((2.27 - 1) * (2 / 480)), abs=0.001)


def test_other_shares_with_the_same_odds_are_no_change():
    reference = np.outer([3, 2, 1], [4, 1, 5]) * np.array([[3, 1, 1], [1, 3, 1], [1, 1, 3]]) * 20
    current = reference * np.outer([1, 3, 2], [2, 1, 1])
    found = association_change(stacked(reference), stacked(current))
    assert found.effect_size[0] == 0
    assert found.p_value[0] > 0.99


def test_cramers_v_is_scipys():
    table = RANDOM.integers(5, 80, (4, 5))
    expected = stats.contingency.association(table, method="cramer")
    assert cramers_v(stacked(table))[0] == pytest.approx(expected)


def test_a_pair_that_came_apart_is_found_with_empty_cells():
    joined, apart = np.diag([250, 250, 250, 250]), np.full((4, 4), 60)
    found = association_change(stacked(joined), stacked(apart))
    assert found.reference[0] == pytest.approx(1)
    assert found.current[0] == pytest.approx(0)
    assert found.p_value[0] < 1e-50
    assert found.effect_size[0] > 0.5


@pytest.mark.parametrize("rare", [0.02, 0.5])
def test_p_values_without_a_change_are_not_too_small(rare):
    shares = np.outer([rare, 1 - rare], [0.1, 0.2, 0.7]).ravel()
    tables = [RANDOM.multinomial(size, shares, 400).reshape(-1, 2, 3) for size in (2048, 500)]
    found = association_change(*(side.astype(np.float64) for side in tables))
    low, high = stats.binomtest(int((found.p_value <= 0.05).sum()), 400).proportion_ci(0.999)
    assert low <= 0.05
    assert (found.p_value <= 0.001).mean() <= 0.01
    assert high < 0.2


def test_few_records_are_not_tested():
    few = np.array([[[100.0, 0.0], [0.0, 100.0]]])
    assert association_change(few, few[:, ::-1]).p_value[0] == 1
    constant = np.array([[[500.0, 500.0], [0.0, 3.0]]])
    assert association_change(constant, constant[:, :, ::-1]).p_value[0] == 1


def test_dependent_records_weigh_less():
    joined, apart = stacked(np.diag([300, 300])), stacked([[180, 120], [120, 180]])
    alone, dependent = (association_change(joined, apart, effect) for effect in (1.0, 4.0))
    assert dependent.p_value[0] > alone.p_value[0]
