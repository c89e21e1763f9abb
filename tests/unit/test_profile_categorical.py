"""A million distinct categories: memory is bounded, and so is the error, as documented."""

import tracemalloc
from functools import reduce
from hashlib import blake2b
from operator import add

import numpy as np
import pytest
from scipy import stats

from driftloop.capture import CategoricalColumn, RecordBatch
from driftloop.detection import DriftPolicy
from driftloop.metrics.chi_square import chi_square
from driftloop.metrics.hellinger import hellinger
from driftloop.metrics.jensen_shannon import jensen_shannon
from driftloop.metrics.psi import psi
from driftloop.profile import fit_baseline, profile_batch
from driftloop.profile.categorical import (
    GROUP_COUNT,
    MAX_NEW_CATEGORIES,
    count_categorical,
    fit_categorical,
    zero_categorical,
)
from driftloop.profile.column_pair import BinnedCounts, category_bins
from driftloop.report import build_report
from driftloop.schema import Feature, Kind, ProblemType, Schema
from driftloop.window import Window
from tests.narrowing import not_none

pytestmark = pytest.mark.slow

FREQUENT, EACH = 50, 10_000
RARE_REFERENCE, RARE = 200_000, 1_000_000
PART = 100_000
MEMORY = 96 * 2**20
"""Bytes for the categories of one part, which are temporary, and for the counts."""


def column(codes, categories):
    return CategoricalColumn(np.asarray(codes, np.int32), tuple(categories))


def frequent(seed, tilt=1.0):
    weights = np.where(np.arange(FREQUENT) < FREQUENT // 2, tilt, 1.0)
    counts = np.random.default_rng(seed).multinomial(FREQUENT * EACH, weights / weights.sum())
    names = [f"f{position:02}" for position in range(FREQUENT)]
    return column(np.repeat(np.arange(FREQUENT), counts), names), counts


def rare(prefix, count=RARE):
    for start in range(0, count, PART):
        yield column(
            np.arange(PART), [f"{prefix}{number:07}" for number in range(start, start + PART)]
        )


@pytest.fixture(scope="module")
def counts_of_both_sides():
    """Binning, counts of both sides, the true counts, and the peak of the memory in use."""
    (reference_column, reference_counts), (current_column, current_counts) = (
        frequent(1),
        frequent(2, tilt=1.1),
    )
    training = [reference_column, *rare("r", RARE_REFERENCE)]
    binning = fit_categorical(training)
    reference = reduce(add, [count_categorical(binning, part) for part in training])
    tracemalloc.start()
    parts = (count_categorical(binning, part) for part in [current_column, *rare("w")])
    current = reduce(add, parts, zero_categorical(binning))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return binning, reference, current, reference_counts, current_counts, peak


def test_a_million_new_categories_are_counted_in_bounded_memory(counts_of_both_sides):
    binning, _, current, _, _, peak = counts_of_both_sides
    assert (len(binning.categories), binning.group_count, len(current.new)) == (
        FREQUENT,
        GROUP_COUNT,
        0,
    )
    assert current.rows == current.known.sum() == FREQUENT * EACH + RARE
    assert peak < MEMORY


def test_some_of_a_million_new_categories_have_a_count_each_and_none_is_lost():
    binning = fit_categorical([frequent(1)[0]])
    parts = [count_categorical(binning, part) for part in rare("n")]
    forward, backward = (reduce(add, order) for order in (parts, parts[::-1]))
    assert forward.new == backward.new
    assert len(forward.new) == MAX_NEW_CATEGORIES
    assert set(forward.new.values()) == {1}
    assert forward.unseen_count == forward.rows == RARE


def test_counts_of_frequent_categories_are_exact_and_groups_are_small(counts_of_both_sides):
    binning, reference, current, reference_counts, current_counts, _ = counts_of_both_sides
    positions = [binning.index[f"f{position:02}"] for position in range(FREQUENT)]
    assert reference.known[positions].tolist() == reference_counts.tolist()
    assert current.known[positions].tolist() == current_counts.tolist()
    # each rare category has one row: group sizes are binomial
    share = reference.known[FREQUENT:] / RARE_REFERENCE
    assert share.max() < 2 / GROUP_COUNT


def group_sizes(prefix, count):
    """Names of rare categories per group: their 64-bit BLAKE2b hash modulo the group count."""
    names = (f"{prefix}{number:07}".encode() for number in range(count))
    hashes = [int.from_bytes(blake2b(name, digest_size=8).digest(), "big") for name in names]
    return np.bincount(
        np.array(hashes, dtype=np.uint64) % np.uint64(GROUP_COUNT), minlength=GROUP_COUNT
    )


def test_chi_square_equals_scipys_over_frequent_categories_and_groups(counts_of_both_sides):
    binning, reference, current, reference_counts, current_counts, _ = counts_of_both_sides
    bins, labels = category_bins(binning, reference, current)
    counts = [
        np.append(reference_counts, group_sizes("r", RARE_REFERENCE)),
        np.append(current_counts, group_sizes("w", RARE)),
    ]
    expected = stats.chi2_contingency(np.array(counts), correction=False).statistic
    assert len(labels) == len(bins.reference) == FREQUENT + GROUP_COUNT + 1  # and an empty sum
    assert chi_square(bins) == pytest.approx(expected, rel=1e-12)


def test_divergences_over_a_sum_never_exceed_those_over_all_categories():
    random = np.random.default_rng(3)
    for _ in range(50):
        weights = random.dirichlet(np.full(400, 0.3), 2)
        counts = [random.multinomial(20_000, side) + 5 for side in weights]
        all_categories = BinnedCounts(*counts)
        with_sum = BinnedCounts(*(np.append(side[:100], side[100:].sum()) for side in counts))
        for metric in (jensen_shannon, hellinger, psi, chi_square):
            assert not_none(metric(with_sum)) <= not_none(metric(all_categories)) + 1e-12


def test_the_report_notes_categories_that_are_compared_in_groups():
    schema = Schema((Feature("c", Kind.CATEGORICAL),), "y", ProblemType.REGRESSION)
    random = np.random.default_rng(4)

    def batch(rows, categories):
        return RecordBatch.from_columns(
            schema, {"c": [f"c{k}" for k in random.integers(0, categories, rows)]}
        )

    def notes(categories):
        baseline = fit_baseline(batch(20_000, categories))
        window = Window.from_dict({"start": "2026-04-18T00:00:00Z", "end": "2026-04-18T01:00:00Z"})
        profile = profile_batch(baseline, batch(3000, categories))
        found = build_report(baseline, profile, window=window, policy=DriftPolicy(), model="m")
        assert found.verdict == "stable"
        return " ".join(found.notes)

    found = notes(8000)
    assert "c has more categories than are counted one by one: 100% of the reference" in found
    assert "compared in groups of categories, in which new categories are not" in found
    assert "more categories" not in notes(300)
