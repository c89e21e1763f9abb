"""A bottom-k sample of records: those whose hash of event id and row is smallest.

The same records are kept however the data is split, so samples of parts merge into the sample of
the whole (Cohen and Kaplan, "Summarizing data using bottom-k sketches", PODC 2007).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

SIZE = 2048
"""Records kept: enough to see a correlation change its sign."""

_LONGEST_ID = 64
_WORD = 8
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)

Hashes = NDArray[np.uint64]


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """``hashes`` uint64[k] ascending; ``values`` float32[k, columns], NaN where there is none.

    A category stands as its place in the grid's levels, a new one as the number of levels. float32
    keeps the six significant digits by which values are compared.
    """

    hashes: Hashes
    values: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.hashes)

    def __add__(self, other: "Sample") -> "Sample":
        return _smallest(
            np.concatenate([self.hashes, other.hashes]),
            np.concatenate([self.values, other.values]),
        )


def empty_sample(columns: int) -> Sample:
    """The neutral element of adding."""
    return Sample(np.empty(0, dtype=np.uint64), np.empty((0, columns), dtype=np.float32))


def choose(hashes: Hashes) -> NDArray[np.intp]:
    """Places of the ``SIZE`` smallest hashes, and of all that tie with the largest of them."""
    if len(hashes) <= SIZE:
        return np.arange(len(hashes))
    limit = np.partition(hashes, SIZE - 1)[SIZE - 1]
    return np.flatnonzero(hashes <= limit)


def make_sample(hashes: Hashes, values: NDArray[np.float32]) -> Sample:
    """The sample of candidate records, in the one order that does not depend on theirs."""
    one_zero = values + np.float32(0)  # -0.0 equals 0.0 in any order, but is other bytes
    return _smallest(hashes, np.where(np.isnan(one_zero), np.float32(np.nan), one_zero))


def record_hashes(events: Sequence[str], rows: NDArray[np.int32]) -> Hashes:
    """uint64[n], a good mix of each record's event id and its row in the request."""
    with np.errstate(over="ignore"):
        mixed = _mix(_id_hashes(events) + rows.astype(np.uint64) * _GOLDEN)
    return np.asarray(mixed, dtype=np.uint64)


def _id_hashes(events: Sequence[str]) -> Hashes:
    """A hash of each id's bytes in words of eight; the padding, which hangs on others, is out."""
    if not len(events):
        return np.empty(0, dtype=np.uint64)
    encoded = _all_encoded(events)
    width = -(-encoded.dtype.itemsize // _WORD) * _WORD
    words = encoded.astype(f"S{width}").view("<u8").reshape(len(events), width // _WORD)
    total = np.zeros(len(events), dtype=np.uint64)
    with np.errstate(over="ignore"):
        for place in range(words.shape[1]):
            word = words[:, place].astype(np.uint64)
            total += np.where(word != 0, _mix(word + np.uint64(place + 1) * _GOLDEN), 0)
    return total


def _all_encoded(events: Sequence[str]) -> NDArray[np.bytes_]:
    """The bytes of each id; ids that are all as long as the first and ASCII go in one piece."""
    together, length = "".join(events), len(events[0])
    alike = len(together) == length * len(events) and set(map(len, events)) == {length}
    if alike and together.isascii() and 0 < length <= _LONGEST_ID:
        return np.frombuffer(together.encode("ascii"), dtype=f"S{length}")
    return np.array([_encoded(event) for event in events], dtype=np.bytes_)


def _encoded(event: str) -> bytes:
    data = event.encode("utf-8", "surrogatepass")
    if len(data) > _LONGEST_ID:
        return blake2b(data, digest_size=_LONGEST_ID // 2).hexdigest().encode()
    return data


def _mix(word: Hashes) -> Hashes:
    """The finaliser of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014)."""
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(word ^ (word >> np.uint64(31)), dtype=np.uint64)


def _smallest(hashes: Hashes, values: NDArray[np.float32]) -> Sample:
    order = np.argsort(hashes, kind="stable")
    ranked = hashes[order]
    if np.any(ranked[1:] == ranked[:-1]):
        # repeats of one record: their values decide, so that the order they came in does not
        order = np.lexsort([*values.T[::-1], hashes])
        ranked = hashes[order]
    return Sample(ranked[:SIZE].copy(), values[order[:SIZE]].copy())
