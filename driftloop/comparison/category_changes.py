"""Changes of single categories, and of the share of categories that the reference does not have.

Each category is tested by itself. Many new categories are also tested together: in a column with a
long tail some values are always new. The probability that the next record's category is none of
those of n records is near f1 / n, where f1 of these categories occurred once (Good, "The population
frequencies of species", Biometrika 40, 1953; leaving out one record at a time gives the same). So
the u unseen values among m are compared with the f1 among n by Fisher's test. A new category that
occurs c times is one finding and not c: counts are divided by sum c^2 / sum c, the design effect of
clusters.
"""

from collections.abc import Collection, Iterator

import numpy as np
from numpy.typing import NDArray

from driftloop.comparison.reference import ComparedColumn
from driftloop.comparison.scores import MAX_P_VALUE, CategoryChange
from driftloop.metrics.category_tests import category_p_values
from driftloop.metrics.cohens_h import cohens_h
from driftloop.metrics.fisher import fisher_exact
from driftloop.profile.categorical import CategoricalBinning, CategoricalCounts
from driftloop.profile.column_pair import OTHERS, ColumnPair, MissingCounts
from driftloop.profile.numeric.counts import NumericBinning

MAX_CATEGORIES = 50
"""Categories whose changes are listed, those with the smallest p-values."""

MIN_NEW_CATEGORIES = 10
"""New categories from which they are tested together as well; fewer are tested one by one only."""

NEW_CATEGORIES = "(new categories together)"
"""Name of all new categories in a category change."""


def changed_categories(
    column: ComparedColumn, pair: ColumnPair
) -> tuple[float | None, tuple[CategoryChange, ...]]:
    """Test a column's categories.

    A numeric column with few values has categories too: its values. The sum of categories without
    counts of their own is none; the sum of new numbers is one.

    Args:
        column: The column and its design effect.
        pair: The column as it is compared; its labels name the bins.

    Returns:
        The smallest p-value, None for a column without categories; and the changes, the smallest
        p-value first. Where the binning has no categories at all, none can be new.
    """
    binning = column.binning
    if isinstance(binning, NumericBinning) and not binning.has_few_values:
        return None, ()
    p_values = category_p_values(pair.bins, column.adjustment.design_effect)
    if isinstance(binning, CategoricalBinning):
        p_values = np.where(np.array(pair.labels) == OTHERS, 1.0, p_values)
        if not binning.labels:
            return 1.0, ()
    new = _new_categories_together(column, len(pair.labels))
    changes = [*_single_changes(pair, p_values), *([] if new is None else [new])]
    smallest = min([float(p_values.min(initial=1.0)), *(change.p_value for change in changes)])
    return smallest, tuple(sorted(changes, key=lambda change: change.p_value))


def _single_changes(pair: ColumnPair, p_values: NDArray[np.float64]) -> Iterator[CategoryChange]:
    shares = pair.bins.shares()
    if shares is None:
        return
    order = np.argsort(p_values, kind="stable")[:MAX_CATEGORIES]
    for position in order[p_values[order] <= MAX_P_VALUE]:
        reference, current = (float(side[position]) for side in shares)
        effect_size = cohens_h(reference, current)
        yield CategoryChange(
            pair.labels[position], reference, current, effect_size, float(p_values[position])
        )


def _new_categories_together(column: ComparedColumn, categories: int) -> CategoryChange | None:
    """The change of all new categories, counted as one more among ``categories``.

    None where they are few, where not all categories of the reference are known, and where the
    change is not worth listing.
    """
    reference, current = column.reference, column.current
    if not isinstance(column.binning, CategoricalBinning) or not column.binning.is_exhaustive:
        return None
    if not isinstance(reference, CategoricalCounts) or not isinstance(current, CategoricalCounts):
        raise TypeError("a categorical binning needs categorical counts")
    if len(current.new) < MIN_NEW_CATEGORIES or not reference.present:
        return None
    singletons = int(np.count_nonzero(reference.known == 1))
    n, m = reference.present, current.present
    p_value, effect_size = unseen_mass_test(
        singletons,
        n,
        current.unseen_count,
        m,
        list(current.new.values()),
        column.adjustment.design_effect,
    )
    adjusted = min(1.0, p_value * (categories + 1))
    if adjusted > MAX_P_VALUE:
        return None
    return CategoryChange(
        NEW_CATEGORIES, singletons / n, current.unseen_count / m, effect_size, adjusted
    )


def unseen_mass_test(
    singletons: int,
    n: int,
    unseen: int,
    m: int,
    counts: Collection[int],
    design_effect: float = 1.0,
) -> tuple[float, float]:
    """Test whether more values are unseen than the reference's singletons let expect.

    Args:
        singletons: Values of the reference that are the only one of their category (f1).
        n: Values of the reference.
        unseen: Current values of categories that the reference does not have (u).
        m: Current values.
        counts: Current counts of such categories, or of a random part of them (c).
        design_effect: By how much dependence of records inflates variance, 1 or more.

    Returns:
        P-value and Cohen's h; 1 and 0 where not more values are unseen than expected.
    """
    if not n or not m or unseen * n <= singletons * m:
        return 1.0, 0.0
    cluster = sum(count * count for count in counts) / max(sum(counts), 1)
    effect = max(1.0, cluster) * design_effect
    p_value = fisher_exact(MissingCounts(singletons, n, unseen, m), effect)
    return 1.0 if p_value is None else p_value, cohens_h(singletons / n, unseen / m)
