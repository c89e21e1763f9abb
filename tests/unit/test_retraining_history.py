from datetime import UTC, datetime, timedelta

from driftloop.retraining.history import (
    PastWindow,
    consecutive_rejections,
    days_far_from_training,
    drifted_days,
    drifted_windows,
    invalid_window,
    is_schedule_due,
)
from driftloop.window import Window

T0 = datetime(2026, 3, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)


def hours(first, count=1):
    return Window(T0 + HOUR * first, T0 + HOUR * (first + count))


def past_window(hour, verdict, *, prediction=False):
    return PastWindow(1, hours(hour), verdict, prediction)


def test_the_newest_conclusive_window_decides_whether_data_is_invalid():
    windows = [past_window(1, "invalid_data"), past_window(2, "insufficient_data")]
    assert invalid_window(windows) == "20260310T01"
    assert invalid_window([*windows, past_window(3, "drifted")]) is None
    assert invalid_window([]) is None


def test_evidence_is_what_drifted_after_the_promotion():
    windows = [
        past_window(3, "drifted"),
        past_window(1, "drifted"),
        past_window(4, "stable"),
        past_window(5, "stable", prediction=True),
    ]
    assert drifted_windows(windows, T0 + 2 * HOUR) == ("20260310T03", "20260310T05")
    assert drifted_windows(windows, None) == ("20260310T01", "20260310T03", "20260310T05")


def test_rejections_before_the_last_promotion_do_not_count():
    times = [T0, T0 + HOUR, T0 + 2 * HOUR]
    assert consecutive_rejections(times, T0) == 2
    assert consecutive_rejections(times, None) == 3


def test_a_schedule_is_due_after_its_interval_since_the_last_start_and_promotion():
    day = timedelta(days=1)
    assert not is_schedule_due(T0, None, None, None)
    assert is_schedule_due(T0, 7, None, T0 - 7 * day)
    assert not is_schedule_due(T0, 7, T0 - 6 * day, T0 - 30 * day)


def test_days_far_from_training_are_those_at_the_threshold_after_the_promotion():
    days = [
        PastWindow(1, hours(0, 24), "stable", largest_drift_from_training=0.9),
        PastWindow(1, hours(24, 24), "invalid_data", largest_drift_from_training=0.5),
        PastWindow(1, hours(48, 24), "drifted", largest_drift_from_training=0.49),
    ]
    assert days_far_from_training(days, None, 0.5) == ("20260310", "20260311")
    assert days_far_from_training(days, T0 + 24 * HOUR, 0.5) == ("20260311",)
    assert days_far_from_training(days, None, None) == ()


def test_drifted_days_are_named_by_their_dates():
    days = [
        PastWindow(1, hours(0, 24), "drifted"),
        PastWindow(1, hours(24, 24), "stable", prediction_drifted=True),
        PastWindow(1, hours(48, 24), "stable"),
    ]
    assert drifted_days(days, None) == ("20260310", "20260311")
    assert drifted_days(days, T0 + 24 * HOUR) == ("20260311",)
