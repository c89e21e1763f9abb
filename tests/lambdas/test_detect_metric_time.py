"""When a window's metrics are dated: early enough that CloudWatch shows them to alarms at once."""

from datetime import UTC, date, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftloop.config.sections import MonitoringSettings
from driftloop.window import Window
from lambdas.detect.publish import metric_time

LENGTHS = get_args(MonitoringSettings.model_fields["window_hours"].annotation)
AT_ONCE = timedelta(hours=3)
"""Age up to which a data point is available without delay. Source: CloudWatch API reference,
PutMetricData."""
ANALYSIS_DELAY = timedelta(minutes=20)
"""The schedule of an analysis runs at minute 20."""
SPREAD = timedelta(minutes=15)
"""EventBridge invokes its target up to 15 minutes later, if there are several models."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def test_a_day_is_an_allowed_length():
    assert {1, 24} <= set(LENGTHS)


@pytest.mark.parametrize("hours", LENGTHS)
@given(day=st.dates(date(2026, 1, 1), date(2030, 1, 1)), number=st.integers(min_value=0))
def test_metrics_are_dated_within_their_window_and_published_while_available_at_once(
    hours, day, number
):
    end = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(
        hours=hours * (number % (24 // hours))
    )
    scheduled = end + ANALYSIS_DELAY
    window = Window.analyzed_at(scheduled, hours=hours)
    assert window.end == end
    dated = metric_time(window)
    assert window.start <= dated < window.end
    # a retried analysis is published up to two hours later
    assert scheduled + SPREAD + timedelta(hours=2) - dated < AT_ONCE
    # periods of an alarm are aligned to the epoch: the one of this point is the window
    period = timedelta(hours=hours)
    assert EPOCH + (dated - EPOCH) // period * period == window.start
