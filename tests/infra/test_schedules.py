"""Schedule expressions, held to the ranges that Quartz and EventBridge Scheduler allow."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, get_args

import pytest

from driftloop.config.sections import MonitoringSettings
from infra.stacks.model import analysis_schedule, analysis_spread_minutes
from infra.stacks.shared import RECONCILE_SCHEDULE

WINDOW_HOURS = get_args(MonitoringSettings.model_fields["window_hours"].annotation)
RANGES = {"minutes": (0, 59), "hours": (0, 23)}
"""Quartz CronExpression: a value or the increment of a field is at most its largest value; the
increment of hours is checked against 23 (``checkIncrementRange``)."""


def times(field: str, name: str) -> set[int]:
    """Return the values of a field of numbers; raises ValueError where Quartz would refuse it."""
    low, high = RANGES[name]
    return {value for part in field.split(",") for value in _times_of_part(part, low, high)}


def _times_of_part(part: str, low: int, high: int) -> Iterator[int]:
    match = re.fullmatch(r"(\*|\d+)(?:-(\d+))?(?:/(\d+))?", part)
    if match is None:
        raise ValueError(f"{part} is no value, range or increment")
    start = low if match[1] == "*" else int(match[1])
    single = match[1] != "*" and match[2] is None and match[3] is None
    end = start if single else int(match[2] or high)
    step = int(match[3] or 1)
    if not low <= start <= end <= high or not 1 <= step <= high:
        raise ValueError(f"{part} is out of the range {low} to {high}")
    yield from range(start, end + 1, step)


def hours_of(expression: str) -> set[int]:
    """Return the hours at which a daily cron expression matches, at its one minute."""
    match = re.fullmatch(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)", expression)
    assert match, expression
    minutes, hours, *days = match.groups()
    assert len(times(minutes, "minutes")) == 1
    # EventBridge Scheduler: one of day of month and day of week is a question mark
    assert days == ["*", "*", "?", "*"]
    return times(hours, "hours")


@pytest.mark.parametrize("field", ["0/24", "24", "5-2", "x", "1/0"])
def test_the_parser_refuses_what_quartz_refuses(field: str) -> None:
    with pytest.raises(ValueError, match="range"):
        times(field, "hours")


def test_analyses_are_spread_until_reconcile_searches_missed_windows() -> None:
    minutes = [
        int(expression.removeprefix("cron(").partition(" ")[0])
        for expression in (analysis_schedule(1), RECONCILE_SCHEDULE)
    ]
    assert minutes[0] + analysis_spread_minutes(2) < minutes[1]


def test_the_analysis_of_a_single_model_is_not_delayed() -> None:
    assert analysis_spread_minutes(1) == 0
    assert analysis_spread_minutes(2) == analysis_spread_minutes(500) > 0


@pytest.mark.parametrize("window_hours", WINDOW_HOURS)
def test_an_analysis_is_scheduled_after_the_end_of_each_window(window_hours: int) -> None:
    """Windows are counted from midnight, so they end at the multiples of their length."""
    hours = sorted(hours_of(analysis_schedule(window_hours)))
    assert hours[0] == 0
    assert {later - earlier for earlier, later in pairwise([*hours, 24])} == {window_hours}


def test_every_schedule_of_the_templates_is_valid(templates: Any) -> None:
    expressions = [
        item["Properties"]["ScheduleExpression"]
        for _, item in templates.all_resources("AWS::Scheduler::Schedule")
    ]
    assert len(expressions) >= 4
    for expression in expressions:
        # a rate has a positive number and a unit, in the singular for 1
        assert re.fullmatch(r"rate\((1 day|(?!1 )[1-9]\d* days)\)", expression) or hours_of(
            expression
        )
