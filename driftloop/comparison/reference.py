"""What each column of a window is compared with.

With a rhythm: the sum, over the training weeks, of the same hours of the week, where these hold
enough; so that a daily or weekly cycle is no drift. Otherwise: all of the training data.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce

from driftloop.profile import Baseline, Profile
from driftloop.profile.columns import Binning, ColumnCounts, zero_column
from driftloop.seasonality.adjustments import NO_ADJUSTMENT, Adjustment
from driftloop.seasonality.hour_of_week import WEEK_HOURS, HourOfWeekProfile
from driftloop.seasonality.hourly_counts import (
    HOUR_SECONDS,
    PREDICTION,
    Columns,
    add_hours,
    coarse_binnings,
)
from driftloop.window import Window

MIN_RECORDS = 300
"""Values that the same hours of the training weeks must hold together, else the whole training
data is the reference: against fewer, a change of 0.3 standard deviations could not be seen."""


@dataclass(frozen=True, slots=True, eq=False)
class ComparedColumn:
    """A column of the reference and of the window, both counted on ``binning``.

    ``weeks`` is the number of training weeks whose same hours the reference is, 0 where it is all
    of the training data.
    """

    binning: Binning
    reference: ColumnCounts
    current: ColumnCounts
    weeks: int = 0
    adjustment: Adjustment = NO_ADJUSTMENT


def pair_with_reference(
    baseline: Baseline, profile: Profile, window: Window | None = None
) -> Mapping[str, ComparedColumn]:
    """Every column by name, the prediction as ``(prediction)`` where both sides have it.

    Without a ``window``, or a rhythm that comes with the baseline, the reference is all of the
    training data.
    """
    whole = _whole(baseline, profile)
    seasonality: HourOfWeekProfile | None = None if window is None else baseline.seasonality
    if window is None or seasonality is None:
        return whole
    hours = [int(hour.timestamp()) // HOUR_SECONDS for hour in window.hours()]
    granted = (
        {} if seasonality.adjustments is None else seasonality.adjustments.for_hours(len(hours))
    )
    same = same_hours(seasonality, hours, [week.start for week in seasonality.weeks])
    thin = coarse_binnings(baseline.binnings, baseline.reference)
    return {
        name: _one(
            ComparedColumn(
                thin[name].binning,
                same.get(name) or zero_column(thin[name].binning),
                thin[name].reduce(column.current),
                len(seasonality.weeks),
                granted.get(name, NO_ADJUSTMENT),
            ),
            column,
        )
        for name, column in whole.items()
    }


def same_hours(
    seasonality: HourOfWeekProfile, hours: Iterable[int], weeks: Iterable[int]
) -> Columns:
    """The sum of the same hours of the week in each of the weeks that begin with these hours."""
    hours = list(hours)
    places = {(hour - start) % WEEK_HOURS + start for start in weeks for hour in hours}
    parts = [
        columns for hour in sorted(places) if (columns := seasonality.columns(hour)) is not None
    ]
    return reduce(add_hours, parts) if parts else {}


def has_enough_records(reference: ColumnCounts) -> bool:
    """Whether the same hours hold enough to be a reference."""
    return reference.present >= MIN_RECORDS


def _one(same: ComparedColumn, whole: ComparedColumn) -> ComparedColumn:
    if has_enough_records(same.reference):
        return same
    return ComparedColumn(whole.binning, whole.reference, whole.current, 0, same.adjustment)


def _whole(baseline: Baseline, profile: Profile) -> dict[str, ComparedColumn]:
    binnings, reference, current = baseline.binnings, baseline.reference, profile.counts
    columns = {
        name: ComparedColumn(binning, reference.features[name], current.features[name])
        for name, binning in binnings.features.items()
    }
    if binnings.prediction and reference.prediction and current.prediction:
        columns[PREDICTION] = ComparedColumn(
            binnings.prediction, reference.prediction, current.prediction
        )
    return columns
