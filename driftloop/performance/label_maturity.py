"""How long labels take, learned from records that are old enough to have all of theirs.

The delay of a label is right-truncated: of a record of age t only delays up to t can be seen. Its
distribution is estimated in reverse time by the product-limit method (Lagakos, Barraj and De
Gruttola, "Nonparametric analysis of truncated survival data", Biometrika 75 (1988)):

    G(a) = product over delays x > a of 1 - d_x / n_x

where d_x labels came after x, and n_x labels came after x or sooner of records that are at least x
old. It is estimated by class and group of scores: labels of one class may come sooner, and those of
hard cases later.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driftloop.outcomes.split_points import GROUPS

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

MIN_CELL_LABELS = 30
"""Labels of a class and group of scores; with fewer, the delays of the whole class are used."""

MIN_SHARE = 0.1
"""Smallest G by which a label is weighted: below it single labels would count for ten or more."""

MIN_DAYS = 7
"""Days of which a standard deviation is taken."""


@dataclass(frozen=True, slots=True, eq=False)
class DelayCurve:
    """The distribution of a delay: ``shares[i]`` of the labels come by ``delays[i]`` seconds."""

    delays: Floats
    shares: Floats

    def share(self, ages: Floats) -> Floats:
        """float64[n], the share of the labels that have come by each age in seconds."""
        position = np.searchsorted(self.delays, ages, side="right")
        return np.concatenate([[0.0], self.shares])[position]

    def quantile(self, share: float) -> float:
        """The delay in seconds within which a share of the labels comes."""
        position = np.searchsorted(self.shares, share - 1e-12)
        return float(self.delays[min(int(position), len(self.delays) - 1)])


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """The records from which delays were learned.

    Attributes:
        days: int64[n], the records' days, numbered from 0.
        until_day_end: float64[n], seconds from the record to the end of its day.
        labels: float64[n], 1 positive, 0 negative, NaN without a label.
        groups: int64[n], groups of scores.
        delays: float64[n], seconds from prediction to label; NaN without one.
    """

    days: Codes
    until_day_end: Floats
    labels: Floats
    groups: Codes
    delays: Floats


@dataclass(frozen=True, slots=True, eq=False)
class LabelDelays:
    """How labels of a binary model arrive.

    Attributes:
        curves: By class and group of scores; None where no label of the class was seen.
        by_class: By class alone.
        labeled_shares: float64[groups], share of the records that is labeled in the end.
        labeled_share: The same of all records.
        labels: Labels from which the delays were learned.
        history: The records from which they were learned.
    """

    curves: tuple[tuple[DelayCurve | None, ...], ...]
    by_class: tuple[DelayCurve | None, ...]
    labeled_shares: Floats
    labeled_share: float
    labels: int
    history: "History"

    def row_shares(self, labels: Floats, groups: Codes, ages: Floats) -> Floats:
        """float64[n]: G of each record, by its class, group of scores and age; 0 without a label
        or where none of its class was ever seen."""
        shares = np.zeros(len(labels))
        for code, row in enumerate(self.curves):
            for group, curve in enumerate(row):
                own = (labels == code) & (groups == group)
                if curve is not None and own.any():
                    shares[own] = curve.share(ages[own])
        return shares

    def mass_spread(self, until_as_of: float) -> tuple[float, Floats]:
        """How much the mass of a day varies from day to day, if labels come as they did.

        Args:
            until_as_of: Seconds from the end of the day to the time up to which labels are known.

        Returns:
            The standard deviation over the days of the history: of all records of a day, and
            float64[groups] by group of scores; infinite with fewer than ``MIN_DAYS`` days.
        """
        history = self.history
        ages = until_as_of + history.until_day_end
        shares = self.row_shares(history.labels, history.groups, ages)
        known = (history.delays <= ages) & (shares > 0)
        weights = np.where(known, 1 / np.maximum(shares, MIN_SHARE), 0.0)
        cells = history.days * GROUPS + history.groups
        size = (int(history.days.max()) + 1) * GROUPS
        mass = np.bincount(cells, weights, size).astype(np.float64).reshape(-1, GROUPS)
        records = np.bincount(cells, minlength=size).reshape(-1, GROUPS)
        expected: Floats = records * self.labeled_shares
        whole = _spread(mass.sum(axis=1), expected.sum(axis=1))
        return whole, np.array([_spread(mass[:, n], expected[:, n]) for n in range(GROUPS)])

    def known_shares(self, ages: Floats) -> Floats:
        """float64[2, groups]: share of the labels that are known of records of some ages.

        0 where no label of a class was ever seen.
        """
        return np.array(
            [
                [0.0 if curve is None else curve.share(ages).mean() for curve in row]
                for row in self.curves
            ]
        )


def learn_delays(history: History, ages: Floats, max_age: float) -> LabelDelays:
    """Learn how labels arrive.

    Args:
        history: Records that are old enough to have their labels.
        ages: float64[n], the records' ages in seconds.
        max_age: Age in seconds from which no further label is expected. Labels that came later
            count as having come then.
    """
    labels, groups = history.labels, history.groups
    known = ~np.isnan(labels) & ~np.isnan(history.delays)
    waited = np.clip(history.delays, 0.0, max_age)
    by_class = tuple(_curve(known & (labels == code), waited, ages) for code in (0, 1))
    curves = tuple(
        tuple(
            _curve(known & (labels == code) & (groups == group), waited, ages, whole)
            for group in range(GROUPS)
        )
        for code, whole in enumerate(by_class)
    )
    is_labeled = ~np.isnan(labels)
    share = float(is_labeled.mean()) if len(labels) else 0.0
    records = np.bincount(groups, minlength=GROUPS)
    labeled = np.bincount(groups, is_labeled, minlength=GROUPS)
    shares = np.where(records > 0, labeled / np.maximum(records, 1), share)
    return LabelDelays(curves, by_class, shares, share, int(known.sum()), history)


def product_limit(delays: Floats, ages: Floats) -> DelayCurve:
    """The distribution of right-truncated delays.

    Args:
        delays: float64[n] >= 0, seconds from prediction to label.
        ages: float64[n], ages of the records, at least the delay each: a longer one could not have
            been seen.

    Example:
        >>> curve = product_limit(np.array([1.0, 1.0, 3.0]), np.array([4.0, 2.0, 4.0]))
        >>> curve.share(np.array([2.0, 3.0]))
        array([0.5, 1. ])
    """
    values, came = np.unique(delays, return_counts=True)
    ordered, limits = np.sort(delays), np.sort(ages)
    within = np.searchsorted(ordered, values, side="right")
    unseen = np.searchsorted(limits, values, side="left")
    hazard = came / np.maximum(within - unseen, 1)
    later = np.cumprod((1 - hazard)[::-1])[::-1]
    return DelayCurve(values, np.append(later[1:], 1.0))


def _curve(
    chosen: NDArray[np.bool_], delays: Floats, ages: Floats, fallback: DelayCurve | None = None
) -> DelayCurve | None:
    count = int(np.count_nonzero(chosen))
    if count < MIN_CELL_LABELS and fallback is not None:
        return fallback
    return product_limit(delays[chosen], ages[chosen]) if count else None


def _spread(mass: Floats, expected: Floats) -> float:
    """The standard deviation of the mass of days, as a multiple of what was expected of them."""
    used = expected > 0
    count = int(np.count_nonzero(used))
    if count < MIN_DAYS:
        return float("inf")
    ratios = mass[used] / expected[used]
    return float(ratios.std(ddof=1))
