"""A million distinct levels: memory is bounded, and the error what categorical.py states."""

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

FREQUENT, EACH = 50, 10_000
RARE_BEFORE, RARE = 200_000, 1_000_000
CHUNK = 100_000
MEMORY = 96 * 2**20
"""Bytes for one chunk's own levels, which come and go, and the counts that stay."""


def column(codes, categories):
    return CategoricalColumn(np.asarray(codes, np.int32), tuple(categories))


def frequent(seed, tilt=1.0):
    weights = np.where(np.arange(FREQUENT) < FREQUENT // 2, tilt, 1.0)
    counts = np.random.default_rng(seed).multinomial(FREQUENT * EACH, weights / weights.sum())
    names = [f"f{place:02}" for place in range(FREQUENT)]
    return column(np.repeat(np.arange(FREQUENT), counts), names), counts


def rare(prefix, count=RARE):
    for start in range(0, count, CHUNK):
        yield column(
            np.arange(CHUNK), [f"{prefix}{number:07}" for number in range(start, start + CHUNK)]
        )


@pytest.fixture(scope="module")
def counted():
    """Grid, both sides' counts, what they were made of, and the most memory in use meanwhile."""
    (ours, before), (theirs, now) = frequent(1), frequent(2, tilt=1.1)
    training = [ours, *rare("r", RARE_BEFORE)]
    binning = fit_categorical(training)
    reference = reduce(add, [count_categorical(binning, part) for part in training])
    tracemalloc.start()
    parts = (count_categorical(binning, part) for part in [theirs, *rare("w")])
    current = reduce(add, parts, zero_categorical(binning))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return binning, reference, current, before, now, peak


def test_a_million_new_levels_are_counted_in_bounded_memory(counted):
    binning, _, current, _, _, peak = counted
    assert (len(binning.categories), binning.group_count, len(current.new)) == (
        FREQUENT,
        GROUP_COUNT,
        0,
    )
    assert current.rows == current.known.sum() == FREQUENT * EACH + RARE
    assert peak < MEMORY


def test_of_a_million_levels_where_there_were_few_some_are_told_apart_and_none_is_lost():
    binning = fit_categorical([frequent(1)[0]])
    parts = [count_categorical(binning, part) for part in rare("n")]
    there, back = (reduce(add, order) for order in (parts, parts[::-1]))
    assert there.new == back.new
    assert len(there.new) == MAX_NEW_CATEGORIES
    assert set(there.new.values()) == {1}
    assert there.unseen_count == there.rows == RARE


def test_shares_of_levels_told_apart_are_exact_and_the_others_are_small(counted):
    binning, reference, current, before, now, _ = counted
    places = [binning.index[f"f{place:02}"] for place in range(FREQUENT)]
    assert reference.known[places].tolist() == before.tolist()
    assert current.known[places].tolist() == now.tolist()
    # each rare level has one row: groups are as even as binomial numbers
    share = reference.known[FREQUENT:] / RARE_BEFORE
    assert share.max() < 2 / GROUP_COUNT


def group_sizes(prefix, count):
    """How many of the rare names fall into each group: their 64-bit BLAKE2b modulo the groups."""
    names = (f"{prefix}{number:07}".encode() for number in range(count))
    hashes = [int.from_bytes(blake2b(name, digest_size=8).digest(), "big") for name in names]
    return np.bincount(
        np.array(hashes, dtype=np.uint64) % np.uint64(GROUP_COUNT), minlength=GROUP_COUNT
    )


def test_chi_square_is_scipys_over_the_frequent_levels_and_the_groups_of_the_others(counted):
    binning, reference, current, before, now, _ = counted
    bins, labels = category_bins(binning, reference, current)
    sides = [
        np.append(before, group_sizes("r", RARE_BEFORE)),
        np.append(now, group_sizes("w", RARE)),
    ]
    expected = stats.chi2_contingency(np.array(sides), correction=False).statistic
    assert len(labels) == len(bins.reference) == FREQUENT + GROUP_COUNT + 1  # and an empty sum
    assert chi_square(bins) == pytest.approx(expected, rel=1e-12)


def test_divergences_over_the_sum_never_exceed_those_over_all_levels():
    random = np.random.default_rng(3)
    for _ in range(50):
        weights = random.dirichlet(np.full(400, 0.3), 2)
        sides = [random.multinomial(20_000, side) + 5 for side in weights]
        every = BinnedCounts(*sides)
        summed = BinnedCounts(*(np.append(side[:100], side[100:].sum()) for side in sides))
        for metric in (jensen_shannon, hellinger, psi, chi_square):
            assert metric(summed) <= metric(every) + 1e-12


def test_the_report_says_where_levels_were_not_told_apart():
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
