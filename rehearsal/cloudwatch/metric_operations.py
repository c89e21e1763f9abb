"""The part of the CloudWatch API that is about metrics."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from rehearsal.cloudwatch.metric_math import Series, evaluate
from rehearsal.cloudwatch.metric_store import MetricKey, MetricStore, Point, statistic
from rehearsal.simulated_clock import SimulatedClock

Request = Mapping[str, Any]
Answer = dict[str, Any]


class MetricOperations:
    """PutMetricData, and what is asked about it."""

    def __init__(self, clock: SimulatedClock, metrics: MetricStore) -> None:
        self._clock = clock
        self._metrics = metrics

    def operations(self) -> dict[str, Callable[[Request], Answer]]:
        """Operations by name."""
        return {
            "PutMetricData": self._put_metric_data,
            "GetMetricData": self._get_metric_data,
            "GetMetricStatistics": self._get_metric_statistics,
            "ListMetrics": self._list_metrics,
        }

    def _put_metric_data(self, request: Request) -> Answer:
        for datum in request["MetricData"]:
            dimensions = {item["Name"]: item["Value"] for item in datum.get("Dimensions", ())}
            key = MetricKey.from_request(request["Namespace"], datum["MetricName"], dimensions)
            for point in _points(datum, _time(datum.get("Timestamp")) or self._clock.now()):
                self._metrics.add(key, point)
        return {}

    def _get_metric_data(self, request: Request) -> Answer:
        start, end = _time(request["StartTime"]), _time(request["EndTime"])
        assert start is not None  # noqa: S101 - required by the API's model
        assert end is not None  # noqa: S101
        queries = request["MetricDataQueries"]
        period = max(int((q.get("MetricStat") or q).get("Period") or 60) for q in queries)
        times = _starts(start, end, period)
        known: dict[str, Series] = {}
        for query in queries:
            if "MetricStat" in query:
                known[query["Id"]] = self._series(query["MetricStat"], times, period)
        for query in queries:
            if "Expression" in query:
                known[query["Id"]] = evaluate(query["Expression"], known)
        wanted = [query for query in queries if query.get("ReturnData", True)]
        return {
            "MetricDataResults": [_result(query, times, known[query["Id"]]) for query in wanted]
        }

    def _get_metric_statistics(self, request: Request) -> Answer:
        start, end = _time(request["StartTime"]), _time(request["EndTime"])
        assert start is not None  # noqa: S101 - required by the API's model
        assert end is not None  # noqa: S101
        period = int(request["Period"])
        found = []
        for begin in _starts(start, end, period):
            points = self._metrics.within(_key(request), begin, begin + timedelta(seconds=period))
            if points:
                found.append(
                    {"Timestamp": begin}
                    | {name: statistic(points, name) for name in request.get("Statistics", ())}
                )
        return {"Label": request["MetricName"], "Datapoints": found}

    def _list_metrics(self, request: Request) -> Answer:
        wanted = [
            key
            for key in self._metrics.keys()  # noqa: SIM118 - not a dictionary
            if request.get("Namespace") in (None, key.namespace)
            and request.get("MetricName") in (None, key.name)
        ]
        return {
            "Metrics": [
                {
                    "Namespace": key.namespace,
                    "MetricName": key.name,
                    "Dimensions": [{"Name": n, "Value": v} for n, v in key.dimensions],
                }
                for key in wanted
            ]
        }

    def _series(self, stat: Mapping[str, Any], times: list[datetime], period: int) -> Series:
        span = timedelta(seconds=period)
        key = _key(stat["Metric"])
        return [statistic(self._metrics.within(key, t, t + span), stat["Stat"]) for t in times]


def _points(datum: Mapping[str, Any], when: datetime) -> list[Point]:
    if datum.get("Values"):
        counts = datum.get("Counts") or [1.0] * len(datum["Values"])
        pairs = zip(map(float, datum["Values"]), map(float, counts), strict=True)
        return [Point(when, value * count, count, value, value) for value, count in pairs]
    if found := datum.get("StatisticValues"):
        low, high = float(found["Minimum"]), float(found["Maximum"])
        return [Point(when, float(found["Sum"]), float(found["SampleCount"]), low, high)]
    value = float(datum["Value"])
    return [Point(when, value, 1.0, value, value)]


def _key(metric: Mapping[str, Any]) -> MetricKey:
    dimensions = {item["Name"]: item["Value"] for item in metric.get("Dimensions", ())}
    return MetricKey.from_request(metric["Namespace"], metric["MetricName"], dimensions)


def _starts(start: datetime, end: datetime, period: int) -> list[datetime]:
    count = int((end - start).total_seconds()) // period
    return [start + timedelta(seconds=period * number) for number in range(count)]


def _result(query: Mapping[str, Any], times: list[datetime], series: Series) -> Answer:
    found = [(t, value) for t, value in zip(times, series, strict=True) if value is not None]
    return {
        "Id": query["Id"],
        "Label": query.get("Label") or query["Id"],
        "Timestamps": [t for t, _ in found],
        "Values": [value for _, value in found],
        "StatusCode": "Complete",
    }


def _time(value: datetime | str | float | None) -> datetime | None:
    """An instant as the protocols carry it; raises ValueError."""
    if value is None or isinstance(value, datetime):
        return value
    if isinstance(value, str):
        return datetime.fromisoformat(value)

    return datetime.fromtimestamp(value, UTC)
