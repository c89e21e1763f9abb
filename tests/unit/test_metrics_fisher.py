"""Fisher's exact test is scipy's."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from driftloop.metrics.fisher import fisher_exact
from driftloop.profile.column_pair import MissingCounts

sizes = st.one_of(st.integers(1, 12), st.integers(1, 400), st.integers(1, 100_000))


@st.composite
def missing_counts(draw) -> MissingCounts:
    """Any counts, those of no, one, and only missing values among them."""
    sides = []
    for _ in range(2):
        records = draw(sizes)
        edges = st.sampled_from([0, min(1, records), records // 2, records - 1, records])
        sides += [draw(st.one_of(edges, st.integers(0, records))), records]
    return MissingCounts(*sides)


def scipys(a: int, n: int, b: int, m: int) -> float:
    return float(stats.fisher_exact([[a, n - a], [b, m - b]]).pvalue)


@settings(max_examples=500, deadline=None)
@given(missing_counts())
def test_the_p_value_is_scipys(counts):
    expected = scipys(
        counts.reference_missing,
        counts.reference_records,
        counts.current_missing,
        counts.current_records,
    )
    assert fisher_exact(counts) == pytest.approx(expected, rel=1e-5, abs=1e-250)


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 300), st.data())
def test_tables_that_are_equally_likely_count_on_both_tails(records, data):
    """With equal sides the table and its mirror image are tied."""
    one, other = (data.draw(st.integers(0, records)) for _ in "ab")
    found = fisher_exact(MissingCounts(one, records, other, records))
    assert found == pytest.approx(fisher_exact(MissingCounts(other, records, one, records)))
    assert found == pytest.approx(scipys(one, records, other, records), rel=1e-6)


@pytest.mark.parametrize(
    "table",
    [(3, 100, 9, 120), (0, 50, 8, 50), (10, 10, 0, 12), (700, 100_000, 25, 1000), (5, 9, 5, 9)],
)
def test_small_and_uneven_tables_are_scipys(table):
    assert fisher_exact(MissingCounts(*table)) == pytest.approx(scipys(*table), rel=1e-6)


def test_a_million_records_are_scipys_too():
    table = 500_000, 1_000_000, 501_000, 1_000_000
    assert fisher_exact(MissingCounts(*table)) == pytest.approx(scipys(*table), rel=1e-5)


def test_without_missing_values_or_without_records_there_is_no_evidence():
    assert fisher_exact(MissingCounts(0, 10, 0, 20)) == 1.0
    assert fisher_exact(MissingCounts(10, 10, 20, 20)) == 1.0
    assert fisher_exact(MissingCounts(0, 10, 0, 0)) is None


def test_a_sum_of_rounded_probabilities_is_no_p_value_above_one():
    # the masses of both tables sum to 1.0000000000000004
    assert fisher_exact(MissingCounts(0, 1, 1, 4)) == 1.0


def test_dependent_records_count_as_all_four_counts_divided_by_the_design_effect():
    found = fisher_exact(MissingCounts(80, 1600, 160, 1600), design_effect=8)
    assert found == pytest.approx(scipys(10, 200, 20, 200), rel=1e-6)
