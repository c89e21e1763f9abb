"""Runs a peer over the days of a series, and over its days with faults.

A peer is a function from a reference and batches of a day each to the columns of each batch that it
calls drifted. There are two settings:

- ``training``: the reference is the training data, for each day.
- ``recent``: the reference is the 28 days before the day; of a day with a fault, before its first
  day. Columns that have one value in a day are excluded.

The columns of each day are printed as JSON. With ``--last``, only the last day is decided.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import pandas as pd

RECENT_DAYS = 28


class Task(NamedTuple):
    """What a peer decides on.

    Attributes:
        reference: Rows with ``time`` and the columns.
        batches: Rows of a day each, by a key.
        numeric: Names of numeric columns.
        categorical: Names of categorical columns.
    """

    reference: pd.DataFrame
    batches: Mapping[str, pd.DataFrame]
    numeric: list[str]
    categorical: list[str]

    @property
    def columns(self) -> list[str]:
        """All columns."""
        return [*self.numeric, *self.categorical]


Peer = Callable[[Task], dict[str, list[str]]]


class Folder:
    """The files of a series, as ``benchmarks.comparison.prepare`` writes them."""

    def __init__(self, folder: str, setting: str) -> None:
        self.folder = Path(folder)
        self.setting = setting
        self.described = json.loads((self.folder / "series.json").read_text())
        excluded = self.described["daily"] if setting == "recent" else ()
        self.kinds = {
            name: kind for name, kind in self.described["kinds"].items() if name not in excluded
        }

    def read(self, name: str) -> pd.DataFrame:
        """A table; categories are text."""
        types = {
            name: "str" for name, kind in self.described["kinds"].items() if kind == "categorical"
        }
        table = pd.read_csv(self.folder / name, dtype=types)
        table["time"] = pd.to_datetime(table["time"], utc=True)
        return table

    def reference(self, day: str) -> pd.DataFrame:
        """The reference of a day."""
        if self.setting == "training":
            return self.training
        end = pd.Timestamp(day, tz="UTC")
        start = end - pd.Timedelta(days=RECENT_DAYS)
        return self.all_rows[(self.all_rows["time"] >= start) & (self.all_rows["time"] < end)]

    @cached_property
    def training(self) -> pd.DataFrame:
        """The training data."""
        return self.read("training.csv")

    @cached_property
    def live(self) -> pd.DataFrame:
        """The live days."""
        return self.read("live.csv")

    @cached_property
    def all_rows(self) -> pd.DataFrame:
        """Training data and live days."""
        return pd.concat([self.training, self.live], ignore_index=True)

    def task(
        self, day: str, batches: Mapping[str, pd.DataFrame], columns: list[str] | None = None
    ) -> Task:
        """The task of some batches that share the reference of a day."""
        return self._task(self.reference(day), batches, columns)

    def last(self) -> Task:
        """The task of the last day, from files of its own."""
        reference = "training.csv" if self.setting == "training" else "recent.csv"
        return self._task(self.read(reference), {"last": self.read("last.csv")}, None)

    def _task(
        self,
        reference: pd.DataFrame,
        batches: Mapping[str, pd.DataFrame],
        columns: list[str] | None,
    ) -> Task:
        of_kind = {
            kind: [
                name
                for name, one in self.kinds.items()
                if one == kind and (columns is None or name in columns)
            ]
            for kind in ("numeric", "categorical")
        }
        return Task(reference, batches, of_kind["numeric"], of_kind["categorical"])

    def days(self) -> Iterator[Task]:
        """Tasks of the live days."""
        days = {
            f"{day:%Y-%m-%d}": rows
            for day, rows in self.live.groupby(self.live["time"].dt.floor("D"))
        }
        if self.setting == "training":
            yield self.task("", days)
        else:
            for day, rows in days.items():
                yield self.task(day, {day: rows})

    def faults(self, *, only_changed: bool) -> Iterator[tuple[str, str, Task]]:
        """Faults, their first days, and the tasks of their days; of changed columns on demand."""
        planted = self.read("faults.csv")
        for key, rows in planted.groupby(["fault", "start"], sort=False):
            fault, start = map(str, key)
            batches = {str(day): one for day, one in rows.groupby("day")}
            changed = self.described["faults"][fault]
            if any(name in self.kinds for name in changed):
                yield fault, start, self.task(start, batches, changed if only_changed else None)


def check(peer: Peer, slow: Peer, task: Task) -> None:
    """Raise AssertionError where two ways to decide differ on the first batch of a task."""
    key, rows = next(iter(task.batches.items()))
    first = task._replace(batches={key: rows})
    if peer(first) != slow(first):
        raise AssertionError(f"{peer(first)} is not {slow(first)}")


def run(peer: Peer, *, by_column: bool, slow: Peer | None = None) -> None:
    """Run a peer as the command line says: FOLDER SETTING [--last].

    Args:
        peer: What decides.
        by_column: It decides on each column by itself, so that of a day with a fault only the
            changed columns need be decided on.
        slow: The usual way to the same decisions, if it is not ``peer``: it decides on the last
            day, and on the first day as a check.
    """
    folder = Folder(sys.argv[1], sys.argv[2])
    if "--last" in sys.argv:
        print(json.dumps((slow or peer)(folder.last())))
        return
    if slow is not None:
        check(peer, slow, next(folder.days()))
    days: dict[str, list[str]] = {}
    for task in folder.days():
        days |= peer(task)
    faults = [
        [fault, start, peer(task)] for fault, start, task in folder.faults(only_changed=by_column)
    ]
    print(json.dumps({"days": days, "faults": faults}))
