"""A column in its own units: a summary of each side, and shares on shared bins for charts."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from driftloop.comparison.quantiles import NOTHING_SAMPLED, ColumnQuantiles
from driftloop.profile.categorical import CategoricalBinning, CategoricalCounts
from driftloop.profile.column_pair import OTHERS, Counts, category_bins
from driftloop.profile.columns import Binning, ColumnCounts
from driftloop.profile.numeric.counts import NumericBinning, NumericCounts
from driftloop.profile.numeric.precision import Floats

MAX_BARS = 24
"""Bars of a histogram."""

MAX_EDGE_SHIFT = 0.5
"""Bar widths by which an edge of the histogram is moved at most, to a split point."""

MAX_CATEGORIES = 40
"""Categories that are listed, the largest."""

MAX_MARKED = 20
"""New and disappeared categories that are listed though they are not among the largest."""

MAX_REACH = 2.0
"""Widths of the middle 90% of both sides by which a histogram extends beyond it at most. Else a few
extreme values would hide the others; the outer bars hold them."""

MAX_DRAWN = 1e150
"""Largest absolute value with a histogram: differences of larger ones overflow."""

CategoryTag = Literal["", "new", "disappeared", "missing", "other"]
"""What is special about a category: ``new`` and ``disappeared`` are on one side only, ``missing``
are missing values, ``other`` is a sum of categories; empty for all others."""


class Quantiles(msgspec.Struct, frozen=True, kw_only=True):
    """Quantiles of a numeric column in its own units; None where it has no value."""

    p01: float | None
    p05: float | None
    p25: float | None
    p50: float | None
    p75: float | None
    p95: float | None
    p99: float | None


class NumericSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a numeric column: shares of its records, and statistics of its finite values.

    ``invalid_type_share`` is the share of records whose value is no number.
    """

    records: int
    missing_share: float
    invalid_type_share: float
    infinite_share: float
    mean: float | None
    std: float | None
    min: float | None
    max: float | None
    median: float | None
    quantiles: Quantiles


class CategoricalSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a categorical column, in shares of its records.

    ``unseen_share`` is the share of values that the reference does not have, and ``categories`` the
    number of distinct values; both are None where the baseline does not keep every category.
    ``grouped_share`` is the share of values that are compared in groups of categories,
    ``other_share`` of those that are compared as one sum. ``top`` is the most frequent category.
    """

    records: int
    missing_share: float
    unseen_share: float | None
    grouped_share: float
    other_share: float
    categories: int | None
    top: str | None


class Histogram(msgspec.Struct, frozen=True, kw_only=True):
    """Shares float[b] of both sides between shared ``bin_edges`` float[b + 1].

    The outer bins hold everything beyond them.
    """

    bin_edges: tuple[float, ...]
    reference: tuple[float, ...]
    current: tuple[float, ...]


class CategoryShares(msgspec.Struct, frozen=True, kw_only=True):
    """One category's share of the values of either side; of ``missing``, its share of records."""

    category: str
    reference: float
    current: float
    tag: CategoryTag = ""

    @property
    def change(self) -> float:
        """Current less reference share, -1 to 1."""
        return self.current - self.reference

    @property
    def largest(self) -> float:
        """The larger of both shares."""
        return max(self.reference, self.current)


class NumericColumnSummary(msgspec.Struct, frozen=True, kw_only=True):
    """Both sides of a numeric column; ``histogram`` is None where there is nothing to draw."""

    reference: NumericSummary
    current: NumericSummary
    histogram: Histogram | None


class CategoricalColumnSummary(msgspec.Struct, frozen=True, kw_only=True):
    """Both sides of a categorical column, and its categories: the most frequent first, then new and
    disappeared ones, then the sum of the others, then missing values."""

    reference: CategoricalSummary
    current: CategoricalSummary
    categories: tuple[CategoryShares, ...]


ColumnSummary = NumericColumnSummary | CategoricalColumnSummary


def summarize_column(
    binning: Binning,
    reference: ColumnCounts,
    current: ColumnCounts,
    sampled: tuple[Floats, Floats] = (NOTHING_SAMPLED, NOTHING_SAMPLED),
) -> ColumnSummary:
    """Summarize both sides of a column.

    Args:
        binning: The binning that both sides were counted on.
        reference: Counts of the reference.
        current: Counts of the window.
        sampled: The column's values float64[k] in the sample that each side keeps, NaN where
            missing. They place what lies between two split points.

    Returns:
        A summary of the binning's kind.
    """
    if isinstance(binning, NumericBinning):
        if not isinstance(reference, NumericCounts) or not isinstance(current, NumericCounts):
            raise TypeError("a numeric binning needs numeric counts")
        sides = (
            ColumnQuantiles(binning, reference, sampled[0]),
            ColumnQuantiles(binning, current, sampled[1]),
        )
        return NumericColumnSummary(
            reference=_numeric_summary(binning, sides[0]),
            current=_numeric_summary(binning, sides[1]),
            histogram=_histogram(binning, *sides),
        )
    if not isinstance(reference, CategoricalCounts) or not isinstance(current, CategoricalCounts):
        raise TypeError("a categorical binning needs categorical counts")
    return CategoricalColumnSummary(
        reference=_category_summary(binning, reference),
        current=_category_summary(binning, current),
        categories=_categories(binning, reference, current),
    )


def _numeric_summary(binning: NumericBinning, side: ColumnQuantiles) -> NumericSummary:
    counts = side.counts
    rows = max(counts.rows, 1)
    quantiles = Quantiles(
        **{name: side.quantile(int(name[1:]) / 100) for name in Quantiles.__struct_fields__}
    )
    return NumericSummary(
        records=counts.rows,
        missing_share=counts.missing / rows,
        invalid_type_share=counts.invalid / rows,
        infinite_share=counts.infinite / rows,
        mean=counts.mean(binning),
        std=counts.std(binning),
        min=_finite(counts.minimum),
        max=_finite(counts.maximum),
        median=quantiles.p50,
        quantiles=quantiles,
    )


def _histogram(
    binning: NumericBinning, reference: ColumnQuantiles, current: ColumnQuantiles
) -> Histogram | None:
    ends = _quantiles((reference, current), (0.001, 0.999))
    extremes = _quantiles((reference,), (0.0, 1.0))
    largest = max(map(abs, [*ends, *extremes]), default=math.inf)
    if not reference.counts.present or largest > MAX_DRAWN:
        return None
    low, high = _span(ends, _quantiles((reference, current), (0.05, 0.95)) or ends)
    if binning.distinct_count <= MAX_BARS:
        edges = _single_value_edges(binning, reference, low, high)
    else:
        edges = _even_edges(binning, low, high)
    if any(right <= left for left, right in pairwise(edges)):
        return None  # values are so near to each other that no edge fits between them
    return Histogram(
        bin_edges=tuple(edges),
        reference=_bin_shares(reference, edges),
        current=_bin_shares(current, edges),
    )


def _quantiles(sides: Sequence[ColumnQuantiles], shares: Sequence[float]) -> list[float]:
    found = [side.quantile(share) for side in sides for share in shares]
    return [value for value in found if value is not None]


def _span(ends: Sequence[float], middle: Sequence[float]) -> tuple[float, float]:
    """From the smallest end to the largest, limited so that the middle can still be seen."""
    low, high = min(middle), max(middle)
    reach = MAX_REACH * (high - low)
    if not reach:
        return min(ends), max(ends)
    return max(min(ends), low - reach), min(max(ends), high + reach)


def _even_edges(binning: NumericBinning, low: float, high: float) -> list[float]:
    """Equally spaced edges, each moved to a near split point, where counts are exact."""
    targets = np.linspace(low, high, MAX_BARS + 1)[1:-1]
    right = np.clip(
        np.searchsorted(binning.split_points, targets), 1, len(binning.split_points) - 1
    )
    nearer = targets - binning.split_points[right - 1] < binning.split_points[right] - targets
    nearest = binning.split_points[right - nearer]
    near = np.abs(nearest - targets) <= MAX_EDGE_SHIFT * (high - low) / MAX_BARS
    edges = np.unique(np.where(near, nearest, targets))
    return [low, *edges[(edges > low) & (edges < high)].tolist(), high]


def _single_value_edges(
    binning: NumericBinning, reference: ColumnQuantiles, low: float, high: float
) -> list[float]:
    """Edges of a bin around each of the reference's few values."""
    values = binning.split_points[np.flatnonzero(reference.counts.counts_at)]
    middles = (values[1:] + values[:-1]) / 2
    reach = float(np.diff(values).min()) / 2 if len(values) > 1 else 0.5
    first, last = float(values[0]) - reach, float(values[-1]) + reach
    return [min(first, low), *middles.tolist(), max(last, high)]


def _bin_shares(side: ColumnQuantiles, edges: Sequence[float]) -> tuple[float, ...]:
    """Shares float[b] between edges, the outer ones with everything beyond."""
    present = side.counts.present
    ends = np.array([0.0, *(side.count_below(edge) for edge in edges[1:-1]), present])
    return tuple(float(share) for share in np.diff(ends) / max(present, 1))


def _category_summary(binning: CategoricalBinning, counts: CategoricalCounts) -> CategoricalSummary:
    rows = max(counts.rows, 1)
    own = counts.known[: len(binning.categories)]
    top = int(np.argmax(own)) if own.any() else None
    exhaustive = binning.is_exhaustive
    return CategoricalSummary(
        records=counts.rows,
        missing_share=counts.missing / rows,
        unseen_share=counts.unseen_count / rows if exhaustive else None,
        grouped_share=binning.count_grouped(counts) / rows,
        other_share=counts.other / rows,
        categories=int(np.count_nonzero(own)) + len(counts.new) if exhaustive else None,
        top=None if top is None else binning.categories[top],
    )


def _categories(
    binning: CategoricalBinning, reference: CategoricalCounts, current: CategoricalCounts
) -> tuple[CategoryShares, ...]:
    bins, labels = category_bins(binning, reference, current)
    reference_shares, current_shares = _shares(bins.reference), _shares(bins.current)
    items = [
        CategoryShares(
            category=label,
            reference=float(reference_shares[position]),
            current=float(current_shares[position]),
            tag=_tag(
                label,
                int(bins.reference[position]),
                int(bins.current[position]),
                group=len(binning.categories) <= position < len(binning.labels),
            ),
        )
        for position, label in enumerate(labels)
        if bins.reference[position] or bins.current[position]
    ]
    items.sort(key=lambda item: (-item.largest, item.category))
    largest, small = items[:MAX_CATEGORIES], items[MAX_CATEGORIES:]
    marked = [item for item in small if item.tag in ("new", "disappeared")][:MAX_MARKED]
    items = [*largest, *marked, *_sum_others([item for item in small if item not in marked])]
    missing = [counts.missing / max(counts.rows, 1) for counts in (reference, current)]
    if any(missing):
        items.append(
            CategoryShares(
                category="missing", reference=missing[0], current=missing[1], tag="missing"
            )
        )
    return tuple(items)


def _sum_others(items: Sequence[CategoryShares]) -> list[CategoryShares]:
    if not items:
        return []
    return [
        CategoryShares(
            category=f"{len(items)} others",
            reference=math.fsum(item.reference for item in items),
            current=math.fsum(item.current for item in items),
            tag="other",
        )
    ]


def _tag(label: str, reference: int, current: int, *, group: bool) -> CategoryTag:
    if label == OTHERS:
        return "other"
    if group or (reference and current):
        return ""
    return "disappeared" if reference else "new"


def _shares(counts: Counts) -> NDArray[np.float64]:
    return np.asarray(counts / max(int(counts.sum()), 1), dtype=np.float64)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
