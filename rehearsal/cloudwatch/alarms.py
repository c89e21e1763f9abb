"""Metric alarms: what they look at, when they change state, and who is told.

Source: Amazon CloudWatch User Guide, "Alarm evaluation" and "Alarm evaluation window": an alarm
whose period is a minute or longer is evaluated every minute, over windows that end at that minute
(sliding, the default) or over whole hours or days (wall clock).
"""

import json
import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from rehearsal.cloudwatch.alarm_evaluation import EXTRA_PERIODS, State, Treatment, next_state
from rehearsal.cloudwatch.alarm_settings import (
    COMPARISONS,
    check,
    is_true,
    period_of,
    queries_of,
    returned,
    window_end,
)
from rehearsal.cloudwatch.metric_math import Series, evaluate
from rehearsal.cloudwatch.metric_store import MetricKey, MetricStore, statistic
from rehearsal.simulated_clock import SimulatedClock

log = logging.getLogger(__name__)

ACTIONS = {
    "ALARM": "AlarmActions",
    "OK": "OKActions",
    "INSUFFICIENT_DATA": "InsufficientDataActions",
}
STATES = tuple(ACTIONS)


@dataclass
class MetricAlarm:
    """``settings`` as in PutMetricAlarm."""

    settings: dict[str, Any]
    updated: datetime
    since: datetime
    created: datetime
    state: State = "INSUFFICIENT_DATA"
    reason: str = "Unchecked: Initial alarm creation"
    reason_data: str | None = None

    @property
    def name(self) -> str:
        """AlarmName."""
        return str(self.settings["AlarmName"])


@dataclass(frozen=True, slots=True)
class Change:
    """An alarm went from one state to another."""

    alarm: MetricAlarm
    when: datetime
    before: dict[str, Any]
    after: dict[str, Any]


class AlarmStore:
    """All metric alarms of the account. ``tell`` is called once for every change of state."""

    def __init__(
        self, clock: SimulatedClock, metrics: MetricStore, tell: Callable[[Change], None]
    ) -> None:
        self._clock = clock
        self._metrics = metrics
        self._tell = tell
        self._alarms: dict[str, MetricAlarm] = {}
        self._lock = threading.RLock()

    def put(self, settings: Mapping[str, Any]) -> MetricAlarm:
        """Create or replace an alarm; one that exists keeps its state. Raises ValueError."""
        settings = dict(settings)
        check(settings)
        with self._lock:
            now = self._clock.now()
            before = self._alarms.get(settings["AlarmName"])
            alarm = before or MetricAlarm(settings, now, now, now)
            alarm.settings, alarm.updated = settings, now
            self._alarms[alarm.name] = alarm
            return alarm

    def delete(self, names: Iterable[str]) -> None:
        """Remove alarms; names that are unknown are passed over, as by DeleteAlarms."""
        with self._lock:
            for name in names:
                self._alarms.pop(name, None)

    def get(self, name: str) -> MetricAlarm | None:
        """One alarm, or None."""
        with self._lock:
            return self._alarms.get(name)

    def all(self) -> list[MetricAlarm]:
        """All alarms by name."""
        with self._lock:
            return [self._alarms[name] for name in sorted(self._alarms)]

    def state(self, name: str) -> str:
        """``OK``, ``ALARM`` or ``INSUFFICIENT_DATA``; raises KeyError for an unknown alarm."""
        with self._lock:
            return self._alarms[name].state

    def set_state(self, name: str, state: State, reason: str, data: str | None = None) -> None:
        """SetAlarmState: for the moment, until the next evaluation."""
        with self._lock:
            self._move(self._alarms[name], state, reason, data)

    def evaluate(self) -> None:
        """Look at every alarm now. A broken one is logged and does not keep others from it."""
        for alarm in self.all():
            try:
                self._evaluate(alarm)
            except ValueError:
                log.exception("alarm %s can't be evaluated", alarm.name)

    def _evaluate(self, alarm: MetricAlarm) -> None:
        settings = alarm.settings
        series = self._series(settings)
        if _warms_up(alarm, series, self._clock.now()):
            return
        compare, _ = COMPARISONS[settings["ComparisonOperator"]]
        threshold = float(settings["Threshold"])
        periods = int(settings["EvaluationPeriods"])
        state = next_state(
            [None if value is None else compare(value, threshold) for value in series],
            periods=periods,
            to_alarm=int(settings.get("DatapointsToAlarm") or periods),
            treatment=cast(Treatment, settings.get("TreatMissingData") or "missing"),
            current=alarm.state,
        )
        with self._lock:
            if self._alarms.get(alarm.name) is alarm:
                self._move(alarm, state, _reason(settings, series, state), _data(settings, series))

    def _move(self, alarm: MetricAlarm, state: State, reason: str, data: str | None) -> None:
        if alarm.state == state:
            return
        now = self._clock.now()
        before = describe_state(alarm)
        alarm.state, alarm.reason, alarm.reason_data, alarm.since = state, reason, data, now
        self._tell(Change(alarm, now, before, describe_state(alarm)))

    def _series(self, settings: Mapping[str, Any]) -> Series:
        """The value per period over the evaluation range, oldest first."""
        queries = queries_of(settings)
        period = timedelta(seconds=period_of(settings))
        now = window_end(settings, self._clock.now(), period)
        count = int(settings["EvaluationPeriods"]) + EXTRA_PERIODS
        windows = [(now - period * age, now - period * (age - 1)) for age in range(count, 0, -1)]
        known: dict[str, Series] = {}
        for query in queries:
            if "MetricStat" in query:
                known[query["Id"]] = self._values(query["MetricStat"], windows)
        for query in queries:
            if "Expression" in query:
                known[query["Id"]] = evaluate(query["Expression"], known)
        return known[returned(queries)["Id"]]

    def _values(
        self, metric_stat: Mapping[str, Any], windows: Sequence[tuple[datetime, datetime]]
    ) -> Series:
        metric = metric_stat["Metric"]
        dimensions = {item["Name"]: item["Value"] for item in metric.get("Dimensions", ())}
        key = MetricKey.from_request(metric["Namespace"], metric["MetricName"], dimensions)
        stat = metric_stat["Stat"]
        return [statistic(self._metrics.within(key, start, end), stat) for start, end in windows]


def describe_state(alarm: MetricAlarm) -> dict[str, Any]:
    """A state as it stands in the event ``CloudWatch Alarm State Change``."""
    state = {
        "value": alarm.state,
        "reason": alarm.reason,
        "timestamp": alarm.since.strftime("%Y-%m-%dT%H:%M:%S.") + "000+0000",
    }
    return state | ({"reasonData": alarm.reason_data} if alarm.reason_data else {})


def _recent(settings: Mapping[str, Any], series: Series) -> list[float]:
    values = [value for value in series if value is not None]
    return values[-int(settings["EvaluationPeriods"]) :]


def _reason(settings: Mapping[str, Any], series: Series, state: State) -> str:
    recent = _recent(settings, series)
    if not recent:
        treatment = settings.get("TreatMissingData") or "missing"
        return f"No datapoints were received; missing data is treated as [{treatment}]."
    _, words = COMPARISONS[settings["ComparisonOperator"]]
    verb = "were" if state == "ALARM" else "were not all"
    return (
        f"Threshold Crossed: the last {len(recent)} datapoints {recent} {verb} {words} the "
        f"threshold ({float(settings['Threshold'])})."
    )


def _data(settings: Mapping[str, Any], series: Series) -> str:
    data = {
        "version": "1.0",
        "period": period_of(settings),
        "recentDatapoints": _recent(settings, series),
        "threshold": float(settings["Threshold"]),
    }
    return json.dumps(data)


def _warms_up(alarm: MetricAlarm, series: Series, now: datetime) -> bool:
    """Whether a new alarm waits for its first data points.

    Source: Amazon CloudWatch User Guide, "Alarm warm-up periods".
    """
    warm_up = alarm.settings.get("WarmUpConfiguration")
    if not warm_up:
        return False
    end = alarm.created + timedelta(minutes=int(warm_up["WarmUpPeriodDurationInMinutes"]))
    waits = is_true(warm_up.get("OnlyStartEvaluatingAfterWarmUpPeriodEnds", False))
    known = sum(value is not None for value in series)
    filled = known >= int(alarm.settings["EvaluationPeriods"]) and not waits
    return now < end and not filled
