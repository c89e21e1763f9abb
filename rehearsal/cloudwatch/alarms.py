"""Metric alarms: their settings, their states, and their evaluation.

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

from rehearsal.cloudwatch.alarm_evaluation import (
    EXTRA_PERIODS,
    AlarmStateValue,
    MissingDataTreatment,
    next_state,
)
from rehearsal.cloudwatch.alarm_settings import (
    COMPARISONS,
    alarm_period_seconds,
    is_true,
    metric_data_queries,
    newest_period_end,
    returned_query,
    validate_alarm,
)
from rehearsal.cloudwatch.metric_math import Series, evaluate
from rehearsal.cloudwatch.metric_store import MetricKey, MetricStore, compute_statistic
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
    """A metric alarm; ``settings`` as in PutMetricAlarm."""

    settings: dict[str, Any]
    updated: datetime
    state_updated: datetime
    created: datetime
    state: AlarmStateValue = "INSUFFICIENT_DATA"
    reason: str = "Unchecked: Initial alarm creation"
    reason_data: str | None = None

    @property
    def name(self) -> str:
        """AlarmName."""
        return str(self.settings["AlarmName"])


@dataclass(frozen=True, slots=True)
class AlarmStateTransition:
    """A change of an alarm's state; both states are as :func:`describe_state` returns them."""

    alarm: MetricAlarm
    time: datetime
    previous_state: dict[str, Any]
    new_state: dict[str, Any]


class AlarmStore:
    """All metric alarms of the account. ``on_change`` is called once for every change of state."""

    def __init__(
        self,
        clock: SimulatedClock,
        metrics: MetricStore,
        on_change: Callable[[AlarmStateTransition], None],
    ) -> None:
        self._clock = clock
        self._metrics = metrics
        self._on_change = on_change
        self._alarms: dict[str, MetricAlarm] = {}
        self._lock = threading.RLock()

    def put(self, settings: Mapping[str, Any]) -> MetricAlarm:
        """Create or replace an alarm; one that exists keeps its state. Raises ValueError."""
        settings = dict(settings)
        validate_alarm(settings)
        with self._lock:
            now = self._clock.now()
            existing = self._alarms.get(settings["AlarmName"])
            alarm = existing or MetricAlarm(settings, now, now, now)
            alarm.settings, alarm.updated = settings, now
            self._alarms[alarm.name] = alarm
            return alarm

    def delete(self, names: Iterable[str]) -> None:
        """Delete alarms; unknown names are ignored."""
        with self._lock:
            for name in names:
                self._alarms.pop(name, None)

    def get(self, name: str) -> MetricAlarm | None:
        """Return an alarm; None for an unknown name."""
        with self._lock:
            return self._alarms.get(name)

    def list_alarms(self) -> list[MetricAlarm]:
        """Return all alarms, sorted by name."""
        with self._lock:
            return [self._alarms[name] for name in sorted(self._alarms)]

    def state(self, name: str) -> str:
        """Return OK, ALARM or INSUFFICIENT_DATA; raises KeyError for an unknown alarm."""
        with self._lock:
            return self._alarms[name].state

    def set_state(
        self, name: str, state: AlarmStateValue, reason: str, data: str | None = None
    ) -> None:
        """SetAlarmState: set the state until the next evaluation."""
        with self._lock:
            self._change_state(self._alarms[name], state, reason, data)

    def evaluate_all(self) -> None:
        """Evaluate every alarm now. An error of one is logged; the others are still evaluated."""
        for alarm in self.list_alarms():
            try:
                self._evaluate(alarm)
            except ValueError:
                log.exception("alarm %s can't be evaluated", alarm.name)

    def _evaluate(self, alarm: MetricAlarm) -> None:
        settings = alarm.settings
        series = self._series(settings)
        if _is_warming_up(alarm, series, self._clock.now()):
            return
        compare, _ = COMPARISONS[settings["ComparisonOperator"]]
        threshold = float(settings["Threshold"])
        periods = int(settings["EvaluationPeriods"])
        state = next_state(
            [None if value is None else compare(value, threshold) for value in series],
            evaluation_periods=periods,
            datapoints_to_alarm=int(settings.get("DatapointsToAlarm") or periods),
            treat_missing_data=cast(
                MissingDataTreatment, settings.get("TreatMissingData") or "missing"
            ),
            current=alarm.state,
        )
        with self._lock:
            if self._alarms.get(alarm.name) is alarm:
                self._change_state(
                    alarm, state, _reason(settings, series, state), _reason_data(settings, series)
                )

    def _change_state(
        self, alarm: MetricAlarm, state: AlarmStateValue, reason: str, data: str | None
    ) -> None:
        if alarm.state == state:
            return
        now = self._clock.now()
        previous_state = describe_state(alarm)
        alarm.state, alarm.reason, alarm.reason_data, alarm.state_updated = state, reason, data, now
        self._on_change(AlarmStateTransition(alarm, now, previous_state, describe_state(alarm)))

    def _series(self, settings: Mapping[str, Any]) -> Series:
        """Return the value per period of the evaluation range, oldest first."""
        queries = metric_data_queries(settings)
        period = timedelta(seconds=alarm_period_seconds(settings))
        now = newest_period_end(settings, self._clock.now(), period)
        count = int(settings["EvaluationPeriods"]) + EXTRA_PERIODS
        windows = [(now - period * age, now - period * (age - 1)) for age in range(count, 0, -1)]
        series_by_id: dict[str, Series] = {}
        for query in queries:
            if "MetricStat" in query:
                series_by_id[query["Id"]] = self._values(query["MetricStat"], windows)
        for query in queries:
            if "Expression" in query:
                series_by_id[query["Id"]] = evaluate(query["Expression"], series_by_id)
        return series_by_id[returned_query(queries)["Id"]]

    def _values(
        self, metric_stat: Mapping[str, Any], windows: Sequence[tuple[datetime, datetime]]
    ) -> Series:
        metric = metric_stat["Metric"]
        dimensions = {item["Name"]: item["Value"] for item in metric.get("Dimensions", ())}
        key = MetricKey.from_request(metric["Namespace"], metric["MetricName"], dimensions)
        stat, now = metric_stat["Stat"], self._clock.now()
        return [
            compute_statistic(self._metrics.points_between(key, start, end, now=now), stat)
            for start, end in windows
        ]


def describe_state(alarm: MetricAlarm) -> dict[str, Any]:
    """Return a state as the event ``CloudWatch Alarm State Change`` has it."""
    state = {
        "value": alarm.state,
        "reason": alarm.reason,
        "timestamp": alarm.state_updated.strftime("%Y-%m-%dT%H:%M:%S.") + "000+0000",
    }
    return state | ({"reasonData": alarm.reason_data} if alarm.reason_data else {})


def _recent_datapoints(settings: Mapping[str, Any], series: Series) -> list[float]:
    values = [value for value in series if value is not None]
    return values[-int(settings["EvaluationPeriods"]) :]


def _reason(settings: Mapping[str, Any], series: Series, state: AlarmStateValue) -> str:
    recent = _recent_datapoints(settings, series)
    if not recent:
        treatment = settings.get("TreatMissingData") or "missing"
        return f"No datapoints were received; missing data is treated as [{treatment}]."
    _, comparison = COMPARISONS[settings["ComparisonOperator"]]
    verb = "were" if state == "ALARM" else "were not all"
    return (
        f"Threshold Crossed: the last {len(recent)} datapoints {recent} {verb} {comparison} the "
        f"threshold ({float(settings['Threshold'])})."
    )


def _reason_data(settings: Mapping[str, Any], series: Series) -> str:
    data = {
        "version": "1.0",
        "period": alarm_period_seconds(settings),
        "recentDatapoints": _recent_datapoints(settings, series),
        "threshold": float(settings["Threshold"]),
    }
    return json.dumps(data)


def _is_warming_up(alarm: MetricAlarm, series: Series, now: datetime) -> bool:
    """Return whether a new alarm waits for its first data points.

    Source: Amazon CloudWatch User Guide, "Alarm warm-up periods".
    """
    warm_up = alarm.settings.get("WarmUpConfiguration")
    if not warm_up:
        return False
    end = alarm.created + timedelta(minutes=int(warm_up["WarmUpPeriodDurationInMinutes"]))
    takes_full_time = is_true(warm_up.get("OnlyStartEvaluatingAfterWarmUpPeriodEnds", False))
    present = sum(value is not None for value in series)
    has_enough_data = present >= int(alarm.settings["EvaluationPeriods"]) and not takes_full_time
    return now < end and not has_enough_data
