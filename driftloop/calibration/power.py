"""The smallest change of one feature that the rule would catch."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from driftloop.calibration.population import (
    Population,
    category_name,
    most_frequent,
    shifted_by,
    trimmed_mean,
    with_moved_share,
    with_new_category,
)
from driftloop.comparison import compare_column
from driftloop.detection import DriftPolicy, detect_in_column
from driftloop.detection.significance import normalized_weights
from driftloop.detection.verdict import DRIFTED
from driftloop.profile.columns import ColumnCounts
from driftloop.profile.numeric.counts import NumericBinning

POWER = 0.9
RUNS = 200
"""Windows drawn at each size: the power of the size found is known to within some 4 points."""

REFERENCES = 10
MAX_SHIFT = 4.0
_STEPS = 9
"""Halvings of the logarithmic range of sizes: 2% for shifts, 4% for shares."""


@dataclass(frozen=True, slots=True)
class DetectableChange:
    """The smallest change of one kind that at least ``POWER`` of the windows find.

    ``change``: ``shift`` (``size`` in standard deviations), ``moved_share`` or ``new_category``
    (``size`` as a share of the values). ``size`` is None where none is found so often.
    ``in_column_units`` is
    a shift in the feature's own units, ``categories`` are those between which a share moves.
    """

    feature: str
    change: str
    size: float | None
    power: float | None
    in_column_units: float | None = None
    categories: tuple[str, str] | None = None


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
        policy: DriftPolicy,
    ) -> None:
        self._name, self._population = name, population
        self._rate, self._columns, self._policy = rate, len(columns), policy
        self._weight = normalized_weights(columns, policy)[name]
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
            score = compare_column(self._name, changed.binning, reference, window)
            found += (
                detect_in_column(score, self._columns, self._policy, self._weight).status == DRIFTED
            )
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


def minimum_detectable_changes(
    name: str,
    population: Population,
    *,
    records: int,
    rate: int,
    columns: Sequence[str],
    policy: DriftPolicy,
) -> list[DetectableChange]:
    """What is caught of a feature at ``rate`` records a window against ``records`` of a reference.

    The rule's bound is the one for a single changed column among ``columns``, all that are judged.
    """
    drawn = _Drawn(name, population, records, rate, columns, policy)
    return detectable_changes(name, population, drawn.power, rate)


def detectable_changes(
    name: str, population: Population, power: Power, rate: float
) -> list[DetectableChange]:
    """The smallest change of each kind that the column can have, in windows of ``rate`` records."""
    if isinstance(population.binning, NumericBinning):
        return [_shift(name, population, power)]
    return [*_moved_share(name, population, power, rate), _new_category(name, power, rate)]


def _shift(name: str, population: Population, power: Power) -> DetectableChange:
    size, share = smallest(power, shifted_by, 0.01, MAX_SHIFT)
    before = trimmed_mean(population)
    after = None if size is None else trimmed_mean(shifted_by(population, size))
    units = None if before is None or after is None else after - before
    return DetectableChange(name, "shift", size, share, in_column_units=units)


def _moved_share(
    name: str, population: Population, power: Power, rate: float
) -> list[DetectableChange]:
    try:
        first, second = most_frequent(population)
    except ValueError:
        return []
    top = float(population.shares[first] / (1 - population.shares[0]))
    size, share = smallest(power, with_moved_share, min(0.5 / rate, top / 2), top * (1 - 1e-9))
    categories = category_name(population, first), category_name(population, second)
    return [DetectableChange(name, "moved_share", size, share, categories=categories)]


def _new_category(name: str, power: Power, rate: float) -> DetectableChange:
    size, share = smallest(power, with_new_category, 0.5 / rate, 0.9)
    return DetectableChange(name, "new_category", size, share)
