"""Statistics of a day: one formula per file, and the table of them.

A statistic is a number per column and day. Each is held against its own history
(``driftloop.daily.limits``), so that it needs no scale, only the direction and the smallest change
that matters.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from driftloop.daily.column_day import ColumnDay
from driftloop.daily.statistics.association import association
from driftloop.daily.statistics.largest_increase import largest_increase
from driftloop.daily.statistics.level import level
from driftloop.daily.statistics.missing import missing
from driftloop.daily.statistics.out_of_range import out_of_range
from driftloop.daily.statistics.shares import shares
from driftloop.daily.statistics.spread import spread
from driftloop.daily.statistics.unseen import unseen
from driftloop.daily.statistics.variety import variety

_FACTORS = {1: 2.0, 3: 1.25, 7: 1.25}


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyStatistic:
    """A row of ``STATISTICS``.

    Attributes:
        name: Its key in reports.
        compute: Its value for a column of a day; None where it is not defined.
        max_factors: By horizon in days: how many times the largest change so far is usual.
        min_change: The smallest change that can be an alarm.
        is_one_sided: Whether only an increase is a change.
        is_shape: Whether it needs at least half of the usual number of values.
        is_broken_data: Whether an alarm means broken data rather than drift. Broken data does not
            become normal by lasting.
        is_share: Whether its usual value is 0, so that it is held against the largest share so
            far.
    """

    name: str
    compute: Callable[[ColumnDay], float | None]
    max_factors: Mapping[int, float] = field(default_factory=lambda: _FACTORS)
    min_change: float = 0.2
    is_one_sided: bool = True
    is_shape: bool = True
    is_broken_data: bool = False
    is_share: bool = False


STATISTICS: tuple[DailyStatistic, ...] = (
    DailyStatistic(name="level", compute=level, is_one_sided=False),
    DailyStatistic(name="spread", compute=spread, is_one_sided=False),
    DailyStatistic(name="shares", compute=shares),
    DailyStatistic(
        name="largest_increase", compute=largest_increase, max_factors={3: 1.75, 7: 1.75}
    ),
    DailyStatistic(name="variety", compute=variety, is_one_sided=False),
    DailyStatistic(
        name="unseen",
        compute=unseen,
        max_factors={1: 1.5},
        is_shape=False,
        is_broken_data=True,
        is_share=True,
    ),
    DailyStatistic(
        name="out_of_range",
        compute=out_of_range,
        max_factors={1: 1.5},
        min_change=0.1,
        is_shape=False,
        is_broken_data=True,
        is_share=True,
    ),
    DailyStatistic(
        name="missing", compute=missing, min_change=0.1, is_shape=False, is_broken_data=True
    ),
    DailyStatistic(name="association", compute=association),
)

BY_NAME: Mapping[str, DailyStatistic] = {statistic.name: statistic for statistic in STATISTICS}
HORIZONS = (1, 3, 7)
"""Days over which a change is looked for."""


def compute_statistics(day: ColumnDay) -> dict[str, float]:
    """The statistics of a column of a day that are defined, by name."""
    found = {statistic.name: statistic.compute(day) for statistic in STATISTICS}
    return {name: value for name, value in found.items() if value is not None}
