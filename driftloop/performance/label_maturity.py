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

QUANTILES = (0.1, 0.5, 0.9)


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
class LabelDelays:
    """How labels of a binary model arrive.

    Attributes:
        curves: By class and group of scores; None where no label of the class was seen.
        by_class: By class alone.
        labeled_shares: float64[groups], share of the records that is labeled in the end.
        labeled_share: The same of all records.
        labels: Labels from which the delays were learned.
    """

    curves: tuple[tuple[DelayCurve | None, ...], ...]
    by_class: tuple[DelayCurve | None, ...]
    labeled_shares: Floats
    labeled_share: float
    labels: int

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


def learn_delays(
    labels: Floats, groups: Codes, delays: Floats, ages: Floats, max_age: float
) -> LabelDelays:
    """Learn how labels arrive.

    Args:
        labels: float64[n], 1 positive, 0 negative, NaN without a label; of records that are old
            enough to have theirs.
        groups: int64[n], the records' groups of scores.
        delays: float64[n], seconds from prediction to label; NaN without one.
        ages: float64[n], the records' ages in seconds.
        max_age: Age in seconds from which no further label is expected. Labels that came later
            count as having come then.
    """
    known = ~np.isnan(labels) & ~np.isnan(delays)
    waited = np.clip(delays, 0.0, max_age)
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
    return LabelDelays(curves, by_class, shares, share, int(known.sum()))


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
