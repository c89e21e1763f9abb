"""Estimates from labels of which some are still to come.

A label that is known of a record of age a counts 1 / G(a) times, where G is the share of the labels
of its class and group of scores that come by that age (Hajek's estimator: weighted sums over the
sum of weights). This is right if labels come as they did. That is checked: the weights of all known
labels must add up to the labels that are expected in the end.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from math import sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from driftloop.outcomes import BinaryBinning
from driftloop.outcomes.score_sums import ClassCells
from driftloop.outcomes.split_points import GROUPS
from driftloop.outcomes.sums import BinarySums, sums_of
from driftloop.performance.daily_outcomes import LabeledPredictions, count_rows
from driftloop.performance.label_maturity import MIN_SHARE, LabelDelays
from driftloop.profile.date_parts import DAY_SECONDS, HOUR_SECONDS

Floats = NDArray[np.float64]

MAX_MASS_DEVIATION, MIN_MASS_Z = 0.04, 4.0
"""The delay has changed where the mass differs from 1 by more, and by more standard errors."""


@dataclass(frozen=True, slots=True, eq=False)
class WeightedDay:
    """The weighted labels of one day.

    Attributes:
        sums: Weighted sums; None where a kind of label is known of too few records.
        mass: float64[groups], sums of weights by group of scores.
        expected: float64[groups], labels that are expected in the end.
        variance: float64[groups], of the mass if labels come independently of each other.
        spread: Standard deviation of the mass over earlier days at the same age, as a multiple of
            what is expected.
        spreads: float64[groups], the same by group of scores.
        squares: Sum of the squares of the weights.
        lowest_share: The smallest G of the classes and groups that have labels.
    """

    sums: BinarySums | None
    mass: Floats
    expected: Floats
    variance: Floats
    spread: float
    spreads: Floats
    squares: float
    lowest_share: float


class MassCheck(NamedTuple):
    """Known labels, weighted, as a multiple of those that were expected."""

    mass: float
    z: float
    has_changed: bool


def weight_day(
    binning: BinaryBinning, rows: LabeledPredictions, delays: LabelDelays, as_of: float
) -> WeightedDay:
    """Weight the known labels of one day, hour by hour.

    Args:
        binning: Split points of the scores.
        rows: The records of the day, labeled or not.
        delays: How labels arrive.
        as_of: Epoch seconds up to which labels were collected.
    """
    hours = np.floor(rows.records.times / HOUR_SECONDS)
    parts = []
    for hour in np.unique(hours).tolist():
        own = rows.take(np.flatnonzero(hours == hour))
        parts.append(_weight(binning, own, delays, as_of))
    supported = [part.sums for part in parts if part.sums is not None]
    day_end = (np.floor(rows.records.times[0] / DAY_SECONDS) + 1) * DAY_SECONDS
    spread, spreads = delays.mass_spread(as_of - float(day_end))
    return WeightedDay(
        reduce(add_sums, supported) if len(supported) == len(parts) else None,
        sum((part.mass for part in parts), np.zeros(GROUPS)),
        sum((part.expected for part in parts), np.zeros(GROUPS)),
        sum((part.variance for part in parts), np.zeros(GROUPS)),
        spread,
        spreads,
        sum(part.squares for part in parts),
        min(part.lowest_share for part in parts),
    )


def check_mass(days: Sequence[WeightedDay]) -> MassCheck | None:
    """Whether labels come as they did; None where there is nothing to check.

    All records together are checked, each day, and each group of scores: changes of two may cancel
    out, and those of young days are lost among old ones.
    """
    usable = [day for day in days if day.sums is not None and day.expected.sum() > 0]
    if not usable:
        return None
    tests = 1 + len(usable) + GROUPS
    whole = _check([_whole(day) for day in usable], tests)
    single = [_check([_whole(day)], tests) for day in usable]
    groups = [_check([_group(day, group) for day in usable], tests) for group in range(GROUPS)]
    return MassCheck(
        whole.mass, whole.z, any(check.has_changed for check in (whole, *single, *groups))
    )


def add_sums(one: BinarySums, other: BinarySums) -> BinarySums:
    """The sums over the rows of both."""
    spread = one.cells.spread | other.cells.spread
    return replace(
        one,
        cells=ClassCells(one.cells.counts + other.cells.counts, spread),
        losses=one.losses + other.losses,
        scores=one.scores + other.scores,
        outside=one.outside + other.outside,
    )


def score_groups(binning: BinaryBinning, scores: Floats) -> NDArray[np.int64]:
    """int64[n], the group of each score; scores are no NaN."""
    return binning.scores.groups[binning.scores.cells_of(scores)]


def _weight(
    binning: BinaryBinning, rows: LabeledPredictions, delays: LabelDelays, as_of: float
) -> WeightedDay:
    ages = as_of - rows.records.times
    shares = delays.known_shares(ages)
    scored = ~np.isnan(rows.records.predictions)
    groups = score_groups(binning, rows.records.predictions[scored])
    records = np.bincount(groups, minlength=GROUPS)
    in_the_end = delays.labeled_shares
    expected = records * in_the_end
    sums = sums_of(binning, count_rows(binning, rows))
    assert isinstance(sums, BinarySums)  # noqa: S101  (the binning is a binary one)
    counts = np.stack([np.bincount(sums.groups, row, GROUPS) for row in sums.cells.counts])
    present = records > 0
    lowest = float(shares[:, present].min()) if present.any() else 1.0
    weights = 1 / np.maximum(shares, MIN_SHARE)
    weighted = counts * weights
    return WeightedDay(
        sums.weighted(weights) if lowest >= MIN_SHARE else None,
        weighted.sum(axis=0),
        expected,
        (weighted * weights * (1 - shares)).sum(axis=0) + expected * (1 - in_the_end),
        0.0,
        np.zeros(GROUPS),
        float((weighted * weights).sum()),
        lowest,
    )


class _Part(NamedTuple):
    """The mass of some records of a day, what is expected of them, and its standard error."""

    mass: float
    expected: float
    error: float


def _whole(day: WeightedDay) -> _Part:
    expected = float(day.expected.sum())
    by_rows = sqrt(float(day.variance.sum()))
    return _Part(float(day.mass.sum()), expected, max(by_rows, day.spread * expected))


def _group(day: WeightedDay, group: int) -> _Part:
    expected = float(day.expected[group])
    by_rows = sqrt(float(day.variance[group]))
    by_days = float(day.spreads[group]) * expected if expected else 0.0
    return _Part(float(day.mass[group]), expected, max(by_rows, by_days))


def _check(parts: Sequence[_Part], tests: int) -> MassCheck:
    """The mass of all parts, whose errors are independent."""
    expected = sum(part.expected for part in parts)
    error = sqrt(sum(part.error**2 for part in parts))
    if not expected or not error:
        return MassCheck(1.0, 0.0, False)
    ratio = sum(part.mass for part in parts) / expected
    z = (ratio - 1) * expected / error
    p_value = 2 * float(ndtr(-abs(z)))
    has_changed = (
        abs(ratio - 1) > MAX_MASS_DEVIATION and p_value < 2 * float(ndtr(-MIN_MASS_Z)) / tests
    )
    return MassCheck(ratio, z, has_changed)
