"""Fits a numeric binning on reference values."""

import numpy as np
from numpy.typing import NDArray

from driftloop.profile.numeric.counts import MARGINS, MAX_SINGLE_VALUES, NumericBinning, widen_range
from driftloop.profile.numeric.precision import (
    MAX_FLOAT,
    Floats,
    coarsest_resolution,
    half_resolution,
    is_mostly_integer,
    round_to_resolution,
    rounding_intervals,
    values_differ,
)

MIN_WITH_OUTLIER = 20
"""Values from which one at each end may be an outlier, though it is more than 0.1% of them."""


def fit_numeric(values: Floats, *, max_split_points: int) -> NumericBinning:
    """Fit a binning on reference values.

    Up to ``max_split_points`` distinct values are a split point each. They are compared at six
    significant digits, or at a finer resolution if those would hide much. With more distinct
    values, split points are equally spaced order statistics, so that at most
    1/``max_split_points`` of the reference is strictly between two of them. Deciles and outer
    split points (``MARGINS``) are added.

    Args:
        values: float64[n], NaN for missing values.
        max_split_points: Bound of the split points, without the added ones.
    """
    present = values[~np.isnan(values)]
    unrounded = np.sort(present[np.isfinite(present)])
    if not len(unrounded):
        return _binning_without_numbers(np.unique(np.clip(present, -MAX_FLOAT, MAX_FLOAT)))
    is_integer = is_mostly_integer(unrounded)
    resolution = coarsest_resolution(
        unrounded, is_integer=is_integer, max_split_points=max_split_points
    )
    rounded = np.sort(round_to_resolution(unrounded, resolution=resolution))
    distinct = np.unique(rounded)
    bin_ends = _bin_ends(rounded, distinct)
    trimmed_range = _trim(rounded)
    # each of few values must be a split point, since it is a bin
    count = max(max_split_points, MAX_SINGLE_VALUES)
    inner_points = distinct if len(distinct) <= count else _spread_points(rounded, count)
    outer_points = [
        end
        for margin in MARGINS
        for end in widen_range(trimmed_range, margin, is_integer=is_integer, resolution=resolution)
    ]
    extremes = round_to_resolution(
        np.clip([present.min(), present.max()], -MAX_FLOAT, MAX_FLOAT), resolution=resolution
    )
    split_points = np.unique(np.concatenate([inner_points, bin_ends, extremes, outer_points]))
    return NumericBinning.from_split_points(
        split_points=split_points,
        bin_edges=np.searchsorted(split_points, bin_ends).astype(np.int64),
        distinct_count=len(distinct),
        is_integer=is_integer,
        resolution=resolution,
        is_merged=_find_merged(unrounded, split_points, resolution),
        center=float(_order_statistics(rounded, np.array([0.5]))[0]),
        scale=_scale(rounded),
        trimmed_range=trimmed_range,
    )


def _find_merged(unrounded: Floats, split_points: Floats, resolution: float) -> NDArray[np.bool_]:
    """bool[K]: split points that stand for several of the ascending reference values.

    Forms of one number (float64, float32, their texts) count as one value, except where the
    resolution is finer than six digits: there, values that are equal in float32 are different.
    """
    low, high = rounding_intervals(split_points, resolution=resolution)
    starts, ends = np.searchsorted(unrounded, low), np.searchsorted(unrounded, high)
    last = len(unrounded) - 1
    has_several = unrounded[np.minimum(starts, last)] < unrounded[np.maximum(ends - 1, 0)]
    size = np.abs(split_points)
    is_finer = half_resolution(size, resolution) < half_resolution(size)
    is_merged = values_differ(unrounded, starts, ends) | (is_finer & has_several & (ends > starts))
    return np.asarray(is_merged, dtype=np.bool_)


def _order_statistics(rounded: Floats, shares: Floats) -> Floats:
    """Quantiles as the inverse of the empirical distribution (type 1 of Hyndman and Fan)."""
    index = np.ceil(shares * len(rounded) - 1e-9).astype(np.int64) - 1
    return np.asarray(rounded[np.clip(index, 0, len(rounded) - 1)], dtype=np.float64)


def _spread_points(rounded: Floats, count: int) -> Floats:
    index = ((np.arange(count) + 0.5) * len(rounded) / count).astype(np.int64)
    return np.asarray(rounded[index], dtype=np.float64)


def _trim(rounded: Floats) -> tuple[float, float]:
    """The 0.1% and the 99.9% quantile, but without at least one outlier at each end."""
    trimmed = max(len(rounded) // 1000, 1 if len(rounded) >= MIN_WITH_OUTLIER else 0)
    return float(rounded[trimmed]), float(rounded[-1 - trimmed])


def _bin_ends(rounded: Floats, distinct: Floats) -> Floats:
    """The values that end a bin: all if they are few, else the deciles below the largest value.

    If nearly all values are the largest one, the bins are all smaller values, and it.
    """
    if len(distinct) <= MAX_SINGLE_VALUES:
        return distinct
    deciles = np.unique(_order_statistics(rounded, np.arange(1, 10) / 10))
    inner = deciles[deciles < distinct[-1]]
    return inner if len(inner) else distinct[-2:-1]


def _scale(rounded: Floats) -> float:
    """The power of two next above a standard deviation that is robust to outliers."""
    inner_points = np.clip(rounded, -1e150, 1e150)  # a square of more would overflow
    quartiles = _order_statistics(inner_points, np.array([0.25, 0.75]))
    spread = float(quartiles[1] - quartiles[0]) / 1.349
    if not spread > 0:
        spread = float(np.std(inner_points)) or abs(float(inner_points[0])) or 1.0
    exponent = min(max(np.ceil(np.log2(spread)), -900), 900)
    return float(2.0**exponent)


def _binning_without_numbers(infinities: Floats) -> NumericBinning:
    """The binning of a reference without finite values; infinities are its split points."""
    return NumericBinning.from_split_points(
        split_points=infinities,
        bin_edges=np.arange(len(infinities)),
        distinct_count=len(infinities),
        is_integer=True,
        resolution=1.0,
        is_merged=np.zeros(len(infinities), dtype=np.bool_),
        center=0.0,
        scale=1.0,
        trimmed_range=None,
    )
