"""Single levels of a column, tested one by one; and those never seen before, together."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from driftloop.compare.reference import Compared
from driftloop.compare.scores import LevelChange
from driftloop.compare.unseen_mass import unseen_mass
from driftloop.metrics.level_change import level_p_values
from driftloop.metrics.missingness import cohens_h
from driftloop.profile.categorical import CategoricalCounts, CategoricalGrid
from driftloop.profile.numeric import NumericGrid
from driftloop.profile.pair import OTHERS, Pair

NOTABLE = 0.05
"""Levels are told one by one from this p-value on."""

MOST_LEVELS = 50

MANY_NEW = 10
"""New levels from which they are tested together as well: fewer speak for themselves."""

NEW_LEVELS = "(new levels together)"


def changed_levels(column: Compared, pair: Pair) -> tuple[float | None, tuple[LevelChange, ...]]:
    """The column's p-value by its levels (None where it has none), and the levels that have
    changed by themselves, the surest first.

    A number of few values has levels too. The sum of levels that are not told apart is no level;
    that of numbers never seen before is one. Where levels were left out, none can be new.
    """
    grid = column.grid
    if isinstance(grid, NumericGrid) and not grid.by_value:
        return None, ()
    p_values = level_p_values(pair.bins, column.allowance.design_effect)
    if isinstance(grid, CategoricalGrid):
        p_values = np.where(np.array(pair.labels) == OTHERS, 1.0, p_values)
        if not grid.labels:
            return 1.0, ()
    together = _new_together(column, len(pair.labels))
    changes = [*_single(pair, p_values), *([] if together is None else [together])]
    least = min([float(p_values.min(initial=1.0)), *(change.p_value for change in changes)])
    return least, tuple(sorted(changes, key=lambda change: change.p_value))


def _single(pair: Pair, p_values: NDArray[np.float64]) -> Iterator[LevelChange]:
    shares = pair.bins.shares()
    if shares is None:
        return
    order = np.argsort(p_values, kind="stable")[:MOST_LEVELS]
    for place in order[p_values[order] <= NOTABLE]:
        old, new = (float(side[place]) for side in shares)
        yield LevelChange(pair.labels[place], old, new, cohens_h(old, new), float(p_values[place]))


def _new_together(column: Compared, levels: int) -> LevelChange | None:
    """New levels of a column of which all levels are known, where there are many of them; counted
    as one level more among ``levels``."""
    reference, current = column.reference, column.current
    if not isinstance(column.grid, CategoricalGrid) or not column.grid.exhaustive:
        return None
    if not isinstance(reference, CategoricalCounts) or not isinstance(current, CategoricalCounts):
        raise TypeError("a categorical grid needs categorical counts")
    if len(current.new) < MANY_NEW or not reference.present:
        return None
    singles, n, m = int(np.count_nonzero(reference.known == 1)), reference.present, current.present
    counts, by = list(current.new.values()), column.allowance.design_effect
    p_value, effect = unseen_mass(singles, n, current.unseen, m, counts, by)
    bounded = min(1.0, p_value * (levels + 1))
    if bounded > NOTABLE:
        return None
    return LevelChange(NEW_LEVELS, singles / n, current.unseen / m, effect, bounded)
