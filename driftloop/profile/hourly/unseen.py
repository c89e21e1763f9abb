"""Values that the training data never had: off its step, between its values, new categories.

Such values are kept by name with their counts, up to ``MAX_UNSEEN`` of an hour, so that a value
that other days had can be recognized as known. Of more values those with the smallest hashes are
kept, and the rest is one sum: adding is associative then, and a kept count is always exact.
"""

from collections.abc import Mapping
from hashlib import blake2b

import msgspec
import numpy as np
from numpy.typing import NDArray

from driftloop.capture import CategoricalColumn, Column, NumericColumn
from driftloop.capture.event_ids import mix
from driftloop.profile.categorical import CategoricalBinning
from driftloop.profile.columns import Binning
from driftloop.profile.numeric.counts import NumericBinning
from driftloop.profile.numeric.precision import Floats, round_to_resolution

MAX_UNSEEN = 32
"""Unseen values of an hour that are kept by name."""

MAX_KNOWN = 4096
"""Distinct training values up to which a value is recognized as unseen."""

MIN_STEP_VALUES = 1000
"""Distinct values from which a step is believed however wide their range is."""

MAX_STEPS_PER_VALUE = 3
"""Steps of the range for each distinct value, up to which a step is believed of fewer values: of
ten random numbers many are multiples of 0.01 by chance."""

STEP_TOLERANCE = 1e-4
"""Distance from a multiple, in steps, that is only rounding."""

_STEPS = tuple(b * 10.0**e for e in range(3, -5, -1) for b in (5, 2.5, 2, 1))


class UnseenCounts(msgspec.Struct, frozen=True, array_like=True):
    """Counts of unseen values by name, and of all others."""

    by_value: Mapping[str, int]
    others: int = 0

    @property
    def total(self) -> int:
        """All unseen values."""
        return sum(self.by_value.values()) + self.others

    def __add__(self, other: "UnseenCounts") -> "UnseenCounts":
        merged = dict(self.by_value)
        for value, count in other.by_value.items():
            merged[value] = merged.get(value, 0) + count
        return _bounded(merged, self.others + other.others)


def find_step(values: Floats) -> float | None:
    """The largest step (5000, 2500, 2000, 1000, 500, ... 0.0001) of which all values are multiples.

    Args:
        values: Ascending distinct finite values, float64[n].
    """
    if len(values) < 2:
        return None
    step = next((s for s in _STEPS if not is_off_step(values, s).any()), None)
    if step is None or len(values) > MIN_STEP_VALUES:
        return step
    return step if (values[-1] - values[0]) / step <= MAX_STEPS_PER_VALUE * len(values) else None


def is_off_step(values: Floats, step: float) -> NDArray[np.bool_]:
    """bool[n]: which values are no multiple of the step; NaN and infinities are none of these."""
    with np.errstate(invalid="ignore", over="ignore"):
        steps = values / step
        return np.asarray(np.abs(steps - np.rint(steps)) > STEP_TOLERANCE)


def unseen_rows(
    binning: Binning, used: NDArray[np.bool_] | None, step: float | None, column: Column
) -> NDArray[np.bool_]:
    """bool[n]: rows with a value that the training data never had.

    Args:
        binning: The baseline's binning.
        used: bool[K], split points that training values have; None for categories.
        step: The step of the training values, if they have one.
        column: The records' values.
    """
    if isinstance(column, CategoricalColumn):
        categories = column.categories
        if not isinstance(binning, CategoricalBinning):
            raise TypeError("a categorical column needs a categorical binning")
        is_new = [binning.find_code(category) is None for category in categories]
        return np.array([*is_new, False])[column.codes]
    if step is not None:
        return is_off_step(column.values, step)
    if not isinstance(binning, NumericBinning) or used is None:
        raise TypeError("a numeric column needs a numeric binning")
    low, high = binning.low[used], binning.high[used]
    point = np.minimum(np.searchsorted(high, column.values, side="right"), len(low) - 1)
    with np.errstate(invalid="ignore"):
        is_known = (low[point] <= column.values) & (column.values < high[point])
    return ~is_known & np.isfinite(column.values)


def count_unseen(binning: Binning, column: Column) -> UnseenCounts:
    """Counts of the values of a column, all of them unseen."""
    if isinstance(column, NumericColumn):
        resolution = binning.resolution if isinstance(binning, NumericBinning) else np.inf
        rounded = round_to_resolution(column.values, resolution=resolution)
        values, counts = np.unique(rounded, return_counts=True)
        kept = np.argsort(_number_hashes(values), kind="stable")[:MAX_UNSEEN]
        by_value = {repr(float(values[i])): int(counts[i]) for i in sorted(kept)}
    else:
        codes, counts = np.unique(column.codes, return_counts=True)
        by_value = {column.categories[i]: int(n) for i, n in zip(codes, counts, strict=True)}
    return _bounded(by_value, len(column) - sum(by_value.values()))


def _bounded(by_value: dict[str, int], others: int) -> UnseenCounts:
    """At most ``MAX_UNSEEN`` counts in the order of their names, and the sum of all others."""
    kept = sorted(by_value)
    if len(kept) > MAX_UNSEEN:
        kept = sorted(sorted(kept, key=_hash)[:MAX_UNSEEN])
    dropped = sum(by_value.values()) - sum(by_value[value] for value in kept)
    return UnseenCounts({value: by_value[value] for value in kept}, others + dropped)


def _hash(value: str) -> bytes:
    """Numbers by their bits, as where they are chosen; categories by their names."""
    try:
        return int(_number_hashes(np.array([float(value)]))[0]).to_bytes(8, "big")
    except ValueError:
        return blake2b(value.encode("utf-8", "surrogatepass"), digest_size=8).digest()


def _number_hashes(values: Floats) -> NDArray[np.uint64]:
    return mix(values.astype(np.float64).view(np.uint64))
