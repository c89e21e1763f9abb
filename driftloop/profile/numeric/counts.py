"""A numeric column: the binning fitted on the reference, and mergeable counts on it."""

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
"""Distances of outer split points from the reference's trimmed range, in widths of that range. So
the share of values outside a widened range is a count, and a tail is not one open interval."""

MAX_SINGLE_VALUES = 10
"""Distinct values of the reference up to which each is a bin of its own, as with deciles: ten."""

MAX_SCALED_VALUE = 1024
"""Distance from the center, in scales, at which a value is clipped in the mean and the standard
deviation; one outlier can't dominate them, nor overflow their sums."""

_SUM_BITS, _SQUARE_BITS = 20, 12
"""Binary digits of the fixed-point numbers of which sums, and sums of squares, are made."""

_SUM_ROWS = 1 << 18
"""Values that are summed at a time in 64 bits: (2^10 scales * 2^12)^2 * 2^18 values < 2^63."""


@dataclass(frozen=True, slots=True, eq=False)
class NumericBinning:
    """What the reference defines for a numeric column.

    Attributes:
        split_points: float64[K], ascending.
        bin_edges: int64[b], positions of the split points that bound histogram bins.
        distinct_count: Distinct values of the reference, after rounding.
        is_integer: Whether nearly all values of the reference are integers.
        resolution: The step, a power of ten, to which values are rounded before comparison, if
            that is finer than six significant digits; inf otherwise.
        is_merged: bool[K], split points that stand for several values of the reference, between
            which the distributions are not known.
        center: Origin of the fixed-point sums.
        scale: Unit of the fixed-point sums: a power of two near the robust standard deviation.
        trimmed_range: The 0.1% and the 99.9% quantile of the reference, without one outlier at
            each end; None without finite values.
        low: float64[K], begin of the interval of numbers that a split point stands for.
        high: float64[K], end of that interval, which is not part of it.
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
        """A binning with the intervals of its split points."""
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
        """Whether bins are single values rather than deciles."""
        return self.distinct_count <= MAX_SINGLE_VALUES

    def widened_range(self, margin: float) -> tuple[float, float] | None:
        """The trimmed range, widened by the next of ``MARGINS`` at or above ``margin``.

        Both ends are split points.
        """
        if self.trimmed_range is None:
            return None
        margin_step = next((m for m in MARGINS if m >= margin), MARGINS[-1])
        low, high = widen_range(
            self.trimmed_range, margin_step, is_integer=self.is_integer, resolution=self.resolution
        )
        return float(low), float(high)


@dataclass(frozen=True, slots=True, eq=False)
class NumericCounts:
    """Mergeable counts: ``rows == present + missing + invalid``.

    Sums are integers, so that neither order nor split can change a bit of the mean.

    Attributes:
        rows: All records.
        missing: Records without a value.
        invalid: Records whose value is not a number.
        infinite: Infinite values.
        counts_at: int64[K], values equal to each split point, after rounding.
        counts_between: int64[K + 1], values before, between and after the split points.
        total: Fixed-point sum of the finite values.
        squares: Fixed-point sum of their squares.
        minimum: Smallest finite value, inf without any.
        maximum: Largest finite value, -inf without any.
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
        """Values that are numbers, with infinities."""
        return self.rows - self.missing - self.invalid

    @property
    def without_value(self) -> int:
        """Records without a value that can be read: to the model, an invalid one is missing."""
        return self.missing + self.invalid

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
        """Mean of the finite values, clipped at ``MAX_SCALED_VALUE`` scales; None without any."""
        finite = self.present - self.infinite
        if not finite:
            return None
        return binning.center + binning.scale * (self.total / finite) / (1 << _SUM_BITS)

    def std(self, binning: NumericBinning) -> float | None:
        """Standard deviation (ddof = 0) of the finite values, clipped like the mean."""
        finite = self.present - self.infinite
        if not finite:
            return None
        mean = (self.total / finite) / (1 << _SUM_BITS)
        square = (self.squares / finite) / (1 << (2 * _SQUARE_BITS))
        return binning.scale * float(np.sqrt(max(0.0, square - mean * mean)))


def count_numeric(binning: NumericBinning, column: NumericColumn) -> NumericCounts:
    """Count a column on a binning."""
    missing = np.isnan(column.values)
    invalid = 0 if column.invalid is None else int(np.count_nonzero(column.invalid))
    sorted_values = np.sort(column.values[~missing] if missing.any() else column.values)
    at, between = _count_sorted(binning, np.clip(sorted_values, -MAX_FLOAT, MAX_FLOAT))
    first_finite = int(np.searchsorted(sorted_values, -np.inf, side="right"))
    last_finite = int(np.searchsorted(sorted_values, np.inf, side="left"))
    finite = sorted_values[first_finite:last_finite]
    total, squares = _fixed_point_sums(binning, finite)
    return NumericCounts(
        rows=len(column.values),
        missing=int(np.count_nonzero(missing)) - invalid,
        invalid=invalid,
        infinite=len(sorted_values) - len(finite),
        counts_at=at,
        counts_between=between,
        total=total,
        squares=squares,
        # plus 0.0: -0.0 equals 0.0, but has other bytes
        minimum=float(finite[0]) + 0.0 if len(finite) else float("inf"),
        maximum=float(finite[-1]) + 0.0 if len(finite) else float("-inf"),
    )


def zero_numeric(binning: NumericBinning) -> NumericCounts:
    """Counts of no records."""
    return count_numeric(binning, NumericColumn(np.empty(0)))


def _count_sorted(binning: NumericBinning, sorted_values: Floats) -> tuple[Counts, Counts]:
    left = np.searchsorted(sorted_values, binning.low, side="left")
    right = np.searchsorted(sorted_values, binning.high, side="left")
    between = np.append(left, len(sorted_values)) - np.append(0, right)
    return (right - left).astype(np.int64), between.astype(np.int64)


def _fixed_point_sums(binning: NumericBinning, finite: Floats) -> tuple[int, int]:
    total = squares = 0
    for start in range(0, len(finite), _SUM_ROWS):
        with np.errstate(over="ignore"):
            scaled = (finite[start : start + _SUM_ROWS] - binning.center) / binning.scale
        scaled = np.clip(scaled, -MAX_SCALED_VALUE, MAX_SCALED_VALUE)
        total += int(np.rint(scaled * (1 << _SUM_BITS)).astype(np.int64).sum())
        rounded = np.rint(scaled * (1 << _SQUARE_BITS)).astype(np.int64)
        squares += int(np.dot(rounded, rounded))
    return total, squares


def widen_range(
    trimmed_range: tuple[float, float], margin: float, *, is_integer: bool, resolution: float
) -> Floats:
    """float64[2]: the ends of a range, moved outwards by ``margin`` times its width."""
    low, high = trimmed_range
    # a constant has no width: its magnitude is used instead, or 1 for 0
    width = min(high / 2 - low / 2, MAX_FLOAT / 4096) * 2 or abs(high) or 1.0
    ends = np.array([low - margin * width, high + margin * width])
    if is_integer:
        ends = np.array([np.floor(ends[0]), np.ceil(ends[1])])
    return round_to_resolution(ends, resolution=resolution)
