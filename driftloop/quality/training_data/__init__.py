"""Checks of training data before a baseline is made of it, or a model trained on it.

``driftloop validate`` looks at a sample of the data, ``driftloop baseline`` and the step Curate at
all of it, by the same functions: what only the job could find is found before it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from driftloop.capture import RecordBatch
from driftloop.capture.record_batch import as_cells, to_column
from driftloop.cell_dates import epoch_seconds
from driftloop.cell_values import is_missing, parse_number
from driftloop.column_names import describe_similar
from driftloop.quality.training_data.features import PREDICTION, check_column, has_values
from driftloop.quality.training_data.findings import Finding, Rows, require_no_errors
from driftloop.quality.training_data.labels import check_labels
from driftloop.quality.violations import percent
from driftloop.schema import Kind, Schema
from driftloop.untrusted_text import quoted_value

__all__ = [
    "Finding",
    "Rows",
    "check_features",
    "check_prediction",
    "check_training_data",
    "missing_columns",
    "require_no_errors",
]

YEAR_SECONDS = 366 * 86_400
"""Numbers up to here, as seconds since 1970, are hardly the times of training data."""

MAX_NAMED_COLUMNS = 20
"""Columns that a message names."""

_WITHOUT_ZONE = re.compile(r"[^T ]+(?:[T ][0-9:.,]*)?\Z")
"""ISO 8601 without a zone: no Z, and no + or - in the time of day."""


def check_training_data(
    schema: Schema,
    table: Mapping[str, Any],
    rows: Rows,
    *,
    time_column: str | None,
    time_zone: str,
    holdout_share: float,
    max_unusable_share: float,
) -> list[Finding]:
    """Check everything that driftloop.yaml says about training data.

    Args:
        schema: Names and kinds of the features, the target and the problem type.
        table: Cells by column name.
        rows: What the rows of the table are.
        time_column: Column with the time of each row.
        time_zone: The model's IANA time zone.
        holdout_share: Share of the rows that are held out.
        max_unusable_share: Share of unusable labels above which nothing is trained.
    Raises:
        InputError: A column holds no single values, or bytes that are no text.
    """
    named = {f"features.{name}": name for name in schema.names} | {"target": schema.target}
    if time_column is not None:
        named["time_column"] = time_column
    findings = [*missing_columns(named, table)]
    if not rows.count:
        return [*findings, Finding("training_data", "it has no rows", is_error=True)]
    present = [feature for feature in schema.features if feature.name in table]
    for feature in present:
        cells = as_cells(table[feature.name], feature.kind)
        column = to_column(feature, cells)
        findings += check_column(feature, column, cells, rows, f"features.{feature.name}")
    times = None
    if time_column is not None and time_column in table:
        cells = as_cells(table[time_column], Kind.DATE)
        times, _ = epoch_seconds(cells)
        findings += _check_times(time_column, cells, time_zone, rows)
    if schema.target in table:
        findings += check_labels(
            schema,
            as_cells(table[schema.target], Kind.CATEGORICAL),
            times,
            rows,
            holdout_share=holdout_share,
            max_unusable_share=max_unusable_share,
        )
    return findings


def missing_columns(named: Mapping[str, str], table: Mapping[str, Any]) -> Iterator[Finding]:
    """An error for each column that the table lacks; ``named`` is the column by its setting."""
    existing = [*table]
    if len(existing) == 1 and (separator := next((s for s in ";\t|" if s in existing[0]), None)):
        yield Finding(
            "training_data",
            f"the header is one name, {quoted_value(existing[0])}: separate cells by commas, not by"
            f" {separator!r}",
            is_error=True,
        )
        return
    shown = ", ".join(existing[:MAX_NAMED_COLUMNS])
    more = len(existing) - MAX_NAMED_COLUMNS
    shown += f" and {more} more" if more > 0 else ""
    for setting, name in named.items():
        if name not in table:
            similar = describe_similar(name, existing)
            hint = f" ({similar})" if similar else ""
            yield Finding(
                setting,
                f"there is no column {name!r}{hint}. There are: {shown}",
                is_error=True,
            )


def check_features(batch: RecordBatch, table: Mapping[str, Any], rows: Rows) -> list[Finding]:
    """Check the features of training data that was read already."""
    return [
        finding
        for feature in batch.schema.features
        for finding in check_column(
            feature,
            batch.columns[feature.name],
            table[feature.name],
            rows,
            f"features.{feature.name}",
        )
    ]


def check_prediction(name: str, batch: RecordBatch, cells: Any, rows: Rows) -> list[Finding]:
    """Check the column of a model's predictions."""
    if batch.prediction is None:
        return []
    feature = batch.schema.prediction
    named = type(feature)(name, feature.kind, feature.missing_texts)
    found = check_column(named, batch.prediction, cells, rows, PREDICTION)
    if has_values(batch.prediction):
        return [*found]
    # no window could be compared with it
    return [replace(finding, is_error=True) for finding in found]


def _check_times(name: str, cells: Any, time_zone: str, rows: Rows) -> Iterator[Finding]:
    seconds, invalid = epoch_seconds(cells)
    if invalid is not None:
        row = int(invalid.argmax())
        yield Finding(
            "time_column",
            f"column {name!r}, row {row + 1}: {quoted_value(str(cells[row]))} is not a time; write"
            " ISO 8601, as in 2026-01-31T08:00:00Z, or epoch seconds",
            is_error=True,
        )
        return
    missing = float(np.isnan(seconds).mean())
    if missing == 1:
        yield Finding("time_column", f"column {name!r} has no time in {rows}", is_error=True)
    elif missing:
        yield Finding(
            "time_column",
            f"column {name!r}: {percent(missing)} of {rows} have no time, and are never held out"
            " for evaluation",
        )
    largest = float(np.nanmax(np.abs(seconds), initial=0.0))
    if missing < 1 and largest < YEAR_SECONDS and _are_numbers(cells):
        yield Finding(
            "time_column",
            f"column {name!r}: its numbers, such as {_first_value(cells)}, are all of one year"
            " around 1970, since they count seconds from then. If they count something else, write"
            " times in ISO 8601, as in 2026-01-31T08:00:00Z",
        )
    if time_zone != "UTC" and _is_without_zone(cells):
        yield Finding(
            "time_column",
            f"column {name!r}: times without a zone are taken as UTC, and time_zone is"
            f" {time_zone}. If they are local times, write them with their offset, as in"
            " 2026-01-31T08:00:00+01:00",
        )


def _are_numbers(cells: Any) -> bool:
    """Whether the first value is a number, in text or not."""
    return parse_number(_first_value(cells)) is not None


def _first_value(cells: Any) -> object:
    return next((cell for cell in cells if not is_missing(cell)), None)


def _is_without_zone(cells: Any) -> bool:
    if isinstance(cells, np.ndarray) and cells.dtype.kind == "M":
        return True
    first = next((cell for cell in cells if isinstance(cell, str) and cell.strip()), None)
    if first is not None:
        return _WITHOUT_ZONE.match(first.strip()) is not None
    moment = next((cell for cell in cells if hasattr(cell, "tzinfo") and cell == cell), None)
    return moment is not None and moment.tzinfo is None
