"""Pending records: what is kept of a captured record until its label arrives.

A late label is joined with them, so that no captured file is read twice. They hold no feature's
value: only hashes of ids, the prediction, the time, and the codes of segments and groups.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from driftloop.errors import FormatError
from driftloop.file_format import decode, encode
from driftloop.labels.join import RecordIds

KIND: Final = "pending-records"
PENDING_RECORDS_VERSION: Final = 1
"""Version of the file format; it rises with every change of what is stored."""

_ARRAYS: Final = (
    ("event_ids", "<u8"),
    ("client_ids", "<u8"),
    ("rows", "<i4"),
    ("times", "<f8"),
    ("predictions", "<f8"),
    ("probabilities", "<f8"),
)


@dataclass(frozen=True, slots=True, eq=False)
class CodedColumn:
    """A column of n records as codes, uint8[n], of the levels of a segment or group."""

    name: str
    levels: tuple[str, ...]
    codes: NDArray[np.uint8]

    def take(self, positions: NDArray[np.intp]) -> "CodedColumn":
        """The codes at some positions, in their order."""
        return CodedColumn(self.name, self.levels, self.codes[positions])


@dataclass(frozen=True, slots=True, eq=False)
class PendingRecords:
    """n records that wait for labels.

    Attributes:
        ids: The ids by which labels name their requests.
        times: float64[n], inference times in epoch seconds UTC; NaN where unknown.
        predictions: float64[n]: the score of the positive class, the predicted value, or the code
            of the predicted class; NaN where the prediction is missing.
        classes: The classes of a multiclass model, in the order of their codes.
        probabilities: float64[n, classes], NaN where they are unknown; None if no record has them.
        segments: The records' levels in segment columns.
        groups: Their levels in group columns.
    """

    ids: RecordIds
    times: NDArray[np.float64]
    predictions: NDArray[np.float64]
    classes: tuple[str, ...] = ()
    probabilities: NDArray[np.float64] | None = None
    segments: tuple[CodedColumn, ...] = ()
    groups: tuple[CodedColumn, ...] = ()

    def __len__(self) -> int:
        return len(self.times)

    def take(self, positions: NDArray[np.intp]) -> "PendingRecords":
        """The records at some positions (``intp[k]``), in their order."""
        ids, clients = self.ids, self.ids.client_ids
        return PendingRecords(
            RecordIds(
                ids.event_ids[positions],
                None if clients is None else clients[positions],
                ids.rows[positions],
                ids.labels_name_events,
            ),
            self.times[positions],
            self.predictions[positions],
            self.classes,
            None if self.probabilities is None else self.probabilities[positions],
            tuple(column.take(positions) for column in self.segments),
            tuple(column.take(positions) for column in self.groups),
        )

    def once(self) -> "PendingRecords":
        """Each record once, in the order of the requests' hashes and of their rows.

        Of a record that was captured twice the one with the earlier time counts, and of equal times
        the one with the lower prediction: in whatever order they were read, the same one is kept.
        """
        ids = self.ids
        order = np.lexsort((self.predictions, self.times, ids.rows, ids.event_ids))
        events, rows = ids.event_ids[order], ids.rows[order]
        is_first = np.ones(len(order), dtype=np.bool_)
        is_first[1:] = (events[1:] != events[:-1]) | (rows[1:] != rows[:-1])
        return self.take(order[is_first])

    def to_bytes(self) -> bytes:
        """The stored form, column by column; the same records give the same bytes."""
        ids = self.ids
        arrays = {
            "event_ids": ids.event_ids,
            "client_ids": ids.client_ids,
            "rows": ids.rows,
            "times": self.times,
            "predictions": self.predictions,
            "probabilities": self.probabilities,
        }
        stored = _Stored(
            {
                name: array.astype(dtype).tobytes()
                for name, dtype in _ARRAYS
                if (array := arrays[name]) is not None
            },
            self.classes,
            ids.labels_name_events,
            *([(c.name, c.levels, c.codes.tobytes()) for c in own] for own in self._coded),
        )
        return encode(KIND, PENDING_RECORDS_VERSION, msgspec.msgpack.encode(stored))

    @property
    def _coded(self) -> tuple[tuple[CodedColumn, ...], tuple[CodedColumn, ...]]:
        return self.segments, self.groups

    @classmethod
    def from_bytes(cls, data: bytes) -> "PendingRecords":
        """Read stored records.

        Raises:
            FormatError: The bytes are no pending records, have another version or are damaged.
        """
        body = decode(KIND, PENDING_RECORDS_VERSION, data)
        try:
            return _load(msgspec.msgpack.decode(body, type=_Stored))
        except (msgspec.DecodeError, KeyError, ValueError) as error:
            raise FormatError(f"these {KIND} are damaged: {error}") from error


class _Stored(msgspec.Struct, array_like=True):
    arrays: dict[str, bytes]
    classes: tuple[str, ...]
    labels_name_events: bool
    segments: list[tuple[str, tuple[str, ...], bytes]]
    groups: list[tuple[str, tuple[str, ...], bytes]]


def _load(stored: _Stored) -> PendingRecords:
    arrays = {
        name: np.frombuffer(stored.arrays[name], dtype=dtype)
        for name, dtype in _ARRAYS
        if name in stored.arrays
    }
    count = len(arrays["rows"])
    probabilities = arrays.get("probabilities")
    columns = [
        [CodedColumn(name, levels, np.frombuffer(codes, np.uint8)) for name, levels, codes in own]
        for own in (stored.segments, stored.groups)
    ]
    lengths = {len(arrays[name]) for name in ("event_ids", "times", "predictions")}
    lengths |= {len(column.codes) for own in columns for column in own}
    if lengths - {count} or any((c.codes >= len(c.levels)).any() for own in columns for c in own):
        raise ValueError("its columns do not fit together")
    return PendingRecords(
        RecordIds(
            arrays["event_ids"].astype(np.uint64),
            arrays["client_ids"].astype(np.uint64) if "client_ids" in arrays else None,
            arrays["rows"].astype(np.int32),
            stored.labels_name_events,
        ),
        arrays["times"].astype(np.float64),
        arrays["predictions"].astype(np.float64),
        stored.classes,
        None if probabilities is None else probabilities.reshape(count, len(stored.classes)),
        *map(tuple, columns),
    )


def concat_pending(parts: Sequence[PendingRecords]) -> PendingRecords:
    """The records of all parts, which have the same columns; classes may differ."""
    classes = tuple(dict.fromkeys(name for part in parts for name in part.classes))
    parts = [with_classes(part, classes) for part in parts]
    first = parts[0]
    has_clients = any(part.ids.client_ids is not None for part in parts)
    clients = [
        np.zeros(len(part), np.uint64) if part.ids.client_ids is None else part.ids.client_ids
        for part in parts
    ]
    has_probabilities = any(part.probabilities is not None for part in parts)
    probabilities = [
        np.full((len(part), len(classes)), np.nan)
        if part.probabilities is None
        else part.probabilities
        for part in parts
    ]
    return PendingRecords(
        RecordIds(
            np.concatenate([part.ids.event_ids for part in parts]),
            np.concatenate(clients) if has_clients else None,
            np.concatenate([part.ids.rows for part in parts]),
            first.ids.labels_name_events,
        ),
        np.concatenate([part.times for part in parts]),
        np.concatenate([part.predictions for part in parts]),
        classes,
        np.concatenate(probabilities) if has_probabilities else None,
        _concat_coded([part.segments for part in parts]),
        _concat_coded([part.groups for part in parts]),
    )


def with_classes(records: PendingRecords, classes: Sequence[str]) -> PendingRecords:
    """The records with codes of other classes, which hold all of their own; a probability of a
    class that they don't have is 0."""
    own = records.classes
    if own == tuple(classes) or not classes:
        return records
    position = {name: code for code, name in enumerate(classes)}
    missing = np.isnan(records.predictions)
    table = np.array([*(float(position[name]) for name in own), np.nan])
    codes = np.where(missing, len(own), np.nan_to_num(records.predictions)).astype(np.int64)
    probabilities = None
    if records.probabilities is not None:
        probabilities = np.zeros((len(records), len(classes)))
        probabilities[:, [position[name] for name in own]] = records.probabilities
        probabilities[np.isnan(records.probabilities).any(axis=1)] = np.nan
    return replace(
        records,
        predictions=table[codes],
        classes=tuple(classes),
        probabilities=probabilities,
    )


def _concat_coded(parts: Sequence[tuple[CodedColumn, ...]]) -> tuple[CodedColumn, ...]:
    return tuple(
        CodedColumn(columns[0].name, columns[0].levels, np.concatenate([c.codes for c in columns]))
        for columns in zip(*parts, strict=True)
    )
