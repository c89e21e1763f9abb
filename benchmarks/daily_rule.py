"""Runs a table of requests through the daily rule, day by day, and plants faults.

    python -m benchmarks.daily_rule TABLE.csv TIME_COLUMN [--zone ZONE] [--weeks 8] [--starts 8]
        [--untimed]

The first weeks are the training data. With --untimed their times are not used: the first accepted
days after them take the place of training days, and the days after these are decided. Each later
day is decided in its order. Each kind of fault begins on some of these days and lasts a week. An
alarm is a day with an alarm after seven without one. A fault is found if the column that it changed
is named, unless the column was named on two of the seven days before.
"""

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

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

HOUR, DAY_HOURS, QUIET_DAYS = 3600, 24, 7

Fault = Callable[[pd.Series, np.random.Generator], pd.Series]


def _share(share: float, value: object) -> Fault:
    return lambda values, rng: values.mask(rng.random(len(values)) < share, value)


FAULTS: Mapping[str, tuple[bool | None, Fault]] = {
    "5% missing": (None, _share(0.05, None)),
    "5% are -999": (True, _share(0.05, -999.0)),
    "halved": (True, lambda values, _rng: values * 0.5),
    "in other units (x 1.8 + 32)": (True, lambda values, _rng: values * 1.8 + 32),
    "constant": (None, lambda values, _rng: values.mask(values.notna(), values.mode().iloc[0])),
    "shuffled within the day": (None, lambda values, rng: pd.Series(rng.permutation(values))),
    "lower case": (False, lambda values, _rng: values.str.lower()),
}
"""By name: for numbers, for categories, or for both (None); and what it does."""


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
        rows = self.times < self.first * HOUR
        times = np.full(np.count_nonzero(rows), np.nan) if untimed else self.times[rows]
        batch = self.batch(self.table[rows], times)
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

    def replay(self) -> Replay:
        """All days, decided in their order."""
        replay = Replay([], [])
        for index in range(self.count):
            where = self.rows(index)
            self.decide(replay, self.table.iloc[where], self.times[where])
        return replay

    def found_on(self, replay: Replay, column: str, fault: Fault, start: int) -> int | None:
        """The day (1 to 7) on which a fault that begins on ``start`` is found."""
        changed = Replay(replay.days[:start], replay.decisions[:start])
        before = [replay.names(index) for index in range(max(0, start - QUIET_DAYS), start)]
        if sum(column in names for names in before) >= 2:
            return None
        for number in range(min(QUIET_DAYS, self.count - start)):
            where = self.rows(start + number)
            rows = self.table.iloc[where].reset_index(drop=True)
            rng = np.random.default_rng([start, number])
            rows = rows.assign(**{column: fault(rows[column], rng)})
            self.decide(changed, rows, self.times[where])
            if column in changed.names(start + number):
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


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table")
    parser.add_argument("time_column")
    parser.add_argument("--zone", default="UTC")
    parser.add_argument("--weeks", type=int, default=8)
    parser.add_argument("--starts", type=int, default=8)
    parser.add_argument("--untimed", action="store_true")
    options = parser.parse_args(arguments)
    series = Series(
        pd.read_csv(options.table),
        options.time_column,
        options.zone,
        options.weeks,
        untimed=options.untimed,
    )
    replay = series.replay()
    alarms, flagged = len([*_alarms(replay)]), sum(bool(d.alarms) for d in replay.decisions)
    print(
        f"{series.count} days: {30 * alarms / series.count:.2f} alarms a month,"
        f" {flagged / series.count:.1%} of the days in alarm"
    )
    starts = np.linspace(QUIET_DAYS, series.count - QUIET_DAYS - 1, options.starts).astype(int)
    for name, (is_numeric, fault) in FAULTS.items():
        for feature in series.schema.features:
            if is_numeric not in (None, feature.kind is Kind.NUMERIC):
                continue
            days = [series.found_on(replay, feature.name, fault, start) for start in starts]
            shares = [np.mean([d is not None and d <= k for d in days]) for k in (1, 3, 7)]
            print(f"{feature.name} {name}: " + ", ".join(f"{share:.0%}" for share in shares))


if __name__ == "__main__":
    main()
