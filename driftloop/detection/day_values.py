"""The values of a day that is a window: they locate what its counts by hour only bound."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from driftloop.comparison.summary import ColumnSummary, NumericColumnSummary
from driftloop.daily.column_change import ColumnChange, MovedValue, Quartiles
from driftloop.detection.explanation import MAIN_PART
from driftloop.profile.numeric.precision import Floats


class DayValues(NamedTuple):
    """The values of a window.

    Attributes:
        summaries: By column, both sides in its own units.
        sampled: By numeric column, its values in the window's sample, NaN where missing.
    """

    summaries: Mapping[str, ColumnSummary] = {}
    sampled: Mapping[str, Floats] = {}


NO_VALUES = DayValues()


def with_exact_values(
    change: ColumnChange, summary: ColumnSummary | None, sampled: Floats | None
) -> ColumnChange:
    """The change with the day's quartiles, and with the value that has become more frequent.

    Args:
        change: What the counts by hour show.
        summary: The column of the window in its own units.
        sampled: Its values in the window's sample.
    """
    if isinstance(summary, NumericColumnSummary) and change.current_quartiles is not None:
        side = summary.current.quantiles
        if side.p25 is not None and side.p50 is not None and side.p75 is not None:
            exact = Quartiles(side.p25, side.p50, side.p75)
            change = change._replace(current_quartiles=exact)
    if change.risen is not None and sampled is not None:
        change = change._replace(risen=_named_value(change.risen, sampled))
    return change


def _named_value(risen: MovedValue, sampled: Floats) -> MovedValue:
    """The value that makes up the rise of a cell; the cell itself where none does."""
    if risen.is_one_value or risen.bounds is None:
        return risen
    present = sampled[~np.isnan(sampled)]
    low, high = risen.bounds
    values, counts = np.unique(present[(low <= present) & (present < high)], return_counts=True)
    if not len(values):
        return risen
    share = float(counts.max()) / len(present)
    if share < MAIN_PART * (risen.shares.current - risen.shares.reference):
        return risen
    return risen._replace(name=f"{values[int(np.argmax(counts))]:.7g}", is_one_value=True)
