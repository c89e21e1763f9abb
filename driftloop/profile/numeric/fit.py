"""How a numeric grid is frozen on reference values."""

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
"""Rows from which one at either end may be an outlier, whatever share of them it is."""


def fit_numeric(values: Floats, *, max_split_points: int) -> NumericBinning:
    """Freeze a grid on reference values float64[n] (NaN = none).

    Up to ``split_points`` distinct values (compared at six significant digits, or more finely
    where these
    would hide much) each is a knot. Beyond, knots are equally spaced order statistics, so that at
    most 1/``split_points`` of the reference lies strictly between two of them. Deciles and outer
    knots
    come on top.
    """
    present = values[~np.isnan(values)]
    exact = np.sort(present[np.isfinite(present)])
    if not len(exact):
        return _binning_without_number(np.unique(np.clip(present, -MAX_FLOAT, MAX_FLOAT)))
    integral = is_mostly_integer(exact)
    unit = coarsest_resolution(exact, is_integer=integral, max_split_points=max_split_points)
    ordered = np.sort(round_to_resolution(exact, resolution=unit))
    distinct = np.unique(ordered)
    ends = _bin_ends(ordered, distinct)
    core = _core(ordered)
    max_split_points = max(
        max_split_points, MAX_SINGLE_VALUES
    )  # each of few values is a knot, since it is a bin
    inner = distinct if len(distinct) <= max_split_points else _spread(ordered, max_split_points)
    beyond = [
        end for m in MARGINS for end in widen_range(core, m, is_integer=integral, resolution=unit)
    ]
    extremes = np.clip([present.min(), present.max()], -MAX_FLOAT, MAX_FLOAT)
    binning = np.unique(
        np.concatenate([inner, ends, round_to_resolution(extremes, resolution=unit), beyond])
    )
    return NumericBinning.from_split_points(
        split_points=binning,
        bin_edges=np.searchsorted(binning, ends).astype(np.int64),
        distinct_count=len(distinct),
        is_integer=integral,
        resolution=unit,
        is_merged=_merged(exact, binning, unit),
        center=float(_order_statistics(ordered, np.array([0.5]))[0]),
        scale=_scale(ordered),
        trimmed_range=core,
    )


def _merged(exact: Floats, split_points: Floats, unit: float) -> NDArray[np.bool_]:
    """Knots bool[K] for which several of the ascending reference values stand.

    Forms of one number are one value, but where the unit is finer than six digits: what float32
    makes one is told apart there.
    """
    low, high = rounding_intervals(split_points, resolution=unit)
    starts, ends = np.searchsorted(exact, low), np.searchsorted(exact, high)
    last = len(exact) - 1
    several = exact[np.minimum(starts, last)] < exact[np.maximum(ends - 1, 0)]
    finer = half_resolution(np.abs(split_points), unit) < half_resolution(np.abs(split_points))
    told = values_differ(exact, starts, ends) | (finer & several & (ends > starts))
    return np.asarray(told, dtype=np.bool_)


def _order_statistics(ordered: Floats, shares: Floats) -> Floats:
    """Quantiles as the inverse of the empirical distribution (Hyndman and Fan's type 1)."""
    index = np.ceil(shares * len(ordered) - 1e-9).astype(np.int64) - 1
    return np.asarray(ordered[np.clip(index, 0, len(ordered) - 1)], dtype=np.float64)


def _spread(ordered: Floats, split_points: int) -> Floats:
    index = ((np.arange(split_points) + 0.5) * len(ordered) / split_points).astype(np.int64)
    return np.asarray(ordered[index], dtype=np.float64)


def _core(ordered: Floats) -> tuple[float, float]:
    """The 0.1% and the 99.9% quantile, or what lies inside of one outlier at either end."""
    beyond = max(len(ordered) // 1000, 1 if len(ordered) >= MIN_WITH_OUTLIER else 0)
    return float(ordered[beyond]), float(ordered[-1 - beyond])


def _bin_ends(ordered: Floats, distinct: Floats) -> Floats:
    """The values that end a bin: each where they are few, else the deciles below the largest.

    Where nearly all values are the largest one, bins are what lies below it, and it.
    """
    if len(distinct) <= MAX_SINGLE_VALUES:
        return distinct
    deciles = np.unique(_order_statistics(ordered, np.arange(1, 10) / 10))
    inner = deciles[deciles < distinct[-1]]
    return inner if len(inner) else distinct[-2:-1]


def _scale(ordered: Floats) -> float:
    """The power of two next above the robust standard deviation; outliers leave it alone."""
    inner = np.clip(ordered, -1e150, 1e150)  # a square of more would overflow
    quartiles = _order_statistics(inner, np.array([0.25, 0.75]))
    spread = float(quartiles[1] - quartiles[0]) / 1.349
    if not spread > 0:
        spread = float(np.std(inner)) or abs(float(inner[0])) or 1.0
    exponent = min(max(np.ceil(np.log2(spread)), -900), 900)
    return float(2.0**exponent)


def _binning_without_number(infinities: Floats) -> NumericBinning:
    """The grid of a reference that has no finite value; each sign of infinity is a knot."""
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
