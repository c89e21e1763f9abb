"""Columns of any distribution are fitted, counted, paired and measured, and no value is lost."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftloop.capture import NumericColumn
from driftloop.metrics import compute_metrics
from driftloop.profile.column_pair import ColumnPair, pair_columns
from driftloop.profile.numeric.counts import count_numeric
from driftloop.profile.numeric.fit import fit_numeric

REPEATED_VALUES = (0.0, 1.0, -1e9, 100.0, 0.1, 1e17, np.inf, -np.inf, np.nan)
DISTRIBUTIONS = {
    "normal": lambda random, rows: random.normal(size=rows),
    "log-normal": lambda random, rows: random.lognormal(3, 2, rows),
    "Cauchy": lambda random, rows: random.standard_cauchy(rows),
    "counts": lambda random, rows: random.poisson(3, rows) / 1,
    "large integers": lambda random, rows: 1.7e9 + random.integers(0, 1000, rows),
    "narrow": lambda random, rows: 100 + 1e-3 * random.normal(size=rows),
    "tiny": lambda random, rows: 1e-300 * random.normal(size=rows),
    "huge": lambda random, rows: 1e300 * random.normal(size=rows),
}


def column(seed, distribution, repeated_value, share, rows):
    random = np.random.default_rng(seed)
    return np.where(
        random.random(rows) < share, repeated_value, DISTRIBUTIONS[distribution](random, rows)
    )


def pair_of(reference, current, split_points=4096) -> ColumnPair:
    binning = fit_numeric(reference, max_split_points=split_points)
    return pair_columns(
        binning, *(count_numeric(binning, NumericColumn(x)) for x in (reference, current))
    )


@pytest.mark.filterwarnings("error")
@settings(max_examples=300, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from(sorted(DISTRIBUTIONS)),
    st.sampled_from(REPEATED_VALUES),
    st.sampled_from([0.0, 1e-3, 0.1, 0.5, 0.9, 0.95, 0.999, 1.0]),
    st.sampled_from([1, 12, 300, 3000]),
    st.sampled_from([1, 12, 300, 4096]),
)
def test_a_column_of_any_distribution_is_measured_and_no_value_is_lost(
    seed, distribution, repeated_value, share, rows, split_points
):
    reference, current = (
        column(seed + k, distribution, repeated_value, share, rows) for k in (0, 1)
    )
    pair = pair_of(reference, current, split_points)
    assert int(pair.bins.reference.sum()) == np.count_nonzero(~np.isnan(reference))
    assert int(pair.bins.current.sum()) == np.count_nonzero(~np.isnan(current))
    assert len(pair.labels) == len(pair.bins.reference)
    for name, value in compute_metrics(pair).items():
        assert value is None or np.isfinite(value), name


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("share", [0.91, 0.95, 0.99])
def test_a_value_of_nearly_all_records_is_a_bin_of_its_own(sign, share):
    reference = column(0, "normal", 100.0, share, 5000) * sign
    bins = pair_of(reference, reference).bins
    repeated_value = np.count_nonzero(reference == 100.0 * sign)
    assert sorted(bins.reference.tolist()) == [5000 - repeated_value, repeated_value]


@pytest.mark.parametrize("sign", [1, -1])
def test_finite_values_after_a_reference_of_infinities_have_drifted_completely(sign):
    infinite, finite = np.full(500, sign * np.inf), np.linspace(-5e307, 5e307, 500)
    assert compute_metrics(pair_of(infinite, finite))["ks"] == 1
    assert compute_metrics(pair_of(infinite, infinite))["ks"] == 0
    assert pair_of(infinite, -infinite).labels[0] == f"{sign * np.inf}"
