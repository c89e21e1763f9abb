"""Where values lie within, and beyond, the reference's range; expected values are numpy's."""

import numpy as np
import pytest

from driftloop.capture.record_batch import NumericColumn
from driftloop.comparison import summarize_column
from driftloop.comparison.quantiles import NOTHING_SAMPLED, ColumnQuantiles
from driftloop.comparison.summary import Histogram, NumericColumnSummary
from driftloop.profile.numeric.counts import NumericBinning, count_numeric
from driftloop.profile.numeric.fit import fit_numeric
from tests.narrowing import narrow, not_none

REFERENCE = np.random.default_rng(1).normal(0, 1, 20_000).round(3)
FAR = np.random.default_rng(2).gamma(3, 1.5, 5_000).round(3) + 6
"""All of it lies beyond the reference's largest value."""

BINNING = fit_numeric(REFERENCE, max_split_points=4096)
SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)


def side(values, sampled=None) -> ColumnQuantiles:
    counts = count_numeric(BINNING, NumericColumn(values))
    return (
        ColumnQuantiles(BINNING, counts)
        if sampled is None
        else ColumnQuantiles(BINNING, counts, sampled)
    )


@pytest.mark.parametrize("share", SHARES)
def test_within_the_reference_quantiles_are_numpys_without_any_sample(share: float) -> None:
    found = side(REFERENCE).quantile(share)
    expected = np.quantile(REFERENCE, share, method="inverted_cdf")
    assert found == pytest.approx(expected, abs=2e-3)


@pytest.mark.parametrize("share", SHARES)
def test_beyond_the_reference_the_sample_says_where_quantiles_are(share: float) -> None:
    sampled = np.random.default_rng(3).choice(FAR, 2_000, replace=False)
    expected = np.quantile(FAR, share)
    # a sample quantile's standard error at n = 2,000 is at most 0.1 here
    assert side(FAR, sampled).quantile(share) == pytest.approx(expected, abs=0.3)


@pytest.mark.parametrize("point", [-1.0, 0.0, 2.5, 7.3, 9.0, 12.0, 500.0, -500.0])
def test_values_below_a_point_are_numpys_count(point: float) -> None:
    both = np.concatenate([REFERENCE, FAR])
    sampled = np.random.default_rng(3).choice(both, 2_000, replace=False)
    expected = np.count_nonzero(both <= point)
    # 3 standard errors of a share in 400 sampled values of the 5,000 beyond
    assert side(both, sampled).count_below(point) == pytest.approx(expected, abs=375)


def test_a_sample_changes_no_count_at_a_split_point() -> None:
    misleading = np.full(500, 100.0)
    plain, misled = side(REFERENCE), side(REFERENCE, misleading)
    for split_point in BINNING.split_points[::100]:
        assert plain.count_below(float(split_point)) == misled.count_below(float(split_point))


def histogram(
    binning: NumericBinning,
    reference: np.ndarray,
    current: np.ndarray,
    sampled: tuple[np.ndarray, np.ndarray] = (NOTHING_SAMPLED, NOTHING_SAMPLED),
) -> Histogram:
    before, after = (count_numeric(binning, NumericColumn(side)) for side in (reference, current))
    summary = summarize_column(binning, before, after, sampled)
    return not_none(narrow(NumericColumnSummary, summary).histogram)


def test_a_histogram_beyond_the_reference_is_no_single_block() -> None:
    drawn = histogram(BINNING, REFERENCE, FAR, sampled=(REFERENCE[:2000], FAR[:2000]))
    expected, _ = np.histogram(FAR, [-np.inf, *drawn.bin_edges[1:-1], np.inf])
    assert drawn.current == pytest.approx(expected / len(FAR), abs=0.04)
    assert sum(share > 0.02 for share in drawn.current) >= 6
    assert sum(drawn.current) == pytest.approx(1)


def test_a_few_extreme_values_do_not_hide_the_others() -> None:
    wild = np.where(np.arange(len(REFERENCE)) % 50 == 0, 1e9, REFERENCE)
    drawn = histogram(BINNING, REFERENCE, wild)
    assert drawn.bin_edges[-1] < 20
    # the 2% that lie beyond are in the last bar
    assert drawn.current[-1] == pytest.approx(0.02, abs=0.001)
    assert sum(share > 0.02 for share in drawn.current) >= 6


def test_a_column_of_few_values_keeps_its_bars_beside_one_far_out() -> None:
    binary = np.tile([0.0, 1.0], 500)
    binning = fit_numeric(binary, max_split_points=4096)
    wild = np.where(np.arange(1000) < 20, 1e9, binary)
    drawn = histogram(binning, binary, wild)
    assert drawn.bin_edges[-1] < 10
    assert drawn.current == pytest.approx([0.49, 0.51])
