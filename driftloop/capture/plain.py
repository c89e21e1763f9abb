"""The fast way for the common request: one row of CSV without quotes, one number or word back.

Whether a request is plain is decided so that the exact way would read it to the same cells and
could not reject it; a property test holds the two together. Plain rows wait as text and are parsed
together, column by column.
"""

from driftloop.capture.envelope import Event, Side
from driftloop.schema import Schema

LONGEST_PLAIN = 100_000
"""Characters; below the field limit of Python's csv, at which the exact way rejects."""


class PlainTest:
    """Tells plain requests of one model from the others."""

    def __init__(self, schema: Schema) -> None:
        self._commas = len(schema.names) - 1
        self._names = frozenset(name.strip() for name in schema.names)
        self._starts = frozenset(name[:1] for name in self._names) | {" ", "\t", ""}

    def row(self, event: Event) -> str | None:
        """The one row of the request, None where it is not plain."""
        data = _plain_text(event.input)
        if data is None or data.count(",") != self._commas:
            return None
        if data[0] in self._starts and self._may_be_header(data):
            return None
        return data

    def _may_be_header(self, data: str) -> bool:
        first = data.partition(",")[0].strip()
        return first in self._names or (not first and not self._commas)


def plain_answer(side: Side) -> str | None:
    """The one value of an answer, None where it is not plain."""
    data = _plain_text(side)
    if data is None or not side.observedContentType or "," in data or data.isspace():
        return None
    return data


def _plain_text(side: Side | None) -> str | None:
    """The text of a CSV payload of one line without quotes, its line end taken off."""
    if side is None or side.encoding != "CSV" or not side.data:
        return None
    data = side.data
    if data[-1] == "\n":
        data = data[:-2] if data[-2:-1] == "\r" else data[:-1]
    if not data or '"' in data or "\n" in data or "\r" in data or len(data) > LONGEST_PLAIN:
        return None
    return data
