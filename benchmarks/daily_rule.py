"""Runs a series of requests through the daily rule, day by day, and plants faults.

    python -m benchmarks.daily_rule SERIES [--weeks 8] [--starts 5] [--rows-a-day N] [--days]
    python -m benchmarks.daily_rule TABLE.csv TIME_COLUMN [--zone ZONE] [--untimed] ...

SERIES is a name of ``benchmarks.real_series``. The first weeks are the training data. With
--untimed their times are not used: the first accepted days after them take the place of training
days, and the days after these are decided. Each later day is decided in its order, as
``driftloop analyze --history`` does. Each kind of fault begins on some of these days, in one column
of its kind at a time, and lasts a week. An alarm is a day in alarm after seven that were not. A
fault is found if the column that it changed is named, unless the column was named on two of the
seven days before. It prints a table in Markdown.
"""

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd

from benchmarks.real_series import SERIES, TIME
from driftloop.capture import RecordBatch
from driftloop.cell_dates import epoch_seconds
from driftloop.daily.day import Day, make_day
from driftloop.daily.day_decision import DayDecision, decide_on_day
from driftloop.daily.first_days import choose_first_days, learn_first_days, project_hours
from driftloop.daily.history import DayRecord
from driftloop.daily.reference import TrainingDays
from driftloop.daily.stored import training_days, with_training_days
from driftloop.detection import DriftPolicy
from driftloop.detection.first_days import check_first_day
from driftloop.profile import fit_baseline, profile_batch
from driftloop.profile.hourly.counts import HourCounts
from driftloop.schema import Feature, Kind, ProblemType, Schema

HOUR, DAY_HOURS, QUIET_DAYS, MONTH_DAYS = 3600, 24, 7, 30
FOUND_BY = (1, 3, 7)
ALL_COLUMNS = "all columns"

Changes = Callable[[pd.DataFrame, "Fault", np.random.Generator], pd.DataFrame]


class Fault(NamedTuple):
    """The column that a fault changes, and what it needs of its training values."""

    column: str
    known: np.ndarray
    usual: object


def _values(change: Callable[[pd.Series, Fault, np.random.Generator], pd.Series]) -> Changes:
    """A change of the values of one column."""

    def apply(rows: pd.DataFrame, fault: Fault, rng: np.random.Generator) -> pd.DataFrame:
        return rows.assign(**{fault.column: change(rows[fault.column], fault, rng)})

    return apply


def _share(share: float, value: object) -> Changes:
    return _values(lambda values, _, rng: values.mask(rng.random(len(values)) < share, value))


def _nearest(values: pd.Series, fault: Fault, _: object) -> pd.Series:
    """Half of each value, moved to the nearest value of the training data."""
    half = values.to_numpy(np.float64) / 2
    position = np.clip(np.searchsorted(fault.known, half), 1, len(fault.known) - 1)
    low, high = fault.known[position - 1], fault.known[position]
    moved = np.where(half - low <= high - half, low, high)
    return pd.Series(np.where(np.isnan(half), np.nan, moved), values.index)


def _repeat(rows: pd.DataFrame, _: Fault, rng: np.random.Generator) -> pd.DataFrame:
    """A tenth of the records replaced by one of them."""
    chosen = np.where(rng.random(len(rows)) < 0.1, len(rows) // 3, np.arange(len(rows)))
    return rows.iloc[chosen].reset_index(drop=True)


NUMERIC, CATEGORICAL = frozenset({Kind.NUMERIC}), frozenset({Kind.CATEGORICAL})
BOTH = NUMERIC | CATEGORICAL

FAULTS: Mapping[str, tuple[frozenset[Kind], Changes]] = {
    "5% missing": (BOTH, _share(0.05, None)),
    "5% are -999": (NUMERIC, _share(0.05, -999.0)),
    "5% are one usual value": (
        BOTH,
        _values(
            lambda values, fault, rng: values.mask(rng.random(len(values)) < 0.05, fault.usual)
        ),
    ),
    "halved": (NUMERIC, _values(lambda values, *_: values / 2)),
    "halved, known values": (NUMERIC, _values(_nearest)),
    "in another unit (x 1.8 + 32)": (NUMERIC, _values(lambda values, *_: values * 1.8 + 32)),
    "one value": (BOTH, _values(lambda values, fault, _: values.mask(values.notna(), fault.usual))),
    "shuffled within the day": (
        BOTH,
        _values(lambda values, _, rng: pd.Series(rng.permutation(values.to_numpy()))),
    ),
    "upper and lower case swapped": (
        CATEGORICAL,
        _values(lambda values, *_: values.str.swapcase()),
    ),
    "the clock is 5 hours ahead": (
        NUMERIC,
        _values(lambda values, *_: (values + 5) % DAY_HOURS),
    ),
    "10% are one repeated record": (frozenset(), _repeat),
}
"""By name: the kinds of columns, none for all columns at once, and what it does."""

CLOCK_FAULTS = ("the clock is 5 hours ahead",)
"""Faults of columns that follow the clock; the others are planted in the other columns."""


class Replay(NamedTuple):
    """Days decided in their order."""

    days: list[Day]
    decisions: list[DayDecision]

    def names(self, index: int) -> set[str]:
        """Columns in alarm on a day."""
        return {alarm.column for alarm in self.decisions[index].alarms}


class Series:
    """A table of requests, split into training data and days."""

    def __init__(
        self, table: pd.DataFrame, time: str, zone: str, weeks: int, *, untimed: bool = False
    ) -> None:
        self.times = epoch_seconds(table[time].to_list())[0]
        order = np.argsort(self.times, kind="stable")
        self.times = self.times[order]
        self.table = table.drop(columns=time).iloc[order].reset_index(drop=True)
        self.schema = Schema(
            tuple(Feature(str(name), _kind(column)) for name, column in self.table.items()),
            "(label)",
            ProblemType.REGRESSION,
        )
        self.first = int(self.times[0] // (DAY_HOURS * HOUR) + weeks * 7) * DAY_HOURS
        self.is_training = self.times < self.first * HOUR
        own = self.times[self.is_training]
        batch = self.batch(
            self.table[self.is_training], np.full(len(own), np.nan) if untimed else own
        )
        baseline = fit_baseline(batch, time_zone=zone, count_hours=untimed)
        self.baseline = with_training_days(baseline, [batch])
        training = self.learn_first_days() if untimed else training_days(self.baseline)
        if training is None:
            raise SystemExit("the training weeks hold too few days")
        self.training = training
        self.count = int(self.times[-1] // HOUR - self.first) // DAY_HOURS + 1

    def batch(self, rows: pd.DataFrame, times: np.ndarray) -> RecordBatch:
        """Rows as a record batch."""
        return RecordBatch.from_columns(
            self.schema, {str(name): column.to_list() for name, column in rows.items()}, times=times
        )

    def learn_first_days(self) -> TrainingDays:
        """The first accepted days, as live days; later ones are decided."""
        hours: dict[int, HourCounts] = {}
        records: list[DayRecord] = []
        while (ends := choose_first_days(records)) is None:
            where = self.rows(len(records))
            batch = self.batch(self.table.iloc[where], self.times[where])
            profile = profile_batch(self.baseline, batch)
            hours |= profile.hours
            end = self.first + (len(records) + 1) * DAY_HOURS
            records.append(check_first_day(self.baseline, profile, end, DriftPolicy()))
        self.first += len(records) * DAY_HOURS
        return learn_first_days(self.baseline, hours, ends)

    def rows(self, index: int) -> slice:
        """The rows of a day."""
        start = (self.first + index * DAY_HOURS) * HOUR
        first, last = np.searchsorted(self.times, [start, start + DAY_HOURS * HOUR])
        return slice(int(first), int(last))

    def decide(self, replay: Replay, rows: pd.DataFrame, times: np.ndarray) -> DayDecision:
        """Decide on the next day, and append it."""
        hours = profile_batch(self.baseline, self.batch(rows, times)).hours
        if self.training.are_live and self.baseline.layout is not None:
            hours = project_hours(self.baseline.layout, self.training.layout, hours)
        end = self.first + (len(replay.days) + 1) * DAY_HOURS
        day = make_day(self.training.layout, hours, end)
        history = [decision.record for decision in replay.decisions]
        excluded = self.baseline.excluded_features
        decision = decide_on_day(self.training, replay.days[-56:], history, day, excluded=excluded)
        replay.days.append(day)
        replay.decisions.append(decision)
        return decision

    @cached_property
    def replay(self) -> Replay:
        """All days, decided in their order."""
        replay = Replay([], [])
        for index in range(self.count):
            where = self.rows(index)
            self.decide(replay, self.table.iloc[where], self.times[where])
        return replay

    def columns(self, fault: str) -> list[str]:
        """The columns in which a fault is planted."""
        kinds, _ = FAULTS[fault]
        clocks = self.training.layout.stored.clocks
        if not kinds:
            return [ALL_COLUMNS]
        return [
            feature.name
            for feature in self.schema.features
            if feature.kind in kinds and (feature.name in clocks) == (fault in CLOCK_FAULTS)
        ]

    def found_on(self, column: str, change: Changes, start: int) -> int | None:
        """The day (1 to 7) on which a fault that begins on ``start`` is found."""
        before = [self.replay.names(index) for index in range(max(0, start - QUIET_DAYS), start)]
        names = [*self.table.columns] if column == ALL_COLUMNS else [column]
        counted = {name for name in names if sum(name in found for found in before) < 2}
        known = self.table.loc[self.is_training, names[0]].dropna()
        usual = known.mode().iloc[0] if len(known) else None
        fault = Fault(column, np.unique(known), usual)
        changed = Replay(self.replay.days[:start], self.replay.decisions[:start])
        for number in range(min(QUIET_DAYS, self.count - start)):
            where = self.rows(start + number)
            rows = self.table.iloc[where].reset_index(drop=True)
            rng = np.random.default_rng([start, number])
            self.decide(changed, change(rows, fault, rng), self.times[where])
            if counted & changed.names(start + number):
                return number + 1
        return None


def _kind(column: pd.Series) -> Kind:
    return Kind.NUMERIC if pd.api.types.is_numeric_dtype(column) else Kind.CATEGORICAL


def _alarms(replay: Replay) -> Iterator[int]:
    """Days that begin an alarm."""
    last = -QUIET_DAYS - 1
    for index, decision in enumerate(replay.decisions):
        if decision.alarms:
            if index - last > QUIET_DAYS:
                yield index
            last = index


def print_days(series: Series) -> None:
    """Print the days in alarm, with the columns and what they alarm on."""
    for index, decision in enumerate(series.replay.decisions):
        if decision.alarms:
            day = datetime.fromtimestamp((series.first + index * DAY_HOURS) * HOUR, UTC)
            names = [f"{one.column} {one.name} ({one.days})" for one in decision.alarms]
            print(f"{day:%Y-%m-%d}: {', '.join(names)}", flush=True)


def print_faults(series: Series, count: int) -> None:
    """Print the share of the faults that is found, as a table."""
    starts = np.linspace(0, series.count - 1, count + 2).astype(int)[1:-1].tolist()
    print("| fault | columns | day 1 | day 3 | day 7 | found in under 90% by day 7 |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, (_, change) in FAULTS.items():
        days = {
            column: [series.found_on(column, change, start) for start in starts]
            for column in series.columns(name)
        }
        if not days:
            continue
        shares = [_found_share([d for own in days.values() for d in own], by) for by in FOUND_BY]
        late = {column: _found_share(own, QUIET_DAYS) for column, own in days.items()}
        missed = [f"`{column}` {share:.0%}" for column, share in late.items() if share < 0.9]
        cells = [name, str(len(days)), *(f"{share:.0%}" for share in shares), ", ".join(missed)]
        print(f"| {' | '.join(cells)} |", flush=True)


def _found_share(days: Sequence[int | None], by: int) -> float:
    return float(np.mean([day is not None and day <= by for day in days]))


def _read(options: argparse.Namespace) -> tuple[pd.DataFrame, str, str]:
    """The table, its time column and its zone."""
    if options.time_column is not None:
        return pd.read_csv(options.series), options.time_column, options.zone or "UTC"
    if options.series not in SERIES:
        raise SystemExit(f"{options.series}: give a time column, or one of {', '.join(SERIES)}")
    found = SERIES[options.series]()
    return found.table, TIME, options.zone or found.zone


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("series")
    parser.add_argument("time_column", nargs="?")
    parser.add_argument("--zone")
    parser.add_argument("--weeks", type=int, default=8)
    parser.add_argument("--starts", type=int, default=5)
    parser.add_argument("--rows-a-day", type=int)
    parser.add_argument("--days", action="store_true", help="print the days in alarm")
    parser.add_argument("--untimed", action="store_true")
    options = parser.parse_args(arguments)
    table, time, zone = _read(options)
    if options.rows_a_day is not None:
        days = pd.to_datetime(table[time], utc=True).dt.floor("D").nunique()
        drawn = np.random.default_rng(1).random(len(table)) < options.rows_a_day * days / len(table)
        table = table[drawn]
    series = Series(table, time, zone, options.weeks, untimed=options.untimed)
    replay = series.replay
    alarms, flagged = len([*_alarms(replay)]), sum(bool(d.alarms) for d in replay.decisions)
    print(
        f"{series.count} days: {MONTH_DAYS * alarms / series.count:.2f} alarms a month,"
        f" {flagged / series.count:.1%} of the days in alarm",
        flush=True,
    )
    if options.days:
        print_days(series)
    if options.starts:
        print_faults(series, options.starts)


if __name__ == "__main__":
    main()
