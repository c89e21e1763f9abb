"""What each column of a window is compared with.

With a rhythm: the sum, over the training weeks, of the same hours of the week, where these hold
enough; so that a daily or weekly cycle is no drift. Otherwise: all of the training data.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce

from driftloop.profile import Baseline, Profile
from driftloop.profile.allowances import NONE, Allowance
from driftloop.profile.columns import ColumnCounts, Grid, empty_column
from driftloop.profile.hours import HOUR_SECONDS, Columns, added
from driftloop.profile.rhythm import WEEK_HOURS, Rhythm, rhythm_of
from driftloop.profile.thinned import PREDICTION, thinned
from driftloop.window import Window

FEWEST_RECORDS = 300
"""Values that the same hours of the training weeks must hold together, else the whole training
data is the reference: against fewer, a change of 0.3 standard deviations could not be seen."""


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """A column of the reference and of the window, both counted on ``grid``.

    ``weeks`` is the number of training weeks whose same hours the reference is, 0 where it is all
    of the training data.
    """

    grid: Grid
    reference: ColumnCounts
    current: ColumnCounts
    weeks: int = 0
    allowance: Allowance = NONE


def compared(
    baseline: Baseline, profile: Profile, window: Window | None = None
) -> Mapping[str, Compared]:
    """Every column by name, the prediction as ``(prediction)`` where both sides have it.

    Without a ``window``, or a rhythm that comes with the baseline, the reference is all of the
    training data.
    """
    whole = _whole(baseline, profile)
    rhythm = None if window is None else rhythm_of(baseline)
    if window is None or rhythm is None:
        return whole
    hours = [int(hour.timestamp()) // HOUR_SECONDS for hour in window.hours()]
    granted = {} if rhythm.allowances is None else rhythm.allowances.of_hours(len(hours))
    same = same_hours(rhythm, hours, [week.start for week in rhythm.weeks])
    thin = thinned(baseline.grids, baseline.reference)
    return {
        name: _one(
            Compared(
                thin[name].grid,
                same.get(name) or empty_column(thin[name].grid),
                thin[name].counts(column.current),
                len(rhythm.weeks),
                granted.get(name, NONE),
            ),
            column,
        )
        for name, column in whole.items()
    }


def same_hours(rhythm: Rhythm, hours: Iterable[int], weeks: Iterable[int]) -> Columns:
    """The sum of the same hours of the week in each of the weeks that begin with these hours."""
    hours = list(hours)
    places = {(hour - start) % WEEK_HOURS + start for start in weeks for hour in hours}
    parts = [columns for hour in sorted(places) if (columns := rhythm.columns(hour)) is not None]
    return reduce(added, parts) if parts else {}


def enough(reference: ColumnCounts) -> bool:
    """Whether the same hours hold enough to be a reference."""
    return reference.present >= FEWEST_RECORDS


def _one(same: Compared, whole: Compared) -> Compared:
    if enough(same.reference):
        return same
    return Compared(whole.grid, whole.reference, whole.current, 0, same.allowance)


def _whole(baseline: Baseline, profile: Profile) -> dict[str, Compared]:
    grids, reference, current = baseline.grids, baseline.reference, profile.counted
    columns = {
        name: Compared(grid, reference.features[name], current.features[name])
        for name, grid in grids.features.items()
    }
    if grids.prediction and reference.prediction and current.prediction:
        columns[PREDICTION] = Compared(grids.prediction, reference.prediction, current.prediction)
    return columns
