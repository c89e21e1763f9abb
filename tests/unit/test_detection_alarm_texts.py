"""The sentences of alarms over several days."""

import pytest

from driftloop.daily.column_change import ColumnChange, MovedValue, Quartiles, Shares
from driftloop.daily.day_decision import DailyAlarm
from driftloop.detection.alarm_texts import BY_ALARM, AlarmedColumn

CHANGE = ColumnChange(
    values=100,
    missing=Shares(0.02, 0.33),
    quartiles=Quartiles(8.0, 10.2, 12.0),
    current_quartiles=Quartiles(8.0, 10.2, 12.0),
    risen=MovedValue("a", Shares(0.2, 0.3), True, 1.0),
    alike=Shares(0.5, 0.6),
)


def sentence(name: str, days: int) -> str:
    alarm = DailyAlarm("temp", name, days, 1.0, 0.25)
    column = AlarmedColumn(
        name="temp",
        alarms={name: alarm},
        partners=(),
        change=CHANGE,
        spellings=(),
        is_category=True,
        zone="UTC",
        clock_part="",
        period="in the last 24 hours",
    )
    return BY_ALARM[name](column, alarm).text


@pytest.mark.parametrize("name", ["level", "spread", "shares", "variety", "largest_increase"])
def test_an_alarm_over_several_days_comes_before_the_last_day(name: str) -> None:
    text = sentence(name, 3)
    assert text.startswith("over 3 days ")
    assert "in the last 24 hours" in text
    assert "3 days" not in sentence(name, 1)


def test_missing_values_over_several_days_are_said_so() -> None:
    assert sentence("missing", 7) == (
        "missing in 2% → 33% of the records in the last 24 hours, and over 7 days at most 7% is"
        " usual"
    )
