"""Objects of captured lines in, batches with their tally out, in memory that stays flat."""

from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO, NamedTuple

from driftloop.capture.batch import Batch
from driftloop.capture.tally import Reject, Tally
from driftloop.schema import Schema
from driftloop.window import Window


class Chunk(NamedTuple):
    """A part of what was read: its records, and what became of the lines since the last part."""

    batch: Batch
    tally: Tally


def read_capture(
    objects: Iterable[tuple[str, BinaryIO | Iterable[bytes]]],
    schema: Schema,
    *,
    window: Window | None = None,
    prediction_key: str | None = None,
    batch_rows: int = 50_000,
    on_reject: Callable[[Reject], None] | None = None,
) -> Iterator[Chunk]:
    """Read captured objects (name and bytes, plain or gzip) into batches.

    Records outside ``window`` and repeats of an event id within one object are filtered; every
    line is counted once. The last chunk may be empty of records but never of meaning: the sum of
    all tallies covers every line. No line raises; an error of the source itself (I/O) does.
    """
    raise NotImplementedError
