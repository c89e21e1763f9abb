"""The metric operations of the CloudWatch API."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from rehearsal.cloudwatch.errors import CloudWatchError
from rehearsal.cloudwatch.metric_math import Series, evaluate
from rehearsal.cloudwatch.metric_store import (
    DataPoint,
    MetricKey,
    MetricStore,
    available_from,
    compute_statistic,
)
from rehearsal.simulated_clock import SimulatedClock

MAX_AGE, MAX_LEAD = timedelta(weeks=2), timedelta(hours=2)
"""Timestamps are as much as two weeks before, and as much as two hours after the current time.
Source: CloudWatch API reference, PutMetricData."""

Request = Mapping[str, Any]
ResponseBody = dict[str, Any]


class MetricOperations:
    """PutMetricData, GetMetricData, GetMetricStatistics and ListMetrics."""

    def __init__(self, clock: SimulatedClock, metrics: MetricStore) -> None:
        self._clock = clock
        self._metrics = metrics

    def operations(self) -> dict[str, Callable[[Request], ResponseBody]]:
        """Return the operations by name."""
        return {
            "PutMetricData": self._put_metric_data,
            "GetMetricData": self._get_metric_data,
            "GetMetricStatistics": self._get_metric_statistics,
            "ListMetrics": self._list_metrics,
        }

    def _put_metric_data(self, request: Request) -> ResponseBody:
        _require_recent(request["MetricData"], self._clock.now())
        for datum in request["MetricData"]:
            dimensions = {item["Name"]: item["Value"] for item in datum.get("Dimensions", ())}
            key = MetricKey.from_request(request["Namespace"], datum["MetricName"], dimensions)
            now = self._clock.now()
            time = _parse_time(datum.get("Timestamp")) or now
            for point in _to_data_points(datum, time):
                available = available_from(time, now)
                self._metrics.add_point(key, replace(point, available=available))
        return {}

    def _get_metric_data(self, request: Request) -> ResponseBody:
        start, end = _parse_time(request["StartTime"]), _parse_time(request["EndTime"])
        assert start is not None  # noqa: S101 - required by the API's model
        assert end is not None  # noqa: S101
        queries = request["MetricDataQueries"]
        period = max(int((q.get("MetricStat") or q).get("Period") or 60) for q in queries)
        times = _period_starts(start, end, period)
        series_by_id: dict[str, Series] = {}
        for query in queries:
            if "MetricStat" in query:
                series_by_id[query["Id"]] = self._series(query["MetricStat"], times, period)
        for query in queries:
            if "Expression" in query:
                series_by_id[query["Id"]] = evaluate(query["Expression"], series_by_id)
        returned = [query for query in queries if query.get("ReturnData", True)]
        return {
            "MetricDataResults": [
                _to_result(query, times, series_by_id[query["Id"]]) for query in returned
            ]
        }

    def _get_metric_statistics(self, request: Request) -> ResponseBody:
        start, end = _parse_time(request["StartTime"]), _parse_time(request["EndTime"])
        assert start is not None  # noqa: S101 - required by the API's model
        assert end is not None  # noqa: S101
        period = int(request["Period"])
        datapoints = []
        for begin in _period_starts(start, end, period):
            points = self._metrics.points_between(
                _metric_key(request),
                begin,
                begin + timedelta(seconds=period),
                now=self._clock.now(),
            )
            if points:
                datapoints.append(
                    {"Timestamp": begin}
                    | {
                        name: compute_statistic(points, name)
                        for name in request.get("Statistics", ())
                    }
                )
        return {"Label": request["MetricName"], "Datapoints": datapoints}

    def _list_metrics(self, request: Request) -> ResponseBody:
        keys = [
            key
            for key in self._metrics.list_metrics()
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
                for key in keys
            ]
        }

    def _series(self, stat: Mapping[str, Any], times: list[datetime], period: int) -> Series:
        span, now = timedelta(seconds=period), self._clock.now()
        key = _metric_key(stat["Metric"])
        return [
            compute_statistic(self._metrics.points_between(key, t, t + span, now=now), stat["Stat"])
            for t in times
        ]


def _require_recent(data: Sequence[Mapping[str, Any]], now: datetime) -> None:
    """Refuse data points of another time; the message is as in cloud-custodian#2559."""
    errors = [
        f"The parameter MetricData.member.{number}.Timestamp must specify a time within the past"
        " two weeks."
        for number, datum in enumerate(data, start=1)
        if (time := _parse_time(datum.get("Timestamp"))) is not None
        and not now - MAX_AGE <= time <= now + MAX_LEAD
    ]
    if errors:
        raise CloudWatchError("InvalidParameterValue", "\n".join(errors))


def _to_data_points(datum: Mapping[str, Any], time: datetime) -> list[DataPoint]:
    if datum.get("Values"):
        counts = datum.get("Counts") or [1.0] * len(datum["Values"])
        pairs = zip(map(float, datum["Values"]), map(float, counts), strict=True)
        return [DataPoint(time, value * count, count, value, value) for value, count in pairs]
    if statistics := datum.get("StatisticValues"):
        low, high = float(statistics["Minimum"]), float(statistics["Maximum"])
        return [
            DataPoint(time, float(statistics["Sum"]), float(statistics["SampleCount"]), low, high)
        ]
    value = float(datum["Value"])
    return [DataPoint(time, value, 1.0, value, value)]


def _metric_key(metric: Mapping[str, Any]) -> MetricKey:
    dimensions = {item["Name"]: item["Value"] for item in metric.get("Dimensions", ())}
    return MetricKey.from_request(metric["Namespace"], metric["MetricName"], dimensions)


def _period_starts(start: datetime, end: datetime, period: int) -> list[datetime]:
    count = int((end - start).total_seconds()) // period
    return [start + timedelta(seconds=period * number) for number in range(count)]


def _to_result(query: Mapping[str, Any], times: list[datetime], series: Series) -> ResponseBody:
    present = [(t, value) for t, value in zip(times, series, strict=True) if value is not None]
    return {
        "Id": query["Id"],
        "Label": query.get("Label") or query["Id"],
        "Timestamps": [t for t, _ in present],
        "Values": [value for _, value in present],
        "StatusCode": "Complete",
    }


def _parse_time(value: datetime | str | float | None) -> datetime | None:
    """Parse a time as the protocols carry it; raises ValueError."""
    if value is None or isinstance(value, datetime):
        return value
    if isinstance(value, str):
        return datetime.fromisoformat(value)

    return datetime.fromtimestamp(value, UTC)
