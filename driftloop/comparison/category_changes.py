"""Single levels of a column, tested one by one; and those never seen before, together.

Whether more values are of levels never seen before than the reference lets expect.

Of a column with a long tail some values are always new: the share that a next record's level is
none of those of n records is near f1 / n, where f1 of these levels were met once (Good, "The
population frequencies of species", Biometrika 40, 1953; it is what leaving out one record at a time
gives). So the u new values among m are compared with the f1 among n by Fisher's test. A new level
that comes c times is one finding and not c: counts are divided by sum c^2 / sum c, as records of a
cluster are.
"""

from collections.abc import Collection, Iterator

import numpy as np
from numpy.typing import NDArray

from driftloop.comparison.reference import ComparedColumn
from driftloop.comparison.scores import CategoryChange
from driftloop.metrics.category_tests import category_p_values
from driftloop.metrics.cohens_h import cohens_h
from driftloop.metrics.fisher import fisher_exact
from driftloop.profile.categorical import CategoricalBinning, CategoricalCounts
from driftloop.profile.column_pair import OTHERS, ColumnPair, MissingCounts
from driftloop.profile.numeric.counts import NumericBinning

NOTABLE = 0.05
"""Levels are told one by one from this p-value on."""

MAX_CATEGORIES = 50

MIN_NEW_CATEGORIES = 10
"""New levels from which they are tested together as well: fewer speak for themselves."""

NEW_CATEGORIES = "(new levels together)"


def changed_categories(
    column: ComparedColumn, pair: ColumnPair
) -> tuple[float | None, tuple[CategoryChange, ...]]:
    """The column's p-value by its levels (None where it has none), and the levels that have
    changed by themselves, the surest first.

    A number of few values has levels too. The sum of levels that are not told apart is no level;
    that of numbers never seen before is one. Where levels were left out, none can be new.
    """
    binning = column.binning
    if isinstance(binning, NumericBinning) and not binning.has_few_values:
        return None, ()
    p_values = category_p_values(pair.bins, column.adjustment.design_effect)
    if isinstance(binning, CategoricalBinning):
        p_values = np.where(np.array(pair.labels) == OTHERS, 1.0, p_values)
        if not binning.labels:
            return 1.0, ()
    together = _new_together(column, len(pair.labels))
    changes = [*_single(pair, p_values), *([] if together is None else [together])]
    least = min([float(p_values.min(initial=1.0)), *(change.p_value for change in changes)])
    return least, tuple(sorted(changes, key=lambda change: change.p_value))


def _single(pair: ColumnPair, p_values: NDArray[np.float64]) -> Iterator[CategoryChange]:
    shares = pair.bins.shares()
    if shares is None:
        return
    order = np.argsort(p_values, kind="stable")[:MAX_CATEGORIES]
    for place in order[p_values[order] <= NOTABLE]:
        old, new = (float(side[place]) for side in shares)
        yield CategoryChange(
            pair.labels[place], old, new, cohens_h(old, new), float(p_values[place])
        )


def _new_together(column: ComparedColumn, categories: int) -> CategoryChange | None:
    """New levels of a column of which all levels are known, where there are many of them; counted
    as one level more among ``categories``."""
    reference, current = column.reference, column.current
    if not isinstance(column.binning, CategoricalBinning) or not column.binning.is_exhaustive:
        return None
    if not isinstance(reference, CategoricalCounts) or not isinstance(current, CategoricalCounts):
        raise TypeError("a categorical grid needs categorical counts")
    if len(current.new) < MIN_NEW_CATEGORIES or not reference.present:
        return None
    singles, n, m = int(np.count_nonzero(reference.known == 1)), reference.present, current.present
    counts, by = list(current.new.values()), column.adjustment.design_effect
    p_value, effect = unseen_mass_test(singles, n, current.unseen_count, m, counts, by)
    bounded = min(1.0, p_value * (categories + 1))
    if bounded > NOTABLE:
        return None
    return CategoryChange(NEW_CATEGORIES, singles / n, current.unseen_count / m, effect, bounded)


def unseen_mass_test(
    singles: int, n: int, unseen: int, m: int, counts: Collection[int], design_effect: float = 1.0
) -> tuple[float, float]:
    """P-value and Cohen's h; 1 and 0 where not more is unseen than expected.

    ``singles`` of the reference's ``n`` values are of levels met once, ``unseen`` of the window's
    ``m`` of levels that the reference has not; ``counts`` are those of such levels, or of a random
    part of them.
    """
    if not n or not m or unseen * n <= singles * m:
        return 1.0, 0.0
    cluster = sum(count * count for count in counts) / max(sum(counts), 1)
    p_value = fisher_exact(MissingCounts(singles, n, unseen, m), max(1.0, cluster) * design_effect)
    return 1.0 if p_value is None else p_value, cohens_h(singles / n, unseen / m)
