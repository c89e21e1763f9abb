"""Rows with their labels as pandas tables in one canonical form, whatever they were before.

Columns: the features (float64, or text by the rules of ``driftloop.cell_values``; a date as ISO
8601 in UTC), the target (a number of a regression, else the class's key), and TIME (epoch seconds
UTC, NaN where unknown). The same row is the same line of CSV, whether it was training data or
captured.
"""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pandas as pd

from driftloop.cell_dates import epoch_seconds
from driftloop.cell_values import Cells, category_codes, category_key, numeric_values
from driftloop.errors import InputError
from driftloop.schema import Feature, Kind, ProblemType, Schema

TIME = "__time__"


def canonical(
    schema: Schema, cells: Mapping[str, Cells], times: Cells | None = None
) -> pd.DataFrame:
    """A table of n rows from cells of any kind by column; rows without a label are left out."""
    columns = {feature.name: _column(feature, cells[feature.name]) for feature in schema.features}
    table = pd.DataFrame(columns)
    table[schema.target] = _labels(schema, cells[schema.target])
    table[TIME] = np.full(len(table), np.nan) if times is None else np.asarray(times, dtype=float)
    return table[table[schema.target].notna()].reset_index(drop=True)


def read_training_data(folder: Path, schema: Schema, time_column: str | None) -> pd.DataFrame:
    """All CSV and Parquet files of a folder; raises InputError where columns are missing."""
    files = sorted(path for path in folder.rglob("*") if path.suffix in (".csv", ".parquet"))
    if not files:
        raise InputError(f"{folder}: no .csv or .parquet file; see training_data in driftloop.yaml")
    needed = [*schema.names, schema.target, *([time_column] if time_column else [])]
    raw = pd.concat([_read(path, needed) for path in files], ignore_index=True)
    times = _times(raw[time_column]) if time_column else None
    return canonical(schema, {name: raw[name].tolist() for name in needed}, times)


def read_table(path: Path, schema: Schema) -> pd.DataFrame:
    """A table that ``write_table`` wrote."""
    raw = pd.read_csv(path, dtype=str, keep_default_na=False)
    cells = {name: raw[name].tolist() for name in (*schema.names, schema.target)}
    return canonical(schema, cells)


def write_table(table: pd.DataFrame, path: Path, schema: Schema) -> None:
    """Features and target as CSV."""
    table[[*schema.names, schema.target]].to_csv(path, index=False, lineterminator="\n")


def write_times(tables: Sequence[pd.DataFrame], path: Path) -> None:
    """When each row of the tables was, one after the other, as CSV; empty where unknown."""
    times = pd.concat([table[[TIME]] for table in tables])
    times.to_csv(path, index=False, lineterminator="\n")


def read_times(path: Path) -> list[str]:
    """What :func:`write_times` wrote, as cells."""
    cells: list[str] = pd.read_csv(path, dtype=str, keep_default_na=False)[TIME].tolist()
    return cells


def iso_dates(seconds: np.ndarray) -> np.ndarray:
    """Epoch seconds float64[n] as ISO 8601 in UTC, None for NaN; a number might be read anew."""
    micros = np.rint(np.nan_to_num(seconds) * 1e6).astype("M8[us]")
    texts = np.char.add(np.datetime_as_string(micros), "Z").astype(object)
    texts[np.isnan(seconds)] = None
    return texts


def row_keys(table: pd.DataFrame, schema: Schema, seed: str = "") -> list[int]:
    """A hash per row, of its content alone: equal rows have equal keys. 64 bits each."""
    text: str = table[[*schema.names, schema.target]].to_csv(
        index=False, header=False, lineterminator="\n"
    )
    lines = _records(text, len(table))
    salt = blake2b(seed.encode(), digest_size=16).digest()
    return [
        int.from_bytes(blake2b(line.encode(), digest_size=8, key=salt).digest(), "big")
        for line in lines
    ]


def classes_of(schema: Schema, table: pd.DataFrame) -> list[str]:
    """The classes in order, of which a binary target's second is the positive one.

    Numbers are ordered as numbers. Raises InputError where there are too few or too many.
    """
    if schema.problem_type is ProblemType.REGRESSION:
        return []
    classes = sorted(set(table[schema.target]), key=_class_order)
    binary = schema.problem_type is ProblemType.BINARY_CLASSIFICATION
    if len(classes) < 2 or (binary and len(classes) != 2):
        wanted = "two" if binary else "two or more"
        shown = ", ".join(classes[:10]) or "none"
        raise InputError(f"target {schema.target}: {wanted} classes are needed, there are {shown}")
    return classes


def _class_order(key: str) -> tuple[int, float, str]:
    try:
        return (0, float(key), key)
    except ValueError:
        return (1, 0.0, key)


def _records(text: str, rows: int) -> list[str]:
    lines = text.split("\n")[:-1]
    if len(lines) == rows:
        return lines
    # a category holds a line break inside of quotes: such a record goes on until its quotes close
    joined: list[str] = []
    for line in lines:
        if joined and joined[-1].count('"') % 2:
            joined[-1] += "\n" + line
        else:
            joined.append(line)
    return joined


def _column(feature: Feature, cells: Cells) -> np.ndarray:
    if feature.kind is Kind.NUMERIC:
        return numeric_values(cells)[0]
    if feature.kind is Kind.DATE:
        return iso_dates(epoch_seconds(cells)[0])
    codes, categories = category_codes(cells)
    return np.array([*categories, None], dtype=object)[codes]


def _labels(schema: Schema, cells: Cells) -> np.ndarray:
    if schema.problem_type is ProblemType.REGRESSION:
        values = numeric_values(cells)[0]
        return np.where(np.isfinite(values), values, np.nan)
    return np.array([category_key(cell) for cell in cells], dtype=object)


def _read(path: Path, needed: list[str]) -> pd.DataFrame:
    if path.suffix == ".parquet":
        table = pd.read_parquet(path)
    else:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    missing = [name for name in needed if name not in table.columns]
    if missing:
        there = ", ".join(map(str, table.columns))
        raise InputError(f"{path.name}: columns missing: {', '.join(missing)}. There are: {there}")
    return table


def _times(column: pd.Series) -> np.ndarray:
    seconds, wrong = epoch_seconds(column.tolist())
    if wrong is not None:
        row = int(wrong.argmax())
        raise InputError(
            f"{column.name}, row {row + 1}: {column.iloc[row]!r} is no time; write ISO 8601, as in"
            " 2026-01-31T08:00:00Z, or epoch seconds"
        )
    return seconds
