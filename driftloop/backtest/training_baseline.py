"""The baseline of training data with all that their times show: the one way to make it."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from driftloop.backtest.adjustment_fit import TrainedBaseline, with_training_seasonality
from driftloop.backtest.outlying_times import without_outlying_times
from driftloop.capture import RecordBatch
from driftloop.daily.first_days import FIRST_DAYS
from driftloop.daily.stored import training_days, with_training_days
from driftloop.daily.training import MIN_TRAINING_DAYS
from driftloop.detection import DriftPolicy
from driftloop.profile import fit_baseline
from driftloop.profile.date_parts import DAY_SECONDS
from driftloop.profile.hourly.fit import MIN_SPAN_DAYS
from driftloop.window import format_time


def fit_training_baseline(
    batches: Sequence[RecordBatch],
    policy: DriftPolicy,
    window_hours: int,
    *,
    time_zone: str = "UTC",
) -> TrainedBaseline:
    """Fit a baseline with the hours of the week and the days of its training data.

    Args:
        batches: The training data, each batch in its own order of time. Rows without a time are in
            the baseline, and in no hour or day. Predictions are expected only of batches that have
            them.
        policy: Settings of the rule that is replayed over the training weeks.
        window_hours: Length of the windows to replay.
        time_zone: IANA time zone of the requests' clock.

    Raises:
        InputError: There are no rows.
    """
    batches, outlying = without_outlying_times(batches)
    baseline = fit_baseline(batches, time_zone=time_zone, count_hours=True)
    trained = with_training_seasonality(baseline, batches, policy, window_hours)
    baseline = with_training_days(trained.baseline, batches)
    training = training_days(baseline)
    if training is None:
        note = _no_daily_rule(batches) + trained.note
    else:
        days = len(training.records)
        note = (
            "days are compared with the accepted days before them, at first with"
            f" {days} training days; windows that are analyzed by themselves: {trained.note}"
        )
    return TrainedBaseline(baseline, _outlying_note(outlying) + note)


def _no_daily_rule(batches: Sequence[RecordBatch]) -> str:
    """Why days are not compared with the days before them from the first one on."""
    times = np.concatenate([batch.times for batch in batches])
    times = times[np.isfinite(times)]
    if not len(times):
        return (
            "the training data has no times: windows are compared with all of it until"
            f" {FIRST_DAYS} live days are accepted, and days with these from then on; "
        )
    days = len(np.unique(np.floor(times / DAY_SECONDS)))
    return (
        f"days are not compared with the days before them: the training data has {days} days with"
        f" records over {np.ptp(times) / DAY_SECONDS:.0f} days, and {MIN_TRAINING_DAYS} are needed"
        f" over at least {MIN_SPAN_DAYS}. Once {FIRST_DAYS} live days are accepted, days are"
        " compared with these; "
    )


def _outlying_note(outlying: Sequence[float]) -> str:
    """Which rows count as rows without a time; empty without any."""
    if not outlying:
        return ""
    first = format_time(datetime.fromtimestamp(outlying[0], UTC).replace(microsecond=0))
    return (
        f"rows whose time is far from all others count as rows without a time: {len(outlying):,}"
        f" (the first: {first}); "
    )
