"""Builds record batches of simple requests and decoded ones, in the order of their lines."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from driftloop.capture.capture_record import CapturedRequest
from driftloop.capture.event_ids import EventIds
from driftloop.capture.predictions import ClassScores
from driftloop.capture.record_batch import (
    CategoricalColumn,
    ClassProbabilities,
    Column,
    NumericColumn,
    RecordBatch,
    to_column,
)
from driftloop.capture.request_rows import Row
from driftloop.capture.vectorized.byte_buffer import CellOffsets
from driftloop.capture.vectorized.column_builder import ColumnBuilder
from driftloop.capture.vectorized.simple_requests import SimpleRequests
from driftloop.cell_values import category_key
from driftloop.schema import Feature, Schema

_NO_ROWS = np.empty(0, dtype=np.int32)
_NO_TIMES = np.empty(0, dtype=np.float64)
_CELL_TEXT_SIZE = 16
"""Memory of a decoded cell, in characters of text: its Python object counts beside its text."""


class BatchBuilder:
    """Collects rows until they are enough for a batch.

    ``text_size`` counts the characters of their payloads. Rows have an entity each if
    ``has_entities``.
    """

    def __init__(self, schema: Schema, *, has_entities: bool) -> None:
        self._schema = schema
        self._has_entities = has_entities
        self._event_ids: list[EventIds] = []
        self._unhashed_ids: list[str] = []
        self._inference_ids: list[str | None] = []
        self._entities: list[str | None] = []
        self._times: list[NDArray[np.float64]] = []
        self._rows: list[NDArray[np.int32]] = []
        self._class_scores: dict[int, ClassScores] = {}
        self._count = 0
        self._features = MergedColumns(schema.features, schema.cell_positions)
        self._predictions = MergedColumns([schema.prediction])
        self.text_size = 0

    def __len__(self) -> int:
        return self._count

    def add_simple(self, requests: SimpleRequests) -> None:
        """Add the rows of simple requests, one each."""
        count = len(requests.event_ids)
        self._features.add_simple(requests.rows)
        if requests.predictions is None:
            self._predictions.add([[None]] * count)
        else:
            self._predictions.add_simple(requests.predictions)
            self.text_size += requests.predictions.text_size
        self._hash_ids()
        self._event_ids.append(requests.event_ids)
        self._inference_ids.extend(requests.inference_ids)
        self._entities.extend(requests.entities or ())
        self._times.append(requests.times)
        self._rows.append(np.zeros(count, dtype=np.int32))
        self.text_size += requests.rows.text_size
        self._count += count

    def add_decoded(
        self,
        event_id: str,
        request: CapturedRequest,
        rows: list[Row],
        predictions: Sequence[object] | None,
        class_scores: Sequence[ClassScores | None] = (),
    ) -> None:
        """Add the rows of a decoded request; ``predictions`` are None without an output.

        ``class_scores`` are the probabilities of all classes, of as many rows or of none.
        """
        count = len(rows)
        if len(class_scores) == count:
            found = enumerate(class_scores, self._count)
            self._class_scores.update({row: one for row, one in found if one is not None})
        self._features.add(rows)
        self._predictions.add(
            [[None]] * count if predictions is None else [[p] for p in predictions]
        )
        self._unhashed_ids.extend([event_id] * count)
        self._inference_ids.extend([request.inference_id] * count)
        self._entities.extend([request.entity] * count)
        self._times.append(np.full(count, request.time))
        self._rows.append(np.arange(count, dtype=np.int32))
        self.text_size += _CELL_TEXT_SIZE * count * len(self._schema.features) + sum(
            map(_text_size, rows)
        )
        self.text_size += _text_size(predictions or ())
        self._count += count

    def batch(self) -> RecordBatch:
        """All rows as a batch."""
        self._hash_ids()
        (prediction,) = self._predictions.columns().values()
        return RecordBatch(
            schema=self._schema,
            columns=self._features.columns(),
            prediction=prediction,
            event_ids=EventIds.from_parts(self._event_ids),
            inference_ids=self._inference_ids,
            rows=np.concatenate([_NO_ROWS, *self._rows]),
            times=np.concatenate([_NO_TIMES, *self._times]),
            entities=self._entities if self._has_entities else None,
            probabilities=self._probabilities(),
        )

    def _probabilities(self) -> ClassProbabilities | None:
        """The probabilities of rows that have them, by the keys of their classes."""
        if not self._class_scores:
            return None
        keys = {
            row: [
                category_key(name, keep_blanks=True, missing_texts=self._schema.label_missing_texts)
                for name in (range(len(scores)) if names is None else names)
            ]
            for row, (names, scores) in self._class_scores.items()
        }
        classes = tuple(sorted({key for own in keys.values() for key in own if key is not None}))
        position = {key: code for code, key in enumerate(classes)}
        values = np.full((self._count, len(classes)), np.nan)
        for row, own in keys.items():
            values[row] = 0.0  # a class that the response does not name has no probability
            for key, score in zip(own, self._class_scores[row][1], strict=True):
                if key is not None:
                    values[row, position[key]] = score
        return ClassProbabilities(classes, values)

    def _hash_ids(self) -> None:
        """Hash the ids of decoded requests, many at once."""
        if self._unhashed_ids:
            self._event_ids.append(EventIds.from_strings(self._unhashed_ids))
            self._unhashed_ids = []


class MergedColumns:
    """Columns of rows that are added as simple cells or as decoded ones, in their order.

    ``positions`` of the features among the cells of a simple row are 0, 1, … by default.
    """

    def __init__(self, features: Sequence[Feature], positions: Sequence[int] | None = None) -> None:
        self._features = features
        self._simple = ColumnBuilder(features, positions)
        self._decoded: list[Row] = []
        self._lengths: list[int] = []
        self._is_simple: list[bool] = []

    def add_simple(self, cells: CellOffsets) -> None:
        """Add the next rows, of simple requests."""
        self._simple.add(cells)
        self._append_part(cells.start.shape[1], simple=True)

    def add(self, rows: Sequence[Row]) -> None:
        """Add the next rows, as decoded cells of any type."""
        self._decoded.extend(rows)
        self._append_part(len(rows), simple=False)

    def columns(self) -> dict[str, Column]:
        """All rows by column name."""
        simple = self._simple.columns()
        if all(self._is_simple):
            return simple
        cells = zip(*self._decoded, strict=True) if self._decoded else [()] * len(self._features)
        decoded = {f.name: to_column(f, c) for f, c in zip(self._features, cells, strict=True)}
        if not any(self._is_simple):
            return decoded
        is_first = np.repeat(self._is_simple, self._lengths)
        return {name: merge_columns(is_first, simple[name], decoded[name]) for name in simple}

    def _append_part(self, count: int, *, simple: bool) -> None:
        if count:
            self._lengths.append(count)
            self._is_simple.append(simple)


def merge_columns(is_first: NDArray[np.bool_], first: Column, second: Column) -> Column:
    """One column of two; ``is_first`` bool[n] marks the rows of the first one, in order."""
    if isinstance(first, NumericColumn) and isinstance(second, NumericColumn):
        values = np.empty(len(is_first))
        values[is_first], values[~is_first] = first.values, second.values
        return NumericColumn(values, _merge_invalid(is_first, first, second))
    if isinstance(first, CategoricalColumn) and isinstance(second, CategoricalColumn):
        categories = tuple(sorted({*first.categories, *second.categories}))
        codes = np.empty(len(is_first), dtype=np.int32)
        codes[is_first], codes[~is_first] = _recode(first, categories), _recode(second, categories)
        return CategoricalColumn(codes, categories)
    raise TypeError("a numeric and a categorical column can't be merged")


def _merge_invalid(
    is_first: NDArray[np.bool_], first: NumericColumn, second: NumericColumn
) -> NDArray[np.bool_] | None:
    if first.invalid is None and second.invalid is None:
        return None
    invalid = np.zeros(len(is_first), dtype=np.bool_)
    for rows, column in ((is_first, first), (~is_first, second)):
        if column.invalid is not None:
            invalid[rows] = column.invalid
    return invalid


def _recode(column: CategoricalColumn, categories: tuple[str, ...]) -> NDArray[np.int32]:
    code_by_category = {category: code for code, category in enumerate(categories)}
    table = np.array(
        [*(code_by_category[category] for category in column.categories), -1], dtype=np.int32
    )
    return table[column.codes]


def _text_size(cells: Iterable[object]) -> int:
    return sum(len(cell) for cell in cells if isinstance(cell, str))
