"""A year of flights in hours: the training rows, and the rows that are served in each hour.

Weather makes the weeks of the training months differ from each other, so rows are shuffled. Healthy
hours are rows of January to March that are not training rows; drifted hours are rows of April to
June.
"""

from dataclasses import dataclass
from functools import cache

import pandas as pd

from examples.flights.source import FEATURES, TARGET, flights

TRAINING_ROWS = 40_000
SEED = 2013


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of traffic: n rows in the order of the request, and their n labels."""

    rows: pd.DataFrame
    labels: pd.Series

    def payload(self, start: int = 0, stop: int | None = None) -> str:
        """Rows ``start`` to ``stop`` (exclusive) as a CSV request without header."""
        text: str = self.rows.iloc[start:stop].to_csv(
            index=False, header=False, lineterminator="\n"
        )
        return text

    def __len__(self) -> int:
        return len(self.rows)


def training() -> pd.DataFrame:
    """The training rows of the first model: FEATURES and TARGET of January to March."""
    return _shuffled("winter").head(TRAINING_ROWS)


def healthy_hours(count: int, rows: int = 1500) -> list[Hour]:
    """Hours without drift: flights of January to March that are not training rows."""
    return _hours(_shuffled("winter").iloc[TRAINING_ROWS:], count, rows)


def drifted_hours(count: int, rows: int = 1500, skip: int = 0) -> list[Hour]:
    """Hours of April to June; ``skip`` is the number of hours that were served before."""
    return _hours(_shuffled("spring").iloc[skip * rows :], count, rows)


def july_hours(count: int, rows: int = 1500, skip: int = 0) -> list[Hour]:
    """Hours of July."""
    return _hours(_shuffled("july").iloc[skip * rows :], count, rows)


def autumn_hours(count: int, rows: int = 1500, skip: int = 0) -> list[Hour]:
    """Hours of October to December: drift against winter and against spring."""
    return _hours(_shuffled("autumn").iloc[skip * rows :], count, rows)


_MONTHS = {"winter": (1, 2, 3), "spring": (4, 5, 6), "july": (7,), "autumn": (10, 11, 12)}


@cache
def _shuffled(season: str) -> pd.DataFrame:
    table = _flights()
    chosen = table[table["month"].isin(_MONTHS[season])]
    return chosen.sample(frac=1, random_state=SEED)[[*FEATURES, TARGET]].reset_index(drop=True)


@cache
def _flights() -> pd.DataFrame:
    return flights()


def _hours(table: pd.DataFrame, count: int, rows: int) -> list[Hour]:
    if count * rows > len(table):
        raise ValueError(
            f"{count} hours of {rows} rows are more than the {len(table)} rows that exist"
        )
    parts = [table.iloc[hour * rows : (hour + 1) * rows] for hour in range(count)]
    return [Hour(part[list(FEATURES)], part[TARGET]) for part in parts]
