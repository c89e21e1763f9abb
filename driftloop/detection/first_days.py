"""What today's checks against the training data find on a first live day of a version.

While a version has no days to compare with, a day is held against all of its training data. What no
population causes is broken data, and the day is not accepted. A change that a season may bring is
no reason against a day: other levels, numbers beyond the range of the training data (but not far
beyond it), and new categories.
"""

from collections.abc import Mapping

from driftloop.daily.broken_records import MIN_BROKEN_RECORDS
from driftloop.daily.history import DayRecord
from driftloop.detection.exclusions import clock_exclusions, excluded_features
from driftloop.detection.policy import DriftPolicy
from driftloop.profile import Baseline, Profile
from driftloop.profile.hourly.layout import PREDICTION
from driftloop.quality import QualityResult, check_constraints
from driftloop.quality.violations import Constraint

BROKEN: Mapping[Constraint, str] = {
    Constraint.DATA_TYPE: "missing",
    Constraint.COMPLETENESS: "missing",
    Constraint.MISSING_COLUMN: "missing",
    Constraint.SPELLING: "unseen",
}
"""The alarm of the daily rule that stands for a constraint which no season violates."""

FAR = "out_of_range"
"""The alarm that stands for numbers far outside of the training data."""


def check_first_day(
    baseline: Baseline, profile: Profile, end: int, policy: DriftPolicy
) -> DayRecord:
    """The record of a day that no days before it decide on.

    Args:
        baseline: The baseline, without training days.
        profile: The records of the day.
        end: Hour since 1970 (UTC) at which the day ends.
        policy: Has the limits, and the excluded features.
    """
    excluded = excluded_features(baseline, policy)
    clocks = clock_exclusions(baseline, profile, policy)
    found = check_constraints(baseline, profile, policy.quality, {**clocks, **excluded})
    alarms: dict[str, set[str]] = {}
    for one in found.violations:
        name = PREDICTION if one.column == "prediction" else one.column
        if name is None or one.constraint not in BROKEN or name in excluded:
            continue
        share = 1 - one.observed if one.constraint in _SHARES_OF_VALUES else one.observed
        if share * profile.records >= MIN_BROKEN_RECORDS:
            alarms.setdefault(name, set()).add(BROKEN[one.constraint])
    for name in found.invalid_columns:
        if name not in excluded and profile.records >= MIN_BROKEN_RECORDS:
            alarms.setdefault(name, {FAR})
    return DayRecord(
        end=end,
        records=profile.records,
        alarms={name: tuple(sorted(own)) for name, own in sorted(alarms.items())},
        invalid=_invalid(found),
    )


_SHARES_OF_VALUES = (Constraint.COMPLETENESS, Constraint.MISSING_COLUMN)
"""Constraints that observe the share of records that have a value."""


def _invalid(found: QualityResult) -> str | None:
    if found.invalid_lines is not None:
        return "unreadable lines"
    return None if found.repeated_records is None else "repeated records"
