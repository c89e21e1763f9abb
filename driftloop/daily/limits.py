"""How much a statistic may change, from its own history.

The limit is the largest of three: the predictive limit of one more draw from a normal population
(Student's t with the standard error s sqrt(1 + 1 / n); Hahn and Meeker, "Statistical Intervals"
(1991), section 4.7), a multiple of the largest change so far, since days are not normal, and the
smallest change that matters. Over 3 and 7 days the median is taken, which a single odd day does not
move.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from scipy.special import stdtrit

from driftloop.daily.statistics import DailyStatistic
from driftloop.profile.numeric.precision import Floats

MIN_HISTORY_DAYS = 14
"""Values of a statistic without which it is not analyzed."""

FULL_HISTORY_DAYS = 56
"""Values from which the largest change so far is taken as it is; of fewer it is widened."""

MAX_SHARE_LIMIT = 1.6
"""Limit of shares that are usually 0, as Cohen's h: a little more than half of the values."""

MAX_USUAL_SHARE = 0.1
"""Usual value, as Cohen's h, from which a share is still counted as a change from 0."""

POWER_QUANTILE = 1.2816
"""90% of a normal population lie below this many standard deviations above its mean."""


@dataclass(frozen=True, slots=True)
class Limit:
    """The usual value of a statistic over some days, its limit, and its standard deviation."""

    usual: float
    limit: float
    std: float
    is_one_sided: bool

    def change(self, value: float) -> float:
        """The signed change from the usual value."""
        return value - self.usual

    def is_exceeded(self, value: float) -> bool:
        """Whether the change is an alarm."""
        change = self.change(value)
        return (change if self.is_one_sided else abs(change)) > self.limit

    def at_least(self, limit: float) -> "Limit":
        """With a larger limit, unless it is smaller."""
        return replace(self, limit=max(self.limit, limit))

    @property
    def detectable_change(self) -> float:
        """The change that is found in 90% of all cases."""
        return self.limit + POWER_QUANTILE * min(self.std, self.limit)


def rolling_medians(values: Floats, days: int) -> Floats:
    """The median of each ``days`` values in a row; the values themselves if there are fewer."""
    if days == 1 or len(values) < days:
        return values
    return np.asarray(np.median(np.lib.stride_tricks.sliding_window_view(values, days), axis=1))


def largest_change(history: Sequence[float]) -> float:
    """The largest change of one day from the median."""
    values = np.asarray(history, dtype=np.float64)
    return float(np.abs(values - np.median(values)).max())


def make_limit(
    statistic: DailyStatistic,
    history: Sequence[float],
    days: int,
    alpha: float,
    min_change: float,
    accepted: Sequence[float] = (),
    max_share_limit: float = MAX_SHARE_LIMIT,
) -> Limit:
    """The limit of a statistic over ``days`` days.

    Args:
        statistic: The statistic.
        history: Its values on accepted days, oldest first.
        days: The horizon.
        alpha: The false alarm rate of this statistic and horizon on one day.
        min_change: The smallest change that can be an alarm.
        accepted: Its values on days whose alarm a person accepted: such changes are no alarm.
        max_share_limit: The largest limit of a share, as Cohen's h.
    """
    values = np.asarray(history, dtype=np.float64)
    medians = rolling_medians(values, days)
    usual = float(np.median(values))
    of_std = medians if len(medians) > days + 2 else values
    std = float(of_std.std(ddof=1))
    n = max(4.0, len(values) / days)
    t = _t_quantile(n - 1, alpha if statistic.is_one_sided else alpha / 2)
    limit = max(t * std * float(np.sqrt(1 + 1 / n)), min_change)
    factor = statistic.max_factors[days]
    if statistic.is_share:
        limit = max(limit, min(max_share_limit, factor * float(values.max())))
        usual = min(usual, MAX_USUAL_SHARE)
    else:
        largest = float(np.abs(medians - usual).max())
        limit = max(limit, max(1.0, (FULL_HISTORY_DAYS / len(values)) ** 0.5) * factor * largest)
        changes = [abs(value - usual) for value in accepted]
        limit = max(limit, factor * max(changes, default=0.0))
    return Limit(usual, limit, std, statistic.is_one_sided)


@lru_cache(maxsize=4096)
def _t_quantile(dof: float, alpha: float) -> float:
    """The 1 - alpha quantile of Student's t."""
    return float(-stdtrit(dof, alpha))
