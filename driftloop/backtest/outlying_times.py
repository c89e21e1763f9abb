"""Times of training rows that are far from all others: a typing error, or a stand-in for unknown.

One row of another decade would make the last days of the training data days without records, and
the last weeks weeks without records.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from driftloop.capture import RecordBatch

OUTER_SHARE = 0.005
"""Share of the rows, at each end, that may be outlying."""

MIN_TIMED_ROWS = 100
"""Rows with a time without which no time is outlying."""


class UsualTimes(NamedTuple):
    """Training data whose outlying times are missing.

    Attributes:
        batches: The training data.
        outlying: The outlying times in epoch seconds, ascending.
    """

    batches: Sequence[RecordBatch]
    outlying: Sequence[float]


def without_outlying_times(batches: Sequence[RecordBatch]) -> UsualTimes:
    """The training data, in which a row with an outlying time counts as a row without one.

    A time is outlying if it is further from the inner 99% of all times than these are from each
    other.
    """
    times = np.concatenate([np.empty(0), *(batch.times for batch in batches)])
    times = np.sort(times[np.isfinite(times)])
    if len(times) < MIN_TIMED_ROWS:
        return UsualTimes(batches, [])
    low = np.quantile(times, OUTER_SHARE, method="higher")
    high = np.quantile(times, 1 - OUTER_SHARE, method="lower")
    first, last = low - (high - low), high + (high - low)
    outlying = times[(times < first) | (times > last)].tolist()
    if not outlying:
        return UsualTimes(batches, [])
    return UsualTimes([_within(batch, first, last) for batch in batches], outlying)


def _within(batch: RecordBatch, first: float, last: float) -> RecordBatch:
    is_usual = (batch.times >= first) & (batch.times <= last)
    return replace(batch, times=np.where(is_usual, batch.times, np.nan))
