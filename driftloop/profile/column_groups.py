"""Sampled values in few groups: quintiles of numbers, frequent categories, and others together.

Pairs of columns are compared in these groups, which the reference's sample defines.
"""

from collections.abc import Collection, Mapping, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from driftloop.profile.categorical import CategoricalBinning
from driftloop.profile.columns import Binning

Groups = NDArray[np.int64]
Floats = NDArray[np.float64]

MAX_PAIRS = 300
"""Pairs of columns that are compared: all of 25 columns. Of more columns, the pairs that are most
associated in the training data."""

_BLOCK = 4096

GROUPS = 6
"""Groups of a column at most: quintiles, or five groups of categories and the rest."""

MIN_GROUP_SHARE = 0.05
"""Share of the reference's sample that a category must have for a group of its own."""

MIN_MEMBER_SHARE = 0.005
"""Share that a category must have for a group with others. The rest, which is rarer or new, is one
group: what is rare in one sample may be absent from another."""


def grouped(
    binning: Binning, reference: NDArray[np.float32], current: NDArray[np.float32]
) -> tuple[Groups, Groups]:
    """The group of each sampled value, int64[n] and int64[m], -1 where it is missing.

    Args:
        binning: The column's binning.
        reference: Sampled values float32[n] of the reference.
        current: Sampled values float32[m] of the window.
    """
    present = reference[~np.isnan(reference)]
    if isinstance(binning, CategoricalBinning):
        values, counts = np.unique(present, return_counts=True)
        known, groups = _group_categories(values, counts)
        return _of_categories(known, groups, reference), _of_categories(known, groups, current)
    ranks = (np.arange(1, 5) * len(present)) // 5  # the quantiles of no value are none
    edges = np.unique(np.sort(present)[ranks]) if len(present) else present
    return _of_numbers(edges, reference), _of_numbers(edges, current)


def _group_categories(
    values: NDArray[np.float32], counts: NDArray[np.int64]
) -> tuple[NDArray[np.float32], Groups]:
    """The categories that are not in the rest, sorted, and the group of each.

    The most frequent ones have groups of their own. Where these are fewer than ``GROUPS`` - 1, the
    categories after them fill the other groups, the most frequent first, each into the group with
    the fewest records: so a column of many categories has groups that differ, too.
    """
    total = counts.sum()
    order = np.argsort(-counts, kind="stable")
    order = order[counts[order] >= MIN_MEMBER_SHARE * total]
    own = min(int(np.count_nonzero(counts[order] >= MIN_GROUP_SHARE * total)), GROUPS - 1)
    groups = np.zeros(len(order), dtype=np.int64)
    groups[:own] = np.arange(own)
    sizes = np.zeros(GROUPS - 1 - own, dtype=np.int64)
    for position in range(own, len(order) if len(sizes) else own):
        smallest = int(sizes.argmin())
        sizes[smallest] += counts[order[position]]
        groups[position] = own + smallest
    if not len(sizes):
        order, groups = order[:own], groups[:own]
    sorting = np.argsort(values[order], kind="stable")
    return values[order][sorting], groups[sorting]


def _of_categories(
    known: NDArray[np.float32], groups: Groups, values: NDArray[np.float32]
) -> Groups:
    rest = int(groups.max(initial=-1)) + 1
    if not len(known):
        return np.where(np.isnan(values), -1, rest)
    found = np.minimum(np.searchsorted(known, values), len(known) - 1)
    group = np.where(known[found] == values, groups[found], rest)
    return np.where(np.isnan(values), -1, group)


def _of_numbers(edges: NDArray[np.float32], values: NDArray[np.float32]) -> Groups:
    return np.where(np.isnan(values), -1, np.searchsorted(edges, values, side="left"))


def count_pairs(groups: Sequence[Groups], pairs: Sequence[tuple[int, int]]) -> Floats:
    """Counts float64[k, GROUPS, GROUPS] of the records with both values of each pair."""
    tables = np.zeros((len(pairs), GROUPS**2))
    # the cell of a missing value is beyond all others, which are kept
    codes = [np.where(group < 0, GROUPS**2, group) for group in groups]
    rows = [code * GROUPS for code in codes]
    for table, (first, second) in zip(tables, pairs, strict=True):
        cells = rows[first] + codes[second]
        table[:] = np.bincount(cells, minlength=GROUPS**2)[: GROUPS**2]
    return tables.reshape(len(pairs), GROUPS, GROUPS)


def cramers_v(tables: Floats) -> Floats:
    """Cramér's V float64[k], 0 to 1, of tables float64[k, r, c].

    It is sqrt(X^2 / (n (min(r, c) - 1))), counting the rows and columns that are not empty (Cramér,
    "Mathematical Methods of Statistics", 1946, section 21.9).
    """
    n = np.maximum(tables.sum(axis=(1, 2)), 1.0)
    rows, columns = tables.sum(axis=2), tables.sum(axis=1)
    expected = rows[:, :, None] * columns[:, None, :] / n[:, None, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(expected > 0, (tables - expected) ** 2 / expected, 0.0)
    smaller = np.minimum(np.count_nonzero(rows, axis=1), np.count_nonzero(columns, axis=1)) - 1
    share = terms.sum(axis=(1, 2)) / (n * np.maximum(smaller, 1))
    return np.asarray(np.sqrt(np.clip(share, 0.0, 1.0)), dtype=np.float64)


def most_associated_pairs(
    binnings: Mapping[str, Binning],
    sample: NDArray[np.float32],
    excluded_features: Collection[str],
) -> list[tuple[str, str]]:
    """The ``MAX_PAIRS`` pairs with the largest Cramér's V, sorted; none where there are no more.

    Args:
        binnings: Binnings of the features.
        sample: Sampled values float32[n, columns] of the training data.
        excluded_features: Features that take no part.
    """
    names = [name for name in binnings if name not in excluded_features]
    if len(names) * (len(names) - 1) // 2 <= MAX_PAIRS:
        return []
    positions = {name: position for position, name in enumerate(binnings)}
    columns = [sample[:, positions[name]] for name in names]
    groups = [
        grouped(binnings[name], column, column)[0]
        for name, column in zip(names, columns, strict=True)
    ]
    pairs = list(combinations(range(len(names)), 2))
    association = np.concatenate(
        [
            cramers_v(count_pairs(groups, pairs[start : start + _BLOCK]))
            for start in range(0, len(pairs), _BLOCK)
        ]
    )
    chosen = np.argsort(-association, kind="stable")[:MAX_PAIRS]
    return [(names[pairs[one][0]], names[pairs[one][1]]) for one in sorted(chosen.tolist())]


def pairs_of(
    names: Sequence[str], associated: Sequence[tuple[str, str]]
) -> Sequence[tuple[int, int]]:
    """Positions of the pairs to test: the associated ones, or all where none is named."""
    if not associated:
        return list(combinations(range(len(names)), 2))
    positions = {name: position for position, name in enumerate(names)}
    return [(positions[first], positions[second]) for first, second in associated]
