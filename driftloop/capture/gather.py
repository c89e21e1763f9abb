"""Used requests, gathered until they are many enough to become one columnar batch."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from driftloop.capture.batch import RecordBatch
from driftloop.capture.bulk import SimpleRequests
from driftloop.capture.envelope import CapturedRequest
from driftloop.capture.ids import EventIds
from driftloop.capture.rows import Row
from driftloop.capture.weave import MergedColumns
from driftloop.schema import Schema

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
