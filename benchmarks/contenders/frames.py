"""Reference and captures as pandas frames, read as fast as a user of pandas can."""

import io
from pathlib import Path

import orjson
import pandas as pd

CATEGORICAL = 5
"""The last columns are categories."""


def reference(folder: Path) -> pd.DataFrame:
    """The training data."""
    names = pd.read_csv(folder / "reference.csv", nrows=0).columns
    return pd.read_csv(folder / "reference.csv", dtype=dict.fromkeys(names[-CATEGORICAL:], "str"))


def captured(folder: Path, names: list[str]) -> pd.DataFrame:
    """The requests of all capture files."""
    rows = []
    for path in sorted((folder / "capture").rglob("*.jsonl")):
        with path.open("rb") as file:
            rows += [orjson.loads(line)["captureData"]["endpointInput"]["data"] for line in file]
    types = dict.fromkeys(names[-CATEGORICAL:], "str")
    return pd.read_csv(io.StringIO("\n".join(rows)), header=None, names=names, dtype=types)


def both(folder: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Reference and captures."""
    before = reference(Path(folder))
    return before, captured(Path(folder), list(before.columns))
