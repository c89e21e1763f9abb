"""Whether records are broken more often than chance makes it.

Records of one hour may be alike, as all have the same weather. They then count as fewer records, by
the design effect 1 + (m - 1) rho of hours with m records and the correlation rho within the hour
(Kish, "Survey Sampling" (1965), section 5.4). Where hours differ, m is the mean of their records,
weighted by them: the hour of a record has so many on average.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import betainc

from driftloop.daily.day import DAY_HOURS, Counts, Day
from driftloop.profile.hourly.layout import CountedColumn

MIN_BROKEN_RECORDS = 3
"""Records that must be broken, so that one odd client is no alarm of a quiet day."""


class BrokenRecords(NamedTuple):
    """Broken records of a column, and all records that could be broken.

    Attributes:
        broken: Broken records.
        records: All of them.
        in_own_hour: The records that the hour of a record has on average; None where all are of one
            hour.
    """

    broken: float
    records: int
    in_own_hour: float | None = None

    @property
    def share(self) -> float:
        """The share of broken records."""
        return self.broken / max(self.records, 1)

    def may_exceed(self, share: float) -> bool:
        """Whether they are enough, and more than a share."""
        return self.broken >= MIN_BROKEN_RECORDS and self.share > share

    def exceed(self, share: float, alpha: float, correlation: float = 0.0) -> bool:
        """Whether they are more than chance makes of a share.

        Args:
            share: The largest usual share.
            alpha: The false alarm rate.
            correlation: The correlation of two records of one hour.
        """
        if not self.may_exceed(share):
            return False
        in_hour = self.records if self.in_own_hour is None else self.in_own_hour
        design_effect = 1 + (in_hour - 1) * correlation
        broken, others = self.broken / design_effect, (self.records - self.broken) / design_effect
        # the upper tail of the binomial distribution, also of a part of a record
        return bool(betainc(broken, others + 1, share) <= alpha)


def records_in_own_hour(by_hour: Counts) -> float:
    """The records that the hour of a record has on average; 1 without records."""
    total = float(by_hour.sum())
    return float((by_hour.astype(np.float64) ** 2).sum()) / total if total else 1.0


def hour_correlation(column: CountedColumn, reference: Sequence[Day]) -> float:
    """The correlation of two records of one hour: 0 if they are independent, 1 if they are equal.

    The share of pairs of records of one hour that are in one cell, beyond the share of all pairs
    of the same local hour that are.
    """
    total = np.zeros((DAY_HOURS, column.cells.count), dtype=np.int64)
    alike, pairs = 0, np.zeros(DAY_HOURS)
    for day in reference:
        counts = day.counts[:, column.values]
        alike += int((counts * (counts - 1)).sum())
        pairs += (rows := counts.sum(axis=1)) * (rows - 1)
        total += counts
    if not pairs.any():
        return 1.0
    rows = total.sum(axis=1)
    by_chance = (total * (total - 1)).sum(axis=1) / np.maximum(rows * (rows - 1), 1)
    expected = float(by_chance @ pairs / pairs.sum())
    if expected >= 1:
        return 0.0
    return float(np.clip((alike / pairs.sum() - expected) / (1 - expected), 0, 1))
