"""Metric data points by namespace, name and exact dimensions, and the statistics over them."""

import re
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

Dimensions = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class MetricKey:
    """What makes a metric: two sets of dimensions are two metrics."""

    namespace: str
    name: str
    dimensions: Dimensions

    @classmethod
    def from_request(cls, namespace: str, name: str, dimensions: Mapping[str, str]) -> "MetricKey":
        """The key, whatever the order of the dimensions."""
        return cls(namespace, name, tuple(sorted(dimensions.items())))


@dataclass(frozen=True, slots=True)
class Point:
    """One datum: a value seen ``count`` times (``total`` is their sum), or a statistic set."""

    when: datetime
    total: float
    count: float
    low: float
    high: float


BASIC: dict[str, Callable[[Sequence[Point]], float]] = {
    "Average": lambda points: sum(p.total for p in points) / sum(p.count for p in points),
    "Sum": lambda points: sum(point.total for point in points),
    "Minimum": lambda points: min(point.low for point in points),
    "Maximum": lambda points: max(point.high for point in points),
    "SampleCount": lambda points: sum(point.count for point in points),
}
PERCENTILE = re.compile(r"p(\d{1,2}(\.\d+)?|100)")


class MetricStore:
    """The intake. Safe to use from several threads."""

    def __init__(self) -> None:
        self._points: dict[MetricKey, list[Point]] = defaultdict(list)
        self._lock = threading.Lock()

    def put(
        self,
        namespace: str,
        name: str,
        dimensions: Mapping[str, str],
        value: float,
        unit: str,  # noqa: ARG002 - part of the port; nothing here converts units
        timestamp: datetime,
    ) -> None:
        """One data point."""
        key = MetricKey.from_request(namespace, name, dimensions)
        self.add(key, Point(timestamp, value, 1.0, value, value))

    def add(self, key: MetricKey, point: Point) -> None:
        """One data point, or a statistic set."""
        with self._lock:
            self._points[key].append(point)

    def keys(self) -> list[MetricKey]:
        """All metrics that have data."""
        with self._lock:
            return list(self._points)

    def within(self, key: MetricKey, start: datetime, end: datetime) -> list[Point]:
        """The points with ``start`` <= time < ``end``."""
        with self._lock:
            return [point for point in self._points.get(key, ()) if start <= point.when < end]


def statistic(points: Sequence[Point], name: str) -> float | None:
    """Average, Sum, Minimum, Maximum, SampleCount or a percentile (pNN) of some points.

    Raises ValueError for any other name. None where there is no data.
    A percentile interpolates linearly between the nearest ranks.
    """
    if name not in BASIC and not PERCENTILE.fullmatch(name):
        raise ValueError(
            f"statistic {name!r} is not played here: use {', '.join(BASIC)} or a percentile (p99)"
        )
    points = [point for point in points if point.count > 0]
    if not points:
        return None
    if name in BASIC:
        return float(BASIC[name](points))
    return _percentile(points, float(name[1:]))


def _percentile(points: Iterable[Point], percent: float) -> float:
    ordered = sorted((point.total / point.count, point.count) for point in points)
    rank = percent / 100 * (sum(count for _, count in ordered) - 1)
    low, high = _at(ordered, int(rank)), _at(ordered, int(rank) + 1)
    return low + (high - low) * (rank - int(rank))


def _at(ordered: Sequence[tuple[float, float]], index: int) -> float:
    seen = 0.0
    for value, count in ordered:
        seen += count
        if index < seen:
            return value
    return ordered[-1][0]
