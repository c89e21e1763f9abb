"""A columnar batch of records: what capture and training data both become."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driftloop.capture.event_ids import EventIds
from driftloop.cell_dates import epoch_seconds
from driftloop.cell_values import Cells, category_codes, numeric_values
from driftloop.errors import InputError
from driftloop.schema import Feature, Kind, Schema


@dataclass(frozen=True, slots=True, eq=False)
class NumericColumn:
    """Numbers float64[n], NaN where there is none; ``wrong`` bool[n] marks what was no number.

    A date is its epoch seconds, and wrong where it was no date.
    """

    values: NDArray[np.float64]
    invalid: NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True, slots=True, eq=False)
class CategoricalColumn:
    """Codes int32[n] into ``categories`` (sorted canonical keys), -1 where there is no value."""

    codes: NDArray[np.int32]
    categories: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.codes)


Column = NumericColumn | CategoricalColumn


@dataclass(frozen=True, slots=True, eq=False)
class RecordBatch:
    """Records as columns, all of the same length n.

    ``rows`` int32[n] is a record's row in its request, so that (event, row) names it; ``times``
    float64[n] are inference times in epoch seconds UTC (NaN where training data has none).
    ``prediction`` is None where there are no answers at all (training data). ``entities`` are
    values of the custom attribute that was asked for, None where none was.
    """

    schema: Schema
    columns: dict[str, Column]
    prediction: Column | None
    event_ids: Sequence[str]
    inference_ids: list[str | None]
    rows: NDArray[np.int32]
    times: NDArray[np.float64]
    entities: list[str | None] | None = None

    def __len__(self) -> int:
        return len(self.event_ids)


def taken(batch: RecordBatch, places: NDArray[np.intp]) -> RecordBatch:
    """The rows at some places, in their order."""
    listed, prediction = places.tolist(), batch.prediction
    return RecordBatch(
        schema=batch.schema,
        columns={name: _taken(column, places) for name, column in batch.columns.items()},
        prediction=None if prediction is None else _taken(prediction, places),
        event_ids=batch.event_ids.taken(places)
        if isinstance(batch.event_ids, EventIds)
        else [batch.event_ids[place] for place in listed],
        inference_ids=[batch.inference_ids[place] for place in listed],
        rows=batch.rows[places],
        times=batch.times[places],
        entities=None if batch.entities is None else [batch.entities[place] for place in listed],
    )


def _taken(column: Column, places: NDArray[np.intp]) -> Column:
    if isinstance(column, CategoricalColumn):
        return CategoricalColumn(column.codes[places], column.categories)
    wrong = None if column.invalid is None else column.invalid[places]
    return NumericColumn(column.values[places], wrong)


def to_column(feature: Feature, cells: Cells) -> Column:
    """The column that cells of any kind (text, numbers, null) make, by the rules of ``values``."""
    if feature.kind is Kind.NUMERIC:
        return NumericColumn(*numeric_values(cells))
    if feature.kind is Kind.DATE:
        return NumericColumn(*epoch_seconds(cells))
    return CategoricalColumn(*category_codes(cells))


def batch_from_columns(
    schema: Schema,
    columns: Mapping[str, Cells],
    prediction: Cells | None = None,
    times: Cells | None = None,
) -> RecordBatch:
    """Training data as a batch; events are ``row-0``, ``row-1``, … .

    ``times`` are the rows' own, by the rules of ``driftloop.cell_dates``. Raises InputError where a
    feature's column is absent, the columns differ in length, or a time is none.
    """
    absent = [name for name in schema.names if name not in columns]
    if absent:
        there = ", ".join(str(name) for name in columns) or "none"
        raise InputError(f"columns missing: {', '.join(absent)}. There are: {there}")
    made = {
        feature.name: to_column(feature, _plain(columns[feature.name]))
        for feature in schema.features
    }
    predicted = None if prediction is None else to_column(schema.prediction, _plain(prediction))
    lengths = {len(column) for column in [*made.values(), *([predicted] if predicted else [])]}
    seconds = None if times is None else _times(_plain(times))
    lengths |= set() if seconds is None else {len(seconds)}
    if len(lengths) > 1:
        raise InputError(f"columns have different lengths: {sorted(lengths)}")
    count = lengths.pop() if lengths else 0
    return RecordBatch(
        schema=schema,
        columns=made,
        prediction=predicted,
        event_ids=[f"row-{index}" for index in range(count)],
        inference_ids=[None] * count,
        rows=np.zeros(count, dtype=np.int32),
        times=np.full(count, np.nan) if seconds is None else seconds,
    )


def _times(cells: Cells) -> NDArray[np.float64]:
    seconds, wrong = epoch_seconds(cells)
    if wrong is not None:
        row = int(wrong.argmax())
        raise InputError(
            f"row {row + 1}: {cells[row]!r} is no time; write ISO 8601, as in 2026-01-31T08:00:00Z,"
            " or epoch seconds"
        )
    return seconds


def _plain(cells: Cells) -> Sequence[object] | NDArray[np.generic]:
    """Lists as they are; anything array-like (a pandas Series too) as a numpy array."""
    if isinstance(cells, list | tuple):
        return cells
    array: NDArray[np.generic] = np.asarray(cells)
    return array if array.dtype.kind in "fiub" else np.asarray(cells, dtype=object)
