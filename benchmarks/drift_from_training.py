"""Measures drift from training on each day after the first weeks of a table of requests.

    python -m benchmarks.drift_from_training [TABLE.csv TIME_COLUMN] [--zone ZONE] [--weeks 8]

Without a table it simulates traffic: without change, with days that differ, and with a season.
"""

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pandas as pd

from benchmarks.daily_rule import DAY_HOURS, HOUR, Series
from driftloop.daily.day import make_day
from driftloop.daily.drift_from_training import DriftFromTraining, measure_drift_from_training
from driftloop.profile import profile_batch

SIMULATED = (
    # what, training days, live days, records a day, columns, std of the days' levels, season
    ("no change", 56, 56, 200, 10, 0.0, 0.0),
    ("no change, 5 records a day", 56, 56, 5, 10, 0.0, 0.0),
    ("days that differ by 1 std", 56, 84, 200, 10, 1.0, 0.0),
    ("a season of 2 std, a year of training", 371, 120, 50, 5, 0.5, 2.0),
    ("a season of 2 std, 8 weeks of training", 56, 120, 50, 5, 0.5, 2.0),
)


def simulate(
    training: int, live: int, per_day: int, columns: int, std: float, season: float
) -> pd.DataFrame:
    """Normal columns and a category; seasons of different columns peak at different times."""
    rng = np.random.default_rng([training, live, per_day, columns])
    days = training + live
    day = np.repeat(np.arange(days), per_day)
    offsets = pd.to_timedelta(rng.integers(0, DAY_HOURS * HOUR, len(day)), unit="s")
    table = pd.DataFrame(
        {"time": pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(day, unit="D") + offsets}
    )
    for number in range(columns):
        angle = 2 * np.pi * np.arange(days) / 365.25 + number
        level = rng.normal(0, std, days) + season * np.sin(angle)
        table[f"x{number}"] = rng.normal(0, 1, len(day)) + level[day]
    table["category"] = rng.choice(list("abcdef"), len(day))
    return table


def measure(series: Series) -> dict[datetime, DriftFromTraining]:
    """The figure at the end of each day."""
    days, found = [], {}
    for index in range(series.count):
        where = series.rows(index)
        batch = series.batch(series.table.iloc[where], series.times[where])
        hours = profile_batch(series.baseline, batch).hours
        end = series.first + (index + 1) * DAY_HOURS
        days.append(make_day(series.training.layout, hours, end))
        time = datetime.fromtimestamp(end * HOUR, UTC)
        found[time] = measure_drift_from_training(series.training, days, [])
    return {time: figure for time, figure in found.items() if figure.columns}


def report(name: str, found: dict[datetime, DriftFromTraining]) -> None:
    """Print the largest figure of each month, and of each column."""
    print(name)
    months: dict[str, float] = {}
    columns: dict[str, float] = {}
    for time, figure in found.items():
        month = f"{time:%Y-%m}"
        months[month] = max(months.get(month, 0.0), figure.largest({}))
        for column, one in figure.columns.items():
            columns[column] = max(columns.get(column, 0.0), one.persistent_effect_size)
    for title, largest in (("months", months), ("columns", columns)):
        print(f"  {title}: " + ", ".join(f"{key} {size:.2f}" for key, size in largest.items()))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", nargs="?")
    parser.add_argument("time_column", nargs="?")
    parser.add_argument("--zone", default="UTC")
    parser.add_argument("--weeks", type=int, default=8)
    options = parser.parse_args(arguments)
    if options.table is not None:
        table = pd.read_csv(options.table)
        series = Series(table, options.time_column, options.zone, options.weeks)
        report(options.table, measure(series))
        return
    for name, training, live, per_day, columns, std, season in SIMULATED:
        table = simulate(training, live, per_day, columns, std, season)
        report(name, measure(Series(table, "time", "UTC", training // 7)))


if __name__ == "__main__":
    main()
