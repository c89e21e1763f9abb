"""Reference and captures as pandas data frames, read as fast as pandas allows."""

import io
from pathlib import Path

import orjson
import pandas as pd

CATEGORICAL = 5
"""Number of categorical columns, which are the last ones."""


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


def read_both(folder: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Reference and captures."""
    reference_frame = reference(Path(folder))
    return reference_frame, captured(Path(folder), list(reference_frame.columns))
