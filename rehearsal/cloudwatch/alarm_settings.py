"""What an alarm's settings say, as PutMetricAlarm takes them, and which of them are refused."""

import operator
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from rehearsal.cloudwatch.metric_math import Series, evaluate
from rehearsal.cloudwatch.metric_store import statistic

COMPARISONS: dict[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}


def queries_of(settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    """An alarm's metrics as MetricDataQuery, also where it names a single metric."""
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


def period_of(settings: Mapping[str, Any]) -> int:
    """Seconds of one data point: the longest period of its metrics."""
    queries = queries_of(settings)
    periods = [int(q["MetricStat"]["Period"]) for q in queries if "MetricStat" in q]
    periods += [int(q["Period"]) for q in queries if q.get("Period")]
    return max(periods)


def check(settings: Mapping[str, Any]) -> None:
    """Raise ValueError where CloudWatch would refuse the alarm, or nobody plays it here."""
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
        raise ValueError(f"alarm {name}: {', '.join(missing)} must be given")
    if settings["ComparisonOperator"] not in COMPARISONS:
        raise ValueError(
            f"alarm {name}: {settings['ComparisonOperator']} is not played here: use one of "
            f"{', '.join(COMPARISONS)}"
        )
    periods = int(settings["EvaluationPeriods"])
    if int(settings.get("DatapointsToAlarm") or periods) > periods:
        raise ValueError(f"alarm {name}: DatapointsToAlarm is greater than EvaluationPeriods")
    if period_of(settings) * periods > 7 * 86400:
        raise ValueError(f"alarm {name}: looks at more than seven days")
    queries = queries_of(settings)
    returned(queries)
    names: dict[str, Series] = {query["Id"]: [1.0] for query in queries}
    for query in queries:
        if "Expression" in query:
            evaluate(query["Expression"], names)
        else:
            statistic((), query["MetricStat"]["Stat"])


def returned(queries: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The one query that the threshold is held against; raises ValueError where it isn't one."""
    found = [query for query in queries if is_true(query.get("ReturnData", True))]
    if len(found) != 1:
        raise ValueError(f"exactly one of an alarm's metrics returns data, not {len(found)}")
    return found[0]


def is_true(value: object) -> bool:
    """A flag as an API or a template carries it."""
    return value not in (False, "false")


def window_end(settings: Mapping[str, Any], now: datetime, period: timedelta) -> datetime:
    """Where the newest period ends: at this minute, or at the clock's last whole period (UTC)."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    on_the_clock = "WallClockWindow" in (settings.get("EvaluationWindow") or {})
    step = period if on_the_clock else timedelta(minutes=1)
    return epoch + (now - epoch) // step * step
