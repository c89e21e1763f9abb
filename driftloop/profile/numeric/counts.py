"""A numeric column: edges frozen by the reference, and counts on them that add up."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driftloop.capture import NumericColumn
from driftloop.profile.numeric.precision import (
    MAX_FLOAT,
    Floats,
    round_to_resolution,
    rounding_intervals,
)

Counts = NDArray[np.int64]

MARGINS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 64.0, 256.0, 1024.0)
"""By how many widths beyond the reference's core range outer knots lie, so that the share of
values outside of a widened range is a count, and a tail is not one open interval."""

MAX_SINGLE_VALUES = 10
"""Up to so many distinct values in the reference, each is a bin of its own."""

MAX_SCALED_VALUE = 1024
"""Moments count a value further from the center than so many scales as being that far."""

_SUM_BITS, _SQUARE_BITS = 20, 12
_SUM_ROWS = 1 << 18  # (2^10 scales * 2^12)^2 * 2^18 rows < 2^63


@dataclass(frozen=True, slots=True, eq=False)
class NumericBinning:
    """What the reference fixes for a numeric column.

    ``split_points`` float64[K] ascending; ``bin_edges`` int64[b] indexes those that end a bin;
    ``core`` is
    the reference's range from its 0.1% to its 99.9% quantile, one outlier at either end apart
    (None where it has no finite value);
    ``center`` and ``scale`` (a power of two near the robust standard deviation) carry the
    fixed-point moments. ``unit`` is the widest unit to which values are compared, ``integral``
    whether nearly all are integers; ``merged`` bool[K] are the knots that stand for several values
    of the reference, between which the distributions are not known.
    """

    split_points: Floats
    bin_edges: Counts
    distinct_count: int
    is_integer: bool
    resolution: float
    is_merged: NDArray[np.bool_]
    center: float
    scale: float
    trimmed_range: tuple[float, float] | None
    low: Floats
    high: Floats

    @classmethod
    def from_split_points(
        cls,
        *,
        split_points: Floats,
        bin_edges: Counts,
        distinct_count: int,
        is_integer: bool,
        resolution: float,
        is_merged: NDArray[np.bool_],
        center: float,
        scale: float,
        trimmed_range: tuple[float, float] | None,
    ) -> "NumericBinning":
        """A grid with the intervals that follow from its knots."""
        low, high = rounding_intervals(split_points, resolution=resolution)
        return cls(
            split_points,
            bin_edges,
            distinct_count,
            is_integer,
            resolution,
            is_merged,
            center,
            scale,
            trimmed_range,
            low,
            high,
        )

    @property
    def has_few_values(self) -> bool:
        """Whether bins are single values (a column of few) rather than deciles."""
        return self.distinct_count <= MAX_SINGLE_VALUES

    def widened_range(self, margin: float) -> tuple[float, float] | None:
        """The core range, wider by the next of ``MARGINS`` at or above ``margin``; both knots."""
        if self.trimmed_range is None:
            return None
        step = next((m for m in MARGINS if m >= margin), MARGINS[-1])
        below, above = widen_range(
            self.trimmed_range, step, is_integer=self.is_integer, resolution=self.resolution
        )
        return float(below), float(above)


@dataclass(frozen=True, slots=True, eq=False)
class NumericCounts:
    """Additive counts: ``at`` int64[K] equal to a knot, ``between`` int64[K + 1] around them.

    ``rows`` = present + missing + wrong. ``total`` and ``squares`` are integer fixed-point sums,
    so that neither order nor split can change a bit. Extremes are of finite values, inf and -inf
    where there is none.
    """

    rows: int
    missing: int
    invalid: int
    infinite: int
    counts_at: Counts
    counts_between: Counts
    total: int
    squares: int
    minimum: float
    maximum: float

    @property
    def present(self) -> int:
        """Values that are there and are numbers, infinities included."""
        return self.rows - self.missing - self.invalid

    def __add__(self, other: "NumericCounts") -> "NumericCounts":
        return NumericCounts(
            rows=self.rows + other.rows,
            missing=self.missing + other.missing,
            invalid=self.invalid + other.invalid,
            infinite=self.infinite + other.infinite,
            counts_at=self.counts_at + other.counts_at,
            counts_between=self.counts_between + other.counts_between,
            total=self.total + other.total,
            squares=self.squares + other.squares,
            minimum=min(self.minimum, other.minimum),
            maximum=max(self.maximum, other.maximum),
        )

    def mean(self, binning: NumericBinning) -> float | None:
        """Mean of the finite values, those beyond ``CLIP`` scales clipped; None without any."""
        finite = self.present - self.infinite
        if not finite:
            return None
        return binning.center + binning.scale * (self.total / finite) / (1 << _SUM_BITS)

    def std(self, binning: NumericBinning) -> float | None:
        """Standard deviation (ddof = 0) of the finite values, clipped as in the mean."""
        finite = self.present - self.infinite
        if not finite:
            return None
        mean = (self.total / finite) / (1 << _SUM_BITS)
        square = (self.squares / finite) / (1 << (2 * _SQUARE_BITS))
        return binning.scale * float(np.sqrt(max(0.0, square - mean * mean)))


def count_numeric(binning: NumericBinning, column: NumericColumn) -> NumericCounts:
    """Count a column on a grid."""
    absent = np.isnan(column.values)
    wrong = 0 if column.invalid is None else int(np.count_nonzero(column.invalid))
    ordered = np.sort(column.values[~absent] if absent.any() else column.values)
    at, between = _count_sorted(binning, np.clip(ordered, -MAX_FLOAT, MAX_FLOAT))
    first = int(np.searchsorted(ordered, -np.inf, side="right"))
    last = int(np.searchsorted(ordered, np.inf, side="left"))
    finite = ordered[first:last]
    total, squares = _moments(binning, finite)
    return NumericCounts(
        rows=len(column.values),
        missing=int(np.count_nonzero(absent)) - wrong,
        invalid=wrong,
        infinite=len(ordered) - len(finite),
        counts_at=at,
        counts_between=between,
        total=total,
        squares=squares,
        # plus 0.0: -0.0 equals 0.0 in any order, but is other bytes
        minimum=float(finite[0]) + 0.0 if len(finite) else float("inf"),
        maximum=float(finite[-1]) + 0.0 if len(finite) else float("-inf"),
    )


def zero_numeric(binning: NumericBinning) -> NumericCounts:
    """The neutral element of adding."""
    return count_numeric(binning, NumericColumn(np.empty(0)))


def _count_sorted(binning: NumericBinning, ordered: Floats) -> tuple[Counts, Counts]:
    left = np.searchsorted(ordered, binning.low, side="left")
    right = np.searchsorted(ordered, binning.high, side="left")
    between = np.append(left, len(ordered)) - np.append(0, right)
    return (right - left).astype(np.int64), between.astype(np.int64)


def _moments(binning: NumericBinning, finite: Floats) -> tuple[int, int]:
    total = squares = 0
    for start in range(0, len(finite), _SUM_ROWS):
        with np.errstate(over="ignore"):
            scaled = (finite[start : start + _SUM_ROWS] - binning.center) / binning.scale
        scaled = np.clip(scaled, -MAX_SCALED_VALUE, MAX_SCALED_VALUE)
        total += int(np.rint(scaled * (1 << _SUM_BITS)).astype(np.int64).sum())
        coarse = np.rint(scaled * (1 << _SQUARE_BITS)).astype(np.int64)
        squares += int(np.dot(coarse, coarse))
    return total, squares


def widen_range(
    trimmed_range: tuple[float, float], margin: float, *, is_integer: bool, resolution: float
) -> Floats:
    """float64[2]: the ends of the core range, moved outwards by ``margin`` times its width."""
    low, high = trimmed_range
    # a constant has no width of its own: its size, or 1 around 0, stands in
    width = min(high / 2 - low / 2, MAX_FLOAT / 4096) * 2 or abs(high) or 1.0
    ends = np.array([low - margin * width, high + margin * width])
    if is_integer:
        ends = np.array([np.floor(ends[0]), np.ceil(ends[1])])
    return round_to_resolution(ends, resolution=resolution)
