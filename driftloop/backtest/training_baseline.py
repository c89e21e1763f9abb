"""The baseline of training data with all that their times show: the one way to make it."""

from collections.abc import Sequence

from driftloop.backtest.adjustment_fit import TrainedBaseline, with_training_seasonality
from driftloop.capture import RecordBatch
from driftloop.daily.stored import training_days, with_training_days
from driftloop.detection import DriftPolicy
from driftloop.profile import fit_baseline


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
    baseline = fit_baseline(batches, time_zone=time_zone)
    trained = with_training_seasonality(baseline, batches, policy, window_hours)
    baseline = with_training_days(trained.baseline, batches)
    training = training_days(baseline)
    if training is None:
        return trained
    days = len(training.records)
    note = (
        f"days are compared with the accepted days before them, at first with {days} training days;"
        f" windows that are analyzed by themselves: {trained.note}"
    )
    return TrainedBaseline(baseline, note)
