"""From data points to an alarm's state, as AWS documents it.

Source: Amazon CloudWatch User Guide, "Configuring how CloudWatch alarms treat missing data",
with its two tables and the section "Avoiding premature transitions to alarm state".
"""

from collections.abc import Sequence
from typing import Literal

Treatment = Literal["missing", "ignore", "breaching", "notBreaching"]
State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]

EXTRA_PERIODS = 2
"""The evaluation range is longer than the evaluation periods. AWS does not say by how much: its
tables show a range of 5 for 3 evaluation periods."""


def next_state(
    points: Sequence[bool | None],
    *,
    periods: int,
    to_alarm: int,
    treatment: Treatment,
    current: State,
) -> State:
    """The state of an "M of N" alarm.

    ``points``: the evaluation range, oldest first: True breaches, False does not, None is missing.
    ``periods`` is N (EvaluationPeriods), ``to_alarm`` is M (DatapointsToAlarm).
    """
    ages = [
        (age, point) for age, point in enumerate(reversed(points), start=1) if point is not None
    ]
    real = ages[:periods]
    breaching = sum(point for _, point in real)
    absent = periods - len(real)
    if breaching >= to_alarm:
        return "ALARM"
    if absent == 0:
        return "OK"
    if treatment == "breaching":
        return "ALARM" if breaching + absent >= to_alarm else "OK"
    if treatment == "notBreaching" or (real and breaching < len(real)):
        return "OK"
    if treatment == "ignore":
        return current
    if not real:
        return "INSUFFICIENT_DATA"
    # Only breaching points, fewer than M. The newest alone is premature: the next may be good.
    oldest = real[-1][0]
    return "ALARM" if oldest >= to_alarm else current
