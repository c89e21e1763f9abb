"""The tables are those of the CloudWatch User Guide, "Configuring how CloudWatch alarms treat
missing data": X is breaching, 0 is not, - is missing; the newest point is the last."""

import pytest

from rehearsal.cloudwatch.alarm_evaluation import next_state

TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
OK, ALARM, INSUFFICIENT_DATA, CURRENT = "OK", "ALARM", "INSUFFICIENT_DATA", "current"

THREE_OF_THREE = [
    ("0 - X - X", (OK, OK, OK, OK)),
    ("0 - - - -", (OK, OK, OK, OK)),
    ("- - - - -", (INSUFFICIENT_DATA, CURRENT, ALARM, OK)),
    ("0 X X - X", (ALARM, ALARM, ALARM, ALARM)),
    ("- - X - -", (ALARM, CURRENT, ALARM, OK)),
]
TWO_OF_THREE = [
    ("0 - X - X", (ALARM, ALARM, ALARM, ALARM)),
    ("0 0 X 0 X", (ALARM, ALARM, ALARM, ALARM)),
    ("0 - X - -", (OK, OK, ALARM, OK)),
    ("- - - - 0", (OK, OK, ALARM, OK)),
    ("- - - X -", (ALARM, CURRENT, ALARM, OK)),
]
CASES = [
    (to_alarm, row, treatment, state)
    for to_alarm, table in ((3, THREE_OF_THREE), (2, TWO_OF_THREE))
    for row, states in table
    for treatment, state in zip(TREATMENTS, states, strict=True)
]


def points(row):
    return [{"X": True, "0": False, "-": None}[mark] for mark in row.split()]


@pytest.mark.parametrize("current", [OK, ALARM, INSUFFICIENT_DATA])
@pytest.mark.parametrize(("to_alarm", "row", "treatment", "expected"), CASES)
def test_every_row_of_the_documented_tables_gives_its_state(
    to_alarm, row, treatment, expected, current
):
    state = next_state(
        points(row),
        evaluation_periods=3,
        datapoints_to_alarm=to_alarm,
        treat_missing_data=treatment,
        current=current,
    )
    assert state == (current if expected == CURRENT else expected)


@pytest.mark.parametrize("row", ["- - - - X", "- - - X -"])
def test_a_single_recent_breaching_point_does_not_change_the_alarm_prematurely(row):
    assert (
        next_state(
            points(row),
            evaluation_periods=3,
            datapoints_to_alarm=3,
            treat_missing_data="missing",
            current="OK",
        )
        == OK
    )
