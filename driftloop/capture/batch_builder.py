"""Used requests, gathered until they are many enough to become one columnar batch.

Columns of rows some of which are plain, and were read together, and some were not.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from driftloop.capture.capture_record import CapturedRequest
from driftloop.capture.event_ids import EventIds
from driftloop.capture.record_batch import (
    CategoricalColumn,
    Column,
    NumericColumn,
    RecordBatch,
    to_column,
)
from driftloop.capture.request_rows import Row
from driftloop.capture.vectorized.byte_buffer import CellOffsets
from driftloop.capture.vectorized.column_builder import ColumnBuilder
from driftloop.capture.vectorized.simple_requests import SimpleRequests
from driftloop.schema import Feature, Schema

_NO_ROWS = np.empty(0, dtype=np.int32)
_NO_TIMES = np.empty(0, dtype=np.float64)
_CELL = 16
"""About what a cell of a row that is not plain takes, as letters."""


class BatchBuilder:
    """Keeps rows in the order of their lines; ``attributed`` ones have an entity each."""

    def __init__(self, schema: Schema, *, attributed: bool) -> None:
        self._schema = schema
        self._attributed = attributed
        self._events: list[EventIds] = []
        self._single: list[str] = []
        self._inference_ids: list[str | None] = []
        self._entities: list[str | None] = []
        self._times: list[NDArray[np.float64]] = []
        self._rows: list[NDArray[np.int32]] = []
        self._count = 0
        self._features = MergedColumns(schema.features)
        self._answers = MergedColumns([schema.prediction])
        self.size = 0

    def __len__(self) -> int:
        return self._count

    def add_simple(self, run: SimpleRequests) -> None:
        """Take the rows of plain requests."""
        count = len(run.events)
        self._features.add_plain(run.rows)
        if run.answers is None:
            self._answers.add([[None]] * count)
        else:
            self._answers.add_plain(run.answers)
            self.size += run.answers.size
        self._take_single()
        self._events.append(run.events)
        self._inference_ids.extend(run.inference_ids)
        self._entities.extend(run.entities or ())
        self._times.append(run.times)
        self._rows.append(np.zeros(count, dtype=np.int32))
        self.size += run.rows.size
        self._count += count

    def add_decoded(
        self,
        event_id: str,
        event: CapturedRequest,
        rows: list[Row],
        predictions: Sequence[object] | None,
    ) -> None:
        """Take the rows of a request that was read the exact way."""
        count = len(rows)
        self._features.add(rows)
        self._answers.add([[None]] * count if predictions is None else [[p] for p in predictions])
        self._single.extend([event_id] * count)
        self._inference_ids.extend([event.inference_id] * count)
        self._entities.extend([event.entity] * count)
        self._times.append(np.full(count, event.time))
        self._rows.append(np.arange(count, dtype=np.int32))
        self.size += _CELL * count * len(self._schema.features) + sum(map(_byte_values, rows))
        self.size += _byte_values(predictions or ())
        self._count += count

    def batch(self) -> RecordBatch:
        """All rows as columns."""
        self._take_single()
        (prediction,) = self._answers.columns().values()
        return RecordBatch(
            schema=self._schema,
            columns=self._features.columns(),
            prediction=prediction,
            event_ids=EventIds.joined(self._events),
            inference_ids=self._inference_ids,
            rows=np.concatenate([_NO_ROWS, *self._rows]),
            times=np.concatenate([_NO_TIMES, *self._times]),
            entities=self._entities if self._attributed else None,
        )

    def _take_single(self) -> None:
        """Ids that came one by one, together with those before."""
        if self._single:
            self._events.append(EventIds.from_strings(self._single))
            self._single = []


def _byte_values(cells: Iterable[object]) -> int:
    return sum(len(cell) for cell in cells if isinstance(cell, str))


class MergedColumns:
    """Columns in the making, of rows in the order in which they are added."""

    def __init__(self, features: Sequence[Feature]) -> None:
        self._features = features
        self._plain = ColumnBuilder(features)
        self._others: list[Row] = []
        self._lengths: list[int] = []
        self._are_plain: list[bool] = []

    def add_plain(self, cells: CellOffsets) -> None:
        """Take the next rows, which are plain."""
        self._plain.add(cells)
        self._grow(cells.start.shape[1], plain=True)

    def add(self, rows: Sequence[Row]) -> None:
        """Take the next rows, as cells of any kind."""
        self._others.extend(rows)
        self._grow(len(rows), plain=False)

    def columns(self) -> dict[str, Column]:
        """All rows, column by column."""
        plain = self._plain.columns()
        if all(self._are_plain):
            return plain
        cells = zip(*self._others, strict=True) if self._others else [()] * len(self._features)
        others = {f.name: to_column(f, c) for f, c in zip(self._features, cells, strict=True)}
        if not any(self._are_plain):
            return others
        here = np.repeat(self._are_plain, self._lengths)
        return {name: merge_columns(here, plain[name], others[name]) for name in plain}

    def _grow(self, count: int, *, plain: bool) -> None:
        if count:
            self._lengths.append(count)
            self._are_plain.append(plain)


def merge_columns(here: NDArray[np.bool_], first: Column, second: Column) -> Column:
    """Rows where ``here`` holds are the first's in their order, the others the second's."""
    if isinstance(first, NumericColumn) and isinstance(second, NumericColumn):
        values = np.empty(len(here))
        values[here], values[~here] = first.values, second.values
        return NumericColumn(values, _woven_wrong(here, first, second))
    if isinstance(first, CategoricalColumn) and isinstance(second, CategoricalColumn):
        categories = tuple(sorted({*first.categories, *second.categories}))
        codes = np.empty(len(here), dtype=np.int32)
        codes[here], codes[~here] = _recoded(first, categories), _recoded(second, categories)
        return CategoricalColumn(codes, categories)
    raise TypeError("a numeric and a categorical column are no parts of one column")


def _woven_wrong(
    here: NDArray[np.bool_], first: NumericColumn, second: NumericColumn
) -> NDArray[np.bool_] | None:
    if first.invalid is None and second.invalid is None:
        return None
    wrong = np.zeros(len(here), dtype=np.bool_)
    for rows, column in ((here, first), (~here, second)):
        if column.invalid is not None:
            wrong[rows] = column.invalid
    return wrong


def _recoded(column: CategoricalColumn, categories: tuple[str, ...]) -> NDArray[np.int32]:
    position = {category: code for code, category in enumerate(categories)}
    table = np.array([*(position[category] for category in column.categories), -1], dtype=np.int32)
    return table[column.codes]
