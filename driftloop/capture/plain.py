"""The fast way for the common request: one row of CSV without quotes, one number or word back.

Whether a request is plain is decided so that the exact way would read it to the same cells and
could not reject it; a property test holds the two together. Plain rows wait as text and are parsed
together, column by column.
"""

from collections.abc import Sequence

import numpy as np

from driftloop.capture.envelope import Payload
from driftloop.capture.text import CellOffsets
from driftloop.schema import Schema

MAX_PLAIN_LENGTH = 100_000
"""Characters; below the field limit of Python's csv, at which the exact way rejects."""


class SimpleRequestCheck:
    """Tells plain requests of one model from the others."""

    def __init__(self, schema: Schema) -> None:
        self.columns = len(schema.names)
        self._names = frozenset(name.strip() for name in schema.names)
        self._starts = frozenset(name[:1] for name in self._names) | {" ", "\t", ""}
        self.header_byte_values = np.ones(256, dtype=np.bool_)
        """By first byte: rows whose first cell :meth:`may_be_header` must see."""
        self.header_byte_values[:0x80] = [chr(letter) in self._starts for letter in range(0x80)]

    def rows(self, sides: Sequence[Payload | None]) -> CellOffsets | None:
        """The one row of each request, None unless all of them are plain."""
        texts = _plain_texts(sides)
        if texts is None:
            return None
        firsts = {text[0] for text in texts}
        asked = any(first in self._starts or first.isspace() for first in firsts)
        if asked and any(self.may_be_header(text.partition(",")[0]) for text in texts):
            return None
        return CellOffsets.from_rows(texts, self.columns)

    def may_be_header(self, first: str) -> bool:
        """Whether a row that begins with this cell may be a header, or no row at all."""
        first = first.strip()
        return first in self._names or (not first and self.columns == 1)


def simple_predictions(sides: Sequence[Payload | None]) -> CellOffsets | None:
    """The one value of each answer, None unless all of them are plain."""
    texts = _plain_texts(sides)
    if texts is None or any(map(str.isspace, texts)):
        return None
    typed = all(side is not None and side.observedContentType for side in sides)
    return CellOffsets.from_rows(texts, 1) if typed else None


def _plain_texts(sides: Sequence[Payload | None]) -> list[str] | None:
    """The texts of CSV payloads of one line without quotes, their line ends taken off."""
    there = [side for side in sides if side is not None]
    if len(there) < len(sides) or {side.encoding for side in there} - {"CSV"}:
        return None
    texts = [side.data or "" for side in there]
    together = "".join(texts)
    if "\n" in together:
        texts = [_without_end(text) for text in texts]
        together = "".join(texts)
    if '"' in together or "\n" in together or "\r" in together or not all(texts):
        return None
    return texts if len(together) < MAX_PLAIN_LENGTH or _are_short(texts) else None


def _without_end(text: str) -> str:
    if text[-1:] != "\n":
        return text
    return text[:-2] if text[-2:-1] == "\r" else text[:-1]


def _are_short(texts: list[str]) -> bool:
    return max(map(len, texts)) <= MAX_PLAIN_LENGTH
