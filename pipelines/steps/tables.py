"""Rows with their labels as pandas tables in one canonical form.

Columns: the features (float64, or text by the rules of ``driftloop.cell_values``; a date as ISO
8601 in UTC), the target (a number in a regression, else the key of the class), and TIME (epoch
seconds UTC, NaN where unknown). A row becomes the same line of CSV whether it comes from training
data or from captured requests.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from driftloop.cell_dates import epoch_seconds
from driftloop.cell_values import (
    Cells,
    category_codes,
    category_key,
    is_missing,
    numeric_values,
)
from driftloop.column_names import describe_similar
from driftloop.errors import InputError
from driftloop.profile.hourly.clock import local_seconds
from driftloop.quality.training_data.labels import class_problem
from driftloop.schema import Feature, Kind, ProblemType, Schema
from driftloop.training_table import parse_table

TIME = "__time__"


def to_canonical_table(
    schema: Schema, cells: Mapping[str, Cells], times: Cells | None = None
) -> pd.DataFrame:
    """A table from cells of any type by column; rows without a label are dropped.

    ``times`` are epoch seconds.
    """
    columns = {feature.name: _column(feature, cells[feature.name]) for feature in schema.features}
    table = pd.DataFrame(columns)
    table[schema.target] = _labels(schema, cells[schema.target])
    table[TIME] = np.full(len(table), np.nan) if times is None else np.asarray(times, dtype=float)
    return table[table[schema.target].notna()].reset_index(drop=True)


@dataclass(frozen=True, slots=True)
class TrainingData:
    """The rows of ``training_data`` with a label, and those without: none, or an unusable one.

    ``rows`` counts all of them; ``unusable_label`` is an example. ``cells`` are all cells as they
    were read.
    """

    table: pd.DataFrame
    rows: int
    unlabeled: int
    unusable_label: object = None
    cells: Mapping[str, Any] = field(default_factory=dict)


def read_training_data(folder: Path, schema: Schema, time_column: str | None) -> TrainingData:
    """The rows of all files in a folder, CSV (plain or gzip) or Parquet.

    Raises:
        InputError: There is no file, a file can't be read, a column is missing, or a time is
            unreadable.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    if not files:
        raise InputError(f"{folder}: there is no file: check training_data in driftloop.yaml")
    required = [*schema.names, schema.target, *([time_column] if time_column else [])]
    raw = pd.concat([_read(path, required) for path in files], ignore_index=True)
    times = _times(raw[time_column]) if time_column else None
    table = to_canonical_table(schema, {name: raw[name].tolist() for name in required}, times)
    labels = raw[schema.target].tolist()
    is_unlabeled = [is_missing(label, schema.label_missing_texts) for label in labels]
    unlabeled = sum(is_unlabeled)
    example = None
    if len(table) + unlabeled < len(raw):
        is_usable = ~pd.isna(_labels(schema, labels))
        example = next(
            label
            for label, usable, absent in zip(labels, is_usable, is_unlabeled, strict=True)
            if not usable and not absent
        )
    return TrainingData(table, len(raw), unlabeled, example, {name: raw[name] for name in required})


def read_table(path: Path, schema: Schema) -> pd.DataFrame:
    """Read a file that :func:`write_table` wrote."""
    raw = pd.read_csv(path, dtype=str, keep_default_na=False)
    cells = {name: raw[name].tolist() for name in (*schema.names, schema.target)}
    return to_canonical_table(schema, cells)


def write_table(table: pd.DataFrame, path: Path, schema: Schema) -> None:
    """Write features and target as CSV."""
    table[[*schema.names, schema.target]].to_csv(path, index=False, lineterminator="\n")


def write_times(tables: Sequence[pd.DataFrame], path: Path) -> None:
    """Write the times of the tables' rows as one CSV column; empty where unknown."""
    times = pd.concat([table[[TIME]] for table in tables])
    times.to_csv(path, index=False, lineterminator="\n")


def read_times(path: Path) -> list[str]:
    """The cells of a file that :func:`write_times` wrote."""
    cells: list[str] = pd.read_csv(path, dtype=str, keep_default_na=False)[TIME].tolist()
    return cells


def read_local_seconds(path: Path, time_zone: str) -> np.ndarray:
    """The times of a file that :func:`write_times` wrote, on the wall clock of a zone.

    Returns:
        Seconds since 1970, float64[n], NaN where unknown.
    """
    seconds = pd.read_csv(path, dtype={TIME: np.float64})[TIME].to_numpy(copy=True)
    is_known = np.isfinite(seconds)
    seconds[is_known] = local_seconds(seconds[is_known], time_zone)
    return seconds


def iso_dates(seconds: np.ndarray) -> np.ndarray:
    """Epoch seconds float64[n] as ISO 8601 in UTC, None for NaN.

    Dates travel as text, because a number could be read in another unit the next time.
    """
    micros = np.rint(np.nan_to_num(seconds) * 1e6).astype("M8[us]")
    texts = np.char.add(np.datetime_as_string(micros), "Z").astype(object)
    texts[np.isnan(seconds)] = None
    return texts


def row_keys(table: pd.DataFrame, schema: Schema, seed: str = "") -> list[int]:
    """A 64-bit hash of the content of each row: equal rows have equal keys."""
    text: str = table[[*schema.names, schema.target]].to_csv(
        index=False, header=False, lineterminator="\n"
    )
    lines = _csv_records(text, len(table))
    salt = blake2b(seed.encode(), digest_size=16).digest()
    return [
        int.from_bytes(blake2b(line.encode(), digest_size=8, key=salt).digest(), "big")
        for line in lines
    ]


def list_classes(schema: Schema, table: pd.DataFrame) -> list[str]:
    """The sorted classes of the target; the second class of a binary target is the positive one.

    Numbers are sorted as numbers.

    Raises:
        InputError: There are too few classes, or more than two of a binary target.
    """
    if schema.problem_type is ProblemType.REGRESSION:
        return []
    classes = sorted(set(table[schema.target]), key=_class_order)
    problem = class_problem(schema, classes)
    if problem is not None:
        raise InputError(problem)
    return classes


def _class_order(key: str) -> tuple[int, float, str]:
    try:
        return (0, float(key), key)
    except ValueError:
        return (1, 0.0, key)


def _csv_records(text: str, rows: int) -> list[str]:
    lines = text.split("\n")[:-1]
    if len(lines) == rows:
        return lines
    # A category contains a line break within quotes: such a record ends where its quotes close.
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
    codes, categories = category_codes(cells, missing_texts=feature.missing_texts)
    return np.array([*categories, None], dtype=object)[codes]


def _labels(schema: Schema, cells: Cells) -> np.ndarray:
    if schema.problem_type is ProblemType.REGRESSION:
        values = numeric_values(cells)[0]
        return np.where(np.isfinite(values), values, np.nan)
    keys = [category_key(cell, missing_texts=schema.label_missing_texts) for cell in cells]
    return np.array(keys, dtype=object)


def _read(path: Path, required: list[str]) -> pd.DataFrame:
    columns = parse_table(path.name, path.read_bytes())
    missing = [name for name in required if name not in columns]
    if missing:
        similar = [hint for name in missing if (hint := describe_similar(name, [*columns]))]
        hints, existing = "".join(f" ({hint})" for hint in similar), ", ".join(columns)
        raise InputError(
            f"{path.name}: missing columns: {', '.join(missing)}{hints}. Found: {existing}"
        )
    return pd.DataFrame({name: columns[name] for name in required})


def _times(column: pd.Series) -> np.ndarray:
    seconds, is_invalid = epoch_seconds(column.tolist())
    if is_invalid is not None:
        row = int(is_invalid.argmax())
        raise InputError(
            f"{column.name}, row {row + 1}: {column.iloc[row]!r} is not a time; write ISO 8601, as"
            " in 2026-01-31T08:00:00Z, or epoch seconds"
        )
    return seconds
