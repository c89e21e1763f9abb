"""Write a series for the contenders: training data, days, and days with faults.

A series has a folder with these files, which every contender reads:

- ``training.csv``: the first weeks, with the columns ``time`` and ``label``.
- ``live.csv``: all later requests.
- ``faults.csv``: the days with faults; ``fault``, ``start`` (the first day) and ``day`` (1 to 7).
- ``last.csv`` and ``recent.csv``: the last of these days, and the 28 days before it.
- ``series.json``: kinds, time zone, columns with one value in a day, columns by fault.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.comparison.faults import FAULTS, Fault
from benchmarks.comparison.series import Series

TRAINING_WEEKS = 8
RECENT_DAYS = 28
FAULT_DAYS = 7
"""Days that a fault lasts."""


def prepare(series: Series, folder: Path, live_days: int, starts: int) -> None:
    """Write the files of a series.

    Args:
        series: The requests.
        folder: Where to write them.
        live_days: Days after the training weeks.
        starts: Days on which each fault begins, spread over the live days.
    """
    folder.mkdir(parents=True, exist_ok=True)
    days = series.table["time"].dt.floor("D")
    first = days.min() + pd.Timedelta(weeks=TRAINING_WEEKS)
    last = min(first + pd.Timedelta(days=live_days - 1), days.max())
    training = series.table[days < first]
    live = series.table[(days >= first) & (days <= last)]
    recent = (days >= last - pd.Timedelta(days=RECENT_DAYS)) & (days < last)
    label = np.arange(len(training)) % 2
    _write(training.assign(label=label), folder / "training.csv")
    _write(live, folder / "live.csv")
    _write(series.table[days == last], folder / "last.csv")
    _write(series.table[recent], folder / "recent.csv")
    faults = FAULTS[series.name](series.table)
    planted = [
        _with_fault(live, fault, start) for fault in faults for start in _starts(live, starts)
    ]
    _write(pd.concat(planted), folder / "faults.csv")
    features = series.table.columns.drop("time")
    described = {
        "kinds": {
            name: "numeric" if pd.api.types.is_numeric_dtype(series.table[name]) else "categorical"
            for name in features
        },
        "zone": series.zone,
        "daily": series.daily,
        "faults": {fault.name: fault.columns or [*features] for fault in faults},
    }
    (folder / "series.json").write_text(json.dumps(described))


def _starts(live: pd.DataFrame, count: int) -> list[pd.Timestamp]:
    days = live["time"].dt.floor("D").unique()
    chosen = np.linspace(FAULT_DAYS + 1, len(days) - FAULT_DAYS, count).astype(int)
    return [days[index] for index in chosen]


def _with_fault(live: pd.DataFrame, fault: Fault, start: pd.Timestamp) -> pd.DataFrame:
    parts = []
    for number in range(FAULT_DAYS):
        day = start + pd.Timedelta(days=number)
        rows = live[live["time"].dt.floor("D") == day].reset_index(drop=True)
        rng = np.random.default_rng([int(start.timestamp()), number])
        changed = fault.change(rows, rng)
        parts.append(changed.assign(fault=fault.name, start=f"{start:%Y-%m-%d}", day=number + 1))
    return pd.concat(parts)


def _write(table: pd.DataFrame, path: Path) -> None:
    times = table["time"].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    table.assign(time=times).to_csv(path, index=False, float_format="%.10g")
