"""The smallest changes that the daily rule finds, for a baseline and a policy."""

from driftloop.daily.day import DAY_HOURS
from driftloop.daily.reference import TrainingDays
from driftloop.daily.sensitivity import ColumnSensitivity, Limits, assess_sensitivity
from driftloop.daily.stored import training_days
from driftloop.detection.exclusions import excluded_features
from driftloop.detection.policy import DriftPolicy
from driftloop.profile import Baseline


def daily_sensitivity(
    baseline: Baseline,
    policy: DriftPolicy,
    window_hours: int = DAY_HOURS,
    limits: Limits | None = None,
    training: TrainingDays | None = None,
) -> tuple[ColumnSensitivity, ...]:
    """The smallest changes that are found, by column; none for a baseline without days.

    Args:
        baseline: Has the training days.
        policy: Has the excluded features and the required sensitivity.
        window_hours: Length of a window. The days that end with a window share the budget of false
            alarms with those of the day's other windows.
        limits: Those of a day; without them those that follow from the training days.
        training: The first live days, where they take the place of training days.
    """
    training = training or training_days(baseline)
    if training is None:
        return ()
    return assess_sensitivity(
        training,
        excluded_features(baseline, policy),
        required=policy.required_sensitivity,
        limits=limits,
        looks_per_day=max(1, DAY_HOURS // window_hours),
    )
