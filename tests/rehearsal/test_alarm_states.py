"""The tables are those of the CloudWatch User Guide, "Configuring how CloudWatch alarms treat
missing data": X breaches, 0 does not, - is missing; the newest point stands last."""

import pytest

from rehearsal.cloudwatch.alarm_evaluation import next_state

TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
OK, ALARM, NO_DATA, KEEP = "OK", "ALARM", "INSUFFICIENT_DATA", "keep"

THREE_OF_THREE = [
    ("0 - X - X", (OK, OK, OK, OK)),
    ("0 - - - -", (OK, OK, OK, OK)),
    ("- - - - -", (NO_DATA, KEEP, ALARM, OK)),
    ("0 X X - X", (ALARM, ALARM, ALARM, ALARM)),
    ("- - X - -", (ALARM, KEEP, ALARM, OK)),
]
TWO_OF_THREE = [
    ("0 - X - X", (ALARM, ALARM, ALARM, ALARM)),
    ("0 0 X 0 X", (ALARM, ALARM, ALARM, ALARM)),
    ("0 - X - -", (OK, OK, ALARM, OK)),
    ("- - - - 0", (OK, OK, ALARM, OK)),
    ("- - - X -", (ALARM, KEEP, ALARM, OK)),
]
CASES = [
    (to_alarm, row, treatment, state)
    for to_alarm, table in ((3, THREE_OF_THREE), (2, TWO_OF_THREE))
    for row, states in table
    for treatment, state in zip(TREATMENTS, states, strict=True)
]


def points(row):
    return [{"X": True, "0": False, "-": None}[mark] for mark in row.split()]


@pytest.mark.parametrize("current", [OK, ALARM, NO_DATA])
@pytest.mark.parametrize(("to_alarm", "row", "treatment", "expected"), CASES)
def test_the_documented_tables_hold_in_every_row(to_alarm, row, treatment, expected, current):
    state = next_state(
        points(row), periods=3, to_alarm=to_alarm, treatment=treatment, current=current
    )
    assert state == (current if expected == KEEP else expected)


@pytest.mark.parametrize("row", ["- - - - X", "- - - X -"])
def test_a_lone_breaching_point_that_is_too_young_raises_no_premature_alarm(row):
    assert next_state(points(row), periods=3, to_alarm=3, treatment="missing", current=OK) == OK
