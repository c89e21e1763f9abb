"""The settings of an alarm, as PutMetricAlarm takes them, and their validation."""

import operator
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from rehearsal.cloudwatch.metric_math import Series, evaluate
from rehearsal.cloudwatch.metric_store import compute_statistic

COMPARISONS: dict[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}


def metric_data_queries(settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return an alarm's metrics as MetricDataQuery, also for an alarm on a single metric."""
    if settings.get("Metrics"):
        return list(settings["Metrics"])
    metric = {
        "Namespace": settings["Namespace"],
        "MetricName": settings["MetricName"],
        "Dimensions": settings.get("Dimensions") or [],
    }
    stat = settings.get("ExtendedStatistic") or settings.get("Statistic")
    query = {"Metric": metric, "Period": int(settings["Period"]), "Stat": stat}
    return [{"Id": "m1", "MetricStat": query, "ReturnData": True}]


def alarm_period_seconds(settings: Mapping[str, Any]) -> int:
    """Return the period of an alarm in seconds: the longest of its metrics."""
    queries = metric_data_queries(settings)
    periods = [int(q["MetricStat"]["Period"]) for q in queries if "MetricStat" in q]
    periods += [int(q["Period"]) for q in queries if q.get("Period")]
    return max(periods)


def validate_alarm(settings: Mapping[str, Any]) -> None:
    """Raise ValueError if CloudWatch would reject the alarm or the emulator lacks a feature."""
    name = settings.get("AlarmName")
    missing = [
        key
        for key in ("AlarmName", "ComparisonOperator", "EvaluationPeriods", "Threshold")
        if settings.get(key) is None
    ]
    if not settings.get("Metrics"):
        missing += [key for key in ("MetricName", "Namespace", "Period") if not settings.get(key)]
        if not settings.get("Statistic") and not settings.get("ExtendedStatistic"):
            missing.append("Statistic")
    if missing:
        raise ValueError(f"alarm {name}: {', '.join(missing)} are required")
    if settings["ComparisonOperator"] not in COMPARISONS:
        raise ValueError(
            f"alarm {name}: {settings['ComparisonOperator']} is not supported by the emulator; "
            f"use one of {', '.join(COMPARISONS)}"
        )
    periods = int(settings["EvaluationPeriods"])
    if int(settings.get("DatapointsToAlarm") or periods) > periods:
        raise ValueError(f"alarm {name}: DatapointsToAlarm is greater than EvaluationPeriods")
    if alarm_period_seconds(settings) * periods > 7 * 86400:
        raise ValueError(f"alarm {name}: evaluates more than seven days")
    queries = metric_data_queries(settings)
    returned_query(queries)
    names: dict[str, Series] = {query["Id"]: [1.0] for query in queries}
    for query in queries:
        if "Expression" in query:
            evaluate(query["Expression"], names)
        else:
            compute_statistic((), query["MetricStat"]["Stat"])


def returned_query(queries: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the query that is compared with the threshold; raises ValueError unless it is one."""
    returning = [query for query in queries if is_true(query.get("ReturnData", True))]
    if len(returning) != 1:
        raise ValueError(f"exactly one metric of an alarm must return data, not {len(returning)}")
    return returning[0]


def is_true(value: object) -> bool:
    """Return a boolean that an API or a template may give as text."""
    return value not in (False, "false")


def newest_period_end(settings: Mapping[str, Any], now: datetime, period: timedelta) -> datetime:
    """Return the end of the newest period: this minute, or the last whole period in UTC."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    is_wall_clock = "WallClockWindow" in (settings.get("EvaluationWindow") or {})
    step = period if is_wall_clock else timedelta(minutes=1)
    return epoch + (now - epoch) // step * step
