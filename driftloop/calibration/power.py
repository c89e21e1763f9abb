"""Minimum detectable changes: the smallest change of one feature that the rule would detect."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
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
from driftloop.detection.verdict import ColumnStatus
from driftloop.profile.columns import ColumnCounts
from driftloop.profile.numeric.counts import NumericBinning

POWER = 0.9
"""Share of windows in which a detectable change is detected."""

RUNS = 200
"""Windows drawn at each size: the power of the result is known to within some 4 points."""

REFERENCES = 10
"""References that are drawn, so that no single draw decides."""

MAX_SHIFT = 4.0
"""Largest shift that is tried, in standard deviations."""

_STEPS = 9
"""Bisections of the logarithmic range of sizes: 2% for shifts, 4% for shares."""


@dataclass(frozen=True, slots=True)
class DetectableChange:
    """The smallest change of one kind that is detected in at least ``POWER`` of the windows.

    ``change``: ``shift`` (``size`` in standard deviations), ``moved_share`` or ``new_category``
    (``size`` as a share of the values). ``size`` is None where no size is detected so often.
    ``in_column_units`` is a shift in the feature's own units, ``categories`` are those between
    which a share moves.
    """

    feature: str
    change: str
    size: float | None
    power: float | None
    in_column_units: float | None = None
    categories: tuple[str, str] | None = None


Change = Callable[[Population], Population]
Power = Callable[[Change], float]
"""The share of windows drawn from a changed population that drift; it may be 0 below ``POWER``."""


def share_detected(detections: Iterable[bool], windows: int) -> float:
    """The share of windows in which a change is detected; 0 once it can't reach ``POWER``.

    Half of the sizes that a bisection tries are too small, which a tenth of the windows show.

    Args:
        detections: Whether the change is detected, window by window, computed when it is read.
        windows: How many windows there are.
    """
    detected = missed = 0
    for is_detected in detections:
        detected += is_detected
        missed += not is_detected
        if (windows - missed) / windows < POWER:
            return 0.0
    return detected / max(windows, 1)


class _SimulatedWindows:
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
        """The share of windows of the changed population that drift; always the same draws."""
        return share_detected(self._detections(change(self._population)), RUNS)

    def _detections(self, changed: Population) -> Iterator[bool]:
        random = np.random.default_rng([*self._seed, RUNS])
        for run in range(RUNS):
            reference = self._references[run % REFERENCES]
            window = changed.draw(random, self._rate)
            comparison = compare_column(self._name, changed.binning, reference, window, metrics=())
            verdict = detect_in_column(comparison, self._columns, self._policy, self._weight)
            yield verdict.status == ColumnStatus.DRIFTED


def find_smallest(
    power: Power, change: Callable[[Population, float], Population], low: float, high: float
) -> tuple[float | None, float | None]:
    """The smallest size within [low, high] that is detected, and its power.

    Args:
        power: Measures a change.
        change: Changes a population by a size.
        low: Smallest size to try, positive.
        high: Largest size to try.

    Returns:
        Size and power; None and None where not even ``high`` is detected often enough.
    """

    def power_at(size: float) -> float:
        return power(lambda population: change(population, size))

    power_found = power_at(high)
    if power_found < POWER:
        return None, None
    size = high
    for _ in range(_STEPS):
        middle = math.sqrt(low * high)
        power_at_middle = power_at(middle)
        if power_at_middle >= POWER:
            high, size, power_found = middle, middle, power_at_middle
        else:
            low = middle
    return size, power_found


def minimum_detectable_changes(
    name: str,
    population: Population,
    *,
    records: int,
    rate: int,
    columns: Sequence[str],
    policy: DriftPolicy,
) -> list[DetectableChange]:
    """The smallest detectable change of each kind of one feature, by simulation.

    Args:
        name: The feature.
        population: Its distribution.
        records: Records of a reference.
        rate: Records of a window.
        columns: All columns that take part in verdicts; no other one is changed.
        policy: Settings of the rule.
    """
    windows = _SimulatedWindows(name, population, records, rate, columns, policy)
    return detectable_changes(name, population, windows.power, rate)


def detectable_changes(
    name: str, population: Population, power: Power, rate: float
) -> list[DetectableChange]:
    """The smallest detectable change of each kind that a column can have.

    ``rate`` is the number of records of a window: no share is below one record.
    """
    if isinstance(population.binning, NumericBinning):
        return [_shift(name, population, power)]
    return [*_moved_share(name, population, power, rate), _new_category(name, power, rate)]


def _shift(name: str, population: Population, power: Power) -> DetectableChange:
    size, found = find_smallest(power, shifted_by, 0.01, MAX_SHIFT)
    before = trimmed_mean(population)
    after = None if size is None else trimmed_mean(shifted_by(population, size))
    units = None if before is None or after is None else after - before
    return DetectableChange(name, "shift", size, found, in_column_units=units)


def _moved_share(
    name: str, population: Population, power: Power, rate: float
) -> list[DetectableChange]:
    try:
        first, second = most_frequent(population)
    except ValueError:
        return []
    largest = float(population.shares[first] / (1 - population.shares[0]))
    one_record, largest = 1 / rate, largest * (1 - 1e-9)
    size, found = (
        find_smallest(power, with_moved_share, one_record, largest)
        if one_record < largest
        else (None, None)
    )
    categories = category_name(population, first), category_name(population, second)
    return [DetectableChange(name, "moved_share", size, found, categories=categories)]


def _new_category(name: str, power: Power, rate: float) -> DetectableChange:
    size, found = find_smallest(power, with_new_category, 1 / rate, 0.9)
    return DetectableChange(name, "new_category", size, found)
