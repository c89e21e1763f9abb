"""Data points by namespace, name and exact dimensions, and statistics of them."""

import re
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

Dimensions = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class MetricKey:
    """The identity of a metric: other dimensions are another metric."""

    namespace: str
    name: str
    dimensions: Dimensions

    @classmethod
    def from_request(cls, namespace: str, name: str, dimensions: Mapping[str, str]) -> "MetricKey":
        """Create the key, independent of the order of the dimensions."""
        return cls(namespace, name, tuple(sorted(dimensions.items())))


@dataclass(frozen=True, slots=True)
class DataPoint:
    """A value observed ``count`` times (``total`` is the sum), or a statistic set.

    Alarms and queries see it from ``available`` on; None is at once.
    """

    time: datetime
    total: float
    count: float
    minimum: float
    maximum: float
    available: datetime | None = None


BASIC_STATISTICS: dict[str, Callable[[Sequence[DataPoint]], float]] = {
    "Average": lambda points: sum(p.total for p in points) / sum(p.count for p in points),
    "Sum": lambda points: sum(point.total for point in points),
    "Minimum": lambda points: min(point.minimum for point in points),
    "Maximum": lambda points: max(point.maximum for point in points),
    "SampleCount": lambda points: sum(point.count for point in points),
}
PERCENTILE = re.compile(r"p(\d{1,2}(\.\d+)?|100)")


def available_from(timestamp: datetime, now: datetime) -> datetime:
    """Return when a data point that is published now can be read, at the latest.

    Source: CloudWatch API reference, PutMetricData: data points from 24 hours ago or longer can
    take at least 48 hours to become available, those between 3 and 24 hours as much as 2 hours.
    """
    age = now - timestamp
    if age >= timedelta(hours=24):
        return now + timedelta(hours=48)
    return now + timedelta(hours=2) if age >= timedelta(hours=3) else now


class MetricStore:
    """All data points of the account. Thread-safe."""

    def __init__(self) -> None:
        self._points: dict[MetricKey, list[DataPoint]] = defaultdict(list)
        self._lock = threading.Lock()

    def put(
        self,
        namespace: str,
        name: str,
        dimensions: Mapping[str, str],
        value: float,
        unit: str,  # noqa: ARG002 - part of the protocol; no unit is converted
        timestamp: datetime,
    ) -> None:
        """Store one data point."""
        key = MetricKey.from_request(namespace, name, dimensions)
        self.add_point(key, DataPoint(timestamp, value, 1.0, value, value))

    def add_point(self, key: MetricKey, point: DataPoint) -> None:
        """Store one data point or statistic set."""
        with self._lock:
            self._points[key].append(point)

    def list_metrics(self) -> list[MetricKey]:
        """Return all metrics that have data."""
        with self._lock:
            return list(self._points)

    def points_between(
        self, key: MetricKey, start: datetime, end: datetime, *, now: datetime
    ) -> list[DataPoint]:
        """Return the points with ``start`` <= time < ``end`` that are available at ``now``."""
        with self._lock:
            return [
                point
                for point in self._points.get(key, ())
                if start <= point.time < end and (point.available is None or point.available <= now)
            ]


def compute_statistic(points: Sequence[DataPoint], name: str) -> float | None:
    """Return Average, Sum, Minimum, Maximum, SampleCount or a percentile (pNN) of data points.

    Returns None without data. Raises ValueError for another statistic.
    A percentile interpolates linearly between the nearest ranks.
    """
    if name not in BASIC_STATISTICS and not PERCENTILE.fullmatch(name):
        raise ValueError(
            f"statistic {name!r} is not supported by the emulator; use "
            f"{', '.join(BASIC_STATISTICS)} or a percentile (p99)"
        )
    points = [point for point in points if point.count > 0]
    if not points:
        return None
    if name in BASIC_STATISTICS:
        return float(BASIC_STATISTICS[name](points))
    return _percentile(points, float(name[1:]))


def _percentile(points: Iterable[DataPoint], percent: float) -> float:
    ordered = sorted((point.total / point.count, point.count) for point in points)
    rank = percent / 100 * (sum(count for _, count in ordered) - 1)
    low, high = _value_at_rank(ordered, int(rank)), _value_at_rank(ordered, int(rank) + 1)
    return low + (high - low) * (rank - int(rank))


def _value_at_rank(ordered: Sequence[tuple[float, float]], index: int) -> float:
    seen = 0.0
    for value, count in ordered:
        seen += count
        if index < seen:
            return value
    return ordered[-1][0]
