"""What each column of a window is compared with.

With seasonality: the sum, over the training weeks, of the same hours of the week, where these hold
enough values, so that a daily or weekly cycle is no drift. Otherwise: all of the training data.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce

from driftloop.errors import InputError
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

MIN_VALUES = 300
"""Values of a column that the same hours of the training weeks must hold together; with fewer, all
of the training data is the reference. Against fewer, a change of 0.3 standard deviations could not
be detected."""


@dataclass(frozen=True, slots=True, eq=False)
class ComparedColumn:
    """A column of the reference and of the window, both counted on ``binning``.

    ``weeks`` is the number of training weeks whose same hours are the reference, 0 where it is all
    of the training data.
    """

    binning: Binning
    reference: ColumnCounts
    current: ColumnCounts
    weeks: int = 0
    adjustment: Adjustment = NO_ADJUSTMENT


class PairedColumns(Mapping[str, ComparedColumn]):
    """Every column of a window beside its reference, by name, and what they were made from.

    The prediction is ``(prediction)``, where both sides have it.
    """

    def __init__(
        self,
        columns: Mapping[str, ComparedColumn],
        baseline: Baseline,
        profile: Profile,
        window: Window | None,
    ) -> None:
        self.baseline, self.profile, self.window = baseline, profile, window
        self._columns = columns

    def __getitem__(self, name: str) -> ComparedColumn:
        return self._columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)


def pair_with_reference(
    baseline: Baseline, profile: Profile, window: Window | None = None
) -> PairedColumns:
    """Pair every column of a window with its reference.

    The reference is summed here, so call this once per report and pass the result on.

    Args:
        baseline: Has the reference.
        profile: The window's records, counted on this baseline.
        window: The time span of the records. Without it, or without seasonality in the baseline,
            the reference is all of the training data.

    Raises:
        InputError: The profile was made on another baseline.
    """
    if profile.baseline != baseline.fingerprint:
        raise InputError(
            f"the profile was made on the baseline {profile.baseline}, not on"
            f" {baseline.fingerprint}: profile the records on the baseline they are compared with"
        )
    columns = _pair_with_training_data(baseline, profile)
    seasonality: HourOfWeekProfile | None = baseline.seasonality
    if window is not None and seasonality is not None:
        columns = _pair_with_same_hours(columns, baseline, seasonality, window)
    return PairedColumns(columns, baseline, profile, window)


def _pair_with_training_data(baseline: Baseline, profile: Profile) -> dict[str, ComparedColumn]:
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


def _pair_with_same_hours(
    columns: Mapping[str, ComparedColumn],
    baseline: Baseline,
    seasonality: HourOfWeekProfile,
    window: Window,
) -> dict[str, ComparedColumn]:
    """Replace the reference of each column whose same hours hold enough values."""
    hours = [int(hour.timestamp()) // HOUR_SECONDS for hour in window.hours()]
    adjustments = (
        {} if seasonality.adjustments is None else seasonality.adjustments.for_hours(len(hours))
    )
    sums = same_hours(seasonality, hours, [week.start for week in seasonality.weeks])
    coarse = coarse_binnings(baseline.binnings, baseline.reference)
    paired = {}
    for name, column in columns.items():
        binning, adjustment = coarse[name].binning, adjustments.get(name, NO_ADJUSTMENT)
        reference = sums.get(name) or zero_column(binning)
        if has_enough_values(reference):
            current, weeks = coarse[name].reduce(column.current), len(seasonality.weeks)
        else:
            binning, reference, current, weeks = column.binning, column.reference, column.current, 0
        paired[name] = ComparedColumn(binning, reference, current, weeks, adjustment)
    return paired


def same_hours(
    seasonality: HourOfWeekProfile, hours: Iterable[int], weeks: Iterable[int]
) -> Columns:
    """The sum of the same hours of the week in some weeks.

    Args:
        seasonality: Counts by hour.
        hours: Hours since 1970 whose hours of the week are meant.
        weeks: The first hour since 1970 of each week to sum.
    """
    hours = list(hours)
    chosen = {(hour - start) % WEEK_HOURS + start for start in weeks for hour in hours}
    parts = [
        columns for hour in sorted(chosen) if (columns := seasonality.columns(hour)) is not None
    ]
    return reduce(add_hours, parts) if parts else {}


def has_enough_values(reference: ColumnCounts) -> bool:
    """Whether the same hours hold enough values to be the reference of a column."""
    return reference.present >= MIN_VALUES
