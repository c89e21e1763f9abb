"""Times of many lines, each text read once."""

import numpy as np

from driftloop.capture.envelope import epoch_seconds
from driftloop.capture.outcome import RejectedLineError
from driftloop.capture.text import REACH, WORD, ByteBuffer, Floats, Positions

LONGEST = WORD * REACH
"""Letters of a time."""


def parse_timestamps(text: ByteBuffer, start: Positions, end: Positions) -> Floats:
    """Epoch seconds float64[n], NaN where a text is no time; neighbors mostly share theirs."""
    size = end - start
    if not len(size) or size.max() > LONGEST:
        return np.full(len(size), np.nan)
    fresh = np.append(True, size[1:] != size[:-1])
    for place in range(REACH):
        word = text.word(end, size, place)
        fresh[1:] |= word[1:] != word[:-1]
    places = np.flatnonzero(fresh)
    read = [_moment(found.decode()) for found in text.slices(start[places], end[places])]
    return np.repeat(read, np.diff(places, append=len(size)))


def _moment(text: str) -> float:
    try:
        return epoch_seconds(text)
    except RejectedLineError:
        return float("nan")
