"""Used requests, gathered until they are many enough to become one columnar batch."""

from collections.abc import Sequence

import numpy as np

from driftloop.capture.batch import Batch, Column, column_of
from driftloop.capture.columns import plain_columns
from driftloop.capture.envelope import Event
from driftloop.capture.rows import Cells
from driftloop.capture.weave import woven
from driftloop.schema import Schema


class Gatherer:
    """Keeps rows in the order of their lines, plain ones as text, others as cells."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._events: list[str] = []
        self._inference_ids: list[str | None] = []
        self._times: list[float] = []
        self._rows: list[int] = []
        self._predictions: list[object] = []
        self._plain: list[str] = []
        self._plain_at: list[int] = []
        self._exact: list[Cells] = []
        self.size = 0

    def __len__(self) -> int:
        return len(self._events)

    def add_plain(self, event_id: str, event: Event, row: str, prediction: str | None) -> None:
        """Take the one row of a plain request."""
        self._plain_at.append(len(self._events))
        self._plain.append(row)
        self._events.append(event_id)
        self._inference_ids.append(event.inference_id)
        self._times.append(event.time)
        self._rows.append(0)
        self._predictions.append(prediction)
        self.size += len(row)

    def add_exact(
        self, event_id: str, event: Event, rows: list[Cells], predictions: Sequence[object] | None
    ) -> None:
        """Take the rows of a request that was read the exact way."""
        count = len(rows)
        self._exact.extend(rows)
        self._events.extend([event_id] * count)
        self._inference_ids.extend([event.inference_id] * count)
        self._times.extend([event.time] * count)
        self._rows.extend(range(count))
        self._predictions.extend([None] * count if predictions is None else predictions)
        self.size += 16 * count * len(self._schema.features)

    def batch(self) -> Batch:
        """All rows as columns."""
        return Batch(
            schema=self._schema,
            columns=self._columns(),
            prediction=column_of(self._schema.prediction, self._predictions),
            events=self._events,
            inference_ids=self._inference_ids,
            rows=np.array(self._rows, dtype=np.int32),
            times=np.array(self._times, dtype=np.float64),
        )

    def _columns(self) -> dict[str, Column]:
        features = self._schema.features
        cells = list(zip(*self._exact, strict=True)) if self._exact else [()] * len(features)
        exact = {f.name: column_of(f, column) for f, column in zip(features, cells, strict=True)}
        if not self._plain:
            return exact
        plain = plain_columns(features, self._plain)
        if not self._exact:
            return plain
        here = np.zeros(len(self), dtype=np.bool_)
        here[self._plain_at] = True
        return {f.name: woven(here, plain[f.name], exact[f.name]) for f in features}
