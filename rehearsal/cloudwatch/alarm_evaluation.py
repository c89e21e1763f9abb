"""The state of an alarm from its data points, as AWS documents it.

Source: Amazon CloudWatch User Guide, "Configuring how CloudWatch alarms treat missing data",
with its two tables and the section "Avoiding premature transitions to alarm state".
"""

from collections.abc import Sequence
from typing import Literal

MissingDataTreatment = Literal["missing", "ignore", "breaching", "notBreaching"]
AlarmStateValue = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]

EXTRA_PERIODS = 2
"""Periods of the evaluation range beyond EvaluationPeriods. AWS does not document the number; its
tables show a range of 5 for 3 evaluation periods."""


def next_state(
    points: Sequence[bool | None],
    *,
    evaluation_periods: int,
    datapoints_to_alarm: int,
    treat_missing_data: MissingDataTreatment,
    current: AlarmStateValue,
) -> AlarmStateValue:
    """Return the state of an "M of N" alarm.

    ``points`` is the evaluation range, oldest first: True is breaching, False is not, None is
    missing. N is ``evaluation_periods``, M is ``datapoints_to_alarm``.
    """
    ages = [
        (age, point) for age, point in enumerate(reversed(points), start=1) if point is not None
    ]
    present = ages[:evaluation_periods]
    breaching = sum(point for _, point in present)
    missing = evaluation_periods - len(present)
    if breaching >= datapoints_to_alarm:
        return "ALARM"
    if missing == 0:
        return "OK"
    if treat_missing_data == "breaching":
        return "ALARM" if breaching + missing >= datapoints_to_alarm else "OK"
    if treat_missing_data == "notBreaching" or (present and breaching < len(present)):
        return "OK"
    if treat_missing_data == "ignore":
        return current
    if not present:
        return "INSUFFICIENT_DATA"
    # Only breaching points, fewer than M. An alarm on the newest alone would be premature.
    oldest = present[-1][0]
    return "ALARM" if oldest >= datapoints_to_alarm else current
