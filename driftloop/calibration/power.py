"""The smallest change of one feature that the rule would catch."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from driftloop.calibration.population import (
    Population,
    commonest,
    level_name,
    mean_of,
    moved,
    tilted,
    with_new_level,
)
from driftloop.compare import score_column
from driftloop.judge import Policy, judge_alone
from driftloop.judge.discoveries import weights_of
from driftloop.judge.verdict import DRIFTED
from driftloop.profile.columns import ColumnCounts
from driftloop.profile.numeric import NumericGrid

POWER = 0.9
RUNS = 200
"""Windows drawn at each size: the power of the size found is known to within some 4 points."""

REFERENCES = 10
LARGEST_SHIFT = 4.0
_STEPS = 9
"""Halvings of the logarithmic range of sizes: 2% for shifts, 4% for shares."""


@dataclass(frozen=True, slots=True)
class Caught:
    """The smallest change of one kind that at least ``POWER`` of the windows find.

    ``change``: ``shift`` (``size`` in standard deviations), ``moved_share`` or ``new_level``
    (``size`` as a share of the values). ``size`` is None where none is found so often. ``units`` is
    a shift in the feature's own units, ``levels`` are those between which a share moves.
    """

    feature: str
    change: str
    size: float | None
    power: float | None
    units: float | None = None
    levels: tuple[str, str] | None = None


Change = Callable[[Population], Population]
Power = Callable[[Change], float]
"""How often windows are called drifted whose population is changed."""


class _Drawn:
    """Windows of one feature, drawn independently."""

    def __init__(
        self,
        name: str,
        population: Population,
        records: int,
        rate: int,
        columns: Sequence[str],
        policy: Policy,
    ) -> None:
        self._name, self._population = name, population
        self._rate, self._columns, self._policy = rate, len(columns), policy
        self._weight = weights_of(columns, policy)[name]
        self._seed = [records, rate, *name.encode()]
        random = np.random.default_rng(self._seed)
        self._references: Sequence[ColumnCounts] = [
            population.draw(random, records) for _ in range(REFERENCES)
        ]

    def power(self, change: Change) -> float:
        """Share of windows drawn from what is changed that are drifted; the same draws always."""
        changed = change(self._population)
        random = np.random.default_rng([*self._seed, RUNS])
        found = 0
        for run in range(RUNS):
            reference = self._references[run % REFERENCES]
            window = changed.draw(random, self._rate)
            score = score_column(self._name, changed.grid, reference, window)
            found += judge_alone(score, self._columns, self._policy, self._weight).status == DRIFTED
        return found / RUNS


def smallest(
    power: Power, change: Callable[[Population, float], Population], low: float, high: float
) -> tuple[float | None, float | None]:
    """The smallest size within [low, high] that is caught, and how often it is."""

    def of_size(size: float) -> float:
        return power(lambda population: change(population, size))

    best = of_size(high)
    if best < POWER:
        return None, None
    size = high
    for _ in range(_STEPS):
        middle = math.sqrt(low * high)
        found = of_size(middle)
        if found >= POWER:
            high, size, best = middle, middle, found
        else:
            low = middle
    return size, best


def smallest_caught(
    name: str,
    population: Population,
    *,
    records: int,
    rate: int,
    columns: Sequence[str],
    policy: Policy,
) -> list[Caught]:
    """What is caught of a feature at ``rate`` records a window against ``records`` of a reference.

    The rule's bound is the one for a single changed column among ``columns``, all that are judged.
    """
    drawn = _Drawn(name, population, records, rate, columns, policy)
    return every_change(name, population, drawn.power, rate)


def every_change(name: str, population: Population, power: Power, rate: float) -> list[Caught]:
    """The smallest change of each kind that the column can have, in windows of ``rate`` records."""
    if isinstance(population.grid, NumericGrid):
        return [_shift(name, population, power)]
    return [*_moved_share(name, population, power, rate), _new_level(name, power, rate)]


def _shift(name: str, population: Population, power: Power) -> Caught:
    size, share = smallest(power, tilted, 0.01, LARGEST_SHIFT)
    before = mean_of(population)
    after = None if size is None else mean_of(tilted(population, size))
    units = None if before is None or after is None else after - before
    return Caught(name, "shift", size, share, units=units)


def _moved_share(name: str, population: Population, power: Power, rate: float) -> list[Caught]:
    try:
        first, second = commonest(population)
    except ValueError:
        return []
    top = float(population.shares[first] / (1 - population.shares[0]))
    size, share = smallest(power, moved, min(0.5 / rate, top / 2), top * (1 - 1e-9))
    levels = level_name(population, first), level_name(population, second)
    return [Caught(name, "moved_share", size, share, levels=levels)]


def _new_level(name: str, power: Power, rate: float) -> Caught:
    size, share = smallest(power, with_new_level, 0.5 / rate, 0.9)
    return Caught(name, "new_level", size, share)
