"""A baseline's rhythm, from training data that says when its rows were."""

from collections.abc import Sequence
from typing import NamedTuple

from driftloop.calibration.dependence import with_fitted_seasonality
from driftloop.capture import RecordBatch
from driftloop.errors import InputError
from driftloop.judge import DriftPolicy
from driftloop.profile import Baseline
from driftloop.profile.rhythm import rhythm_of_batches


class Trained(NamedTuple):
    """The baseline, and in a sentence what its rows' times gave."""

    baseline: Baseline
    note: str


def with_training_seasonality(
    baseline: Baseline, batches: Sequence[RecordBatch], policy: DriftPolicy, window_hours: int
) -> Trained:
    """The baseline with the hours of its training data, replayed; without, where they are too few.

    ``batches`` are what the baseline was fitted on.
    """
    seasonality = rhythm_of_batches(baseline, batches)
    try:
        complete = with_fitted_seasonality(baseline, seasonality, policy, window_hours)
    except InputError as error:
        return Trained(baseline, f"the hours of the week are not compared: {error}")
    return Trained(
        complete,
        f"windows are compared with the same hours of {len(seasonality.weeks)} training weeks, and"
        " floors were set by replaying these; `driftloop calibrate` shows them",
    )
