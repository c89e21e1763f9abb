"""The two-sample chi-square test is scipy's on the pooled table."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from driftloop.metrics.chi_square import MIN_EXPECTED, chi_square, chi_square_test
from driftloop.profile.column_pair import BinnedCounts
from tests.narrowing import not_none

cells = st.one_of(st.just(0), st.integers(0, 5), st.integers(0, 5000))
tables = st.lists(st.tuples(cells, cells), min_size=1, max_size=40)


def bins(reference, current) -> BinnedCounts:
    return BinnedCounts(np.array(reference, dtype=np.int64), np.array(current, dtype=np.int64))


@settings(deadline=None)
@given(tables)
def test_statistic_degrees_of_freedom_and_p_value_are_scipys_on_the_pooled_table(table):
    test = chi_square_test(bins(*zip(*table, strict=True)))
    if test is None:
        return
    expected = stats.chi2_contingency(test.table, correction=False)
    assert test.statistic == pytest.approx(expected.statistic, rel=1e-9, abs=1e-9)
    assert test.dof == expected.dof
    assert test.p_value == pytest.approx(expected.pvalue, rel=1e-9, abs=1e-300)
    assert expected.expected_freq.min() >= MIN_EXPECTED - 1e-9


@settings(deadline=None)
@given(tables, st.floats(1, 10))
def test_a_pooled_table_keeps_every_record_and_its_bins_expect_enough(table, design_effect):
    counts = bins(*zip(*table, strict=True))
    test = chi_square_test(counts, design_effect)
    if test is None:
        return
    sides = [int(counts.reference.sum()), int(counts.current.sum())]
    assert test.table.sum(axis=1).tolist() == sides
    smallest = test.table.sum(axis=0).min() * min(sides) / sum(sides)
    assert smallest >= MIN_EXPECTED * design_effect * (1 - 1e-9)
    expected = stats.chi2.sf(test.statistic / design_effect, test.dof)
    assert test.p_value == pytest.approx(expected, rel=1e-9, abs=1e-300)


def test_frequent_bins_are_not_pooled():
    expected = stats.chi2_contingency([[90, 60, 30], [40, 50, 60]], correction=False)
    test = not_none(chi_square_test(bins([90, 60, 30], [40, 50, 60])))
    assert test.table.tolist() == [[90, 60, 30], [40, 50, 60]]
    assert test.statistic == pytest.approx(expected.statistic)


def test_rare_categories_are_pooled_by_their_counts_on_both_sides_together():
    # 20 records are expected of 61.7 or more; 30 and 30 go together, 45 is left and joins them
    expected = stats.chi2_contingency([[300, 200, 105], [100, 100, 0]], correction=False)
    found = not_none(chi_square_test(bins([300, 200, 30, 30, 45], [100, 100, 0, 0, 0])))
    assert found.dof == 2
    assert found.p_value == pytest.approx(expected.pvalue)


def test_bins_of_one_size_are_pooled_together_in_any_order():
    found = chi_square_test(bins([400, 5, 0, 5, 0], [400, 0, 5, 0, 5]))
    assert found is None or found.table[:, -1].tolist() == [10, 10]


def test_equal_sides_have_a_statistic_of_zero():
    test = not_none(chi_square_test(bins([100, 200], [100, 200])))
    assert (test.statistic, test.p_value) == (0.0, 1.0)


def test_one_bin_has_nothing_to_test():
    assert chi_square_test(bins([100], [50])) is None
    assert chi_square(bins([100], [50])) == 0.0
    assert chi_square_test(bins([0, 0], [50, 50])) is None
    assert chi_square(bins([0, 0], [50, 50])) is None


def test_the_table_of_a_column_is_made_once():
    pair = bins([90, 60, 30], [40, 50, 60])
    first, again = (not_none(chi_square_test(pair)) for _ in range(2))
    assert first.table is again.table
