"""Used requests, gathered until they are many enough to become one columnar batch."""

from collections.abc import Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray

from driftloop.capture.batch import Batch, Column, column_of
from driftloop.capture.bulk import PlainRun
from driftloop.capture.columns import PlainColumns, plain_column
from driftloop.capture.envelope import Event
from driftloop.capture.rows import Cells
from driftloop.capture.weave import woven
from driftloop.schema import Schema

_NO_ROWS = np.empty(0, dtype=np.int32)
_NO_TIMES = np.empty(0, dtype=np.float64)


class Gatherer:
    """Keeps rows in the order of their lines, plain ones as text, others as cells."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._events: list[str] = []
        self._inference_ids: list[str | None] = []
        self._times: list[NDArray[np.float64]] = []
        self._rows: list[NDArray[np.int32]] = []
        self._predictions: list[object] = []
        self._plain = PlainColumns(schema.features)
        self._plain_at: list[int] = []
        self._exact: list[Cells] = []
        self._all_answered = True
        """Whether every prediction is a text of a plain answer."""
        self.size = 0

    def __len__(self) -> int:
        return len(self._events)

    def add_plain(self, run: PlainRun) -> None:
        """Take the rows of plain requests."""
        count = len(run.rows)
        self._plain_at.extend(range(len(self._events), len(self._events) + count))
        self._plain.add(run.rows)
        self._events.extend(run.events)
        self._inference_ids.extend(run.inference_ids)
        self._times.append(np.array(run.times))
        self._rows.append(np.zeros(count, dtype=np.int32))
        self._predictions.extend([None] * count if run.answers is None else run.answers)
        self._all_answered &= run.answers is not None
        self.size += sum(map(len, run.rows))

    def add_exact(
        self, event_id: str, event: Event, rows: list[Cells], predictions: Sequence[object] | None
    ) -> None:
        """Take the rows of a request that was read the exact way."""
        count = len(rows)
        self._exact.extend(rows)
        self._all_answered = False
        self._events.extend([event_id] * count)
        self._inference_ids.extend([event.inference_id] * count)
        self._times.append(np.full(count, event.time))
        self._rows.append(np.arange(count, dtype=np.int32))
        self._predictions.extend([None] * count if predictions is None else predictions)
        self.size += 16 * count * len(self._schema.features)

    def batch(self) -> Batch:
        """All rows as columns."""
        return Batch(
            schema=self._schema,
            columns=self._columns(),
            prediction=self._prediction(),
            events=self._events,
            inference_ids=self._inference_ids,
            rows=np.concatenate([_NO_ROWS, *self._rows]),
            times=np.concatenate([_NO_TIMES, *self._times]),
        )

    def _prediction(self) -> Column:
        if self._all_answered:
            return plain_column(self._schema.prediction, cast(list[str], self._predictions))
        return column_of(self._schema.prediction, self._predictions)

    def _columns(self) -> dict[str, Column]:
        features = self._schema.features
        cells = list(zip(*self._exact, strict=True)) if self._exact else [()] * len(features)
        exact = {f.name: column_of(f, column) for f, column in zip(features, cells, strict=True)}
        if not self._plain_at:
            return exact
        plain = self._plain.columns()
        if not self._exact:
            return plain
        here = np.zeros(len(self), dtype=np.bool_)
        here[self._plain_at] = True
        return {f.name: woven(here, plain[f.name], exact[f.name]) for f in features}
