"""Requests that were served and not captured, over the window that is analyzed."""

import pytest

from tests.lambdas.analysis import HOUR, analyze, count_invocations, metrics, series
from tests.lambdas.captures import records, write_capture


def test_requests_that_were_served_and_not_captured_are_loss(live):
    count_invocations((10, 59, 5000), (11, 0, 700), (11, 59, 500), (12, 0, 5000))
    write_capture(HOUR, records(HOUR))
    analyze(live)
    assert series("CaptureLossShare") == {"10T11": pytest.approx(0.75)}


def test_only_sampled_requests_are_expected(live, fleet_of):
    live._environ["FLEET_KEY"] = fleet_of(serving={"capture_sampling_percentage": 40})
    count_invocations((11, 30, 1000))
    write_capture(HOUR, records(HOUR))
    analyze(live)
    assert series("CaptureLossShare") == {"10T11": pytest.approx(0.25)}


def test_a_longer_window_is_compared_with_the_requests_of_its_own_hours(live, fleet_of):
    live._environ["FLEET_KEY"] = fleet_of(monitoring={"window_hours": 6})
    count_invocations((5, 30, 9000), (6, 30, 200), (11, 30, 100), (12, 30, 9000))
    write_capture("2026-03-10T06", records("2026-03-10T06", count=150))
    analyze(live, hour=6, hours=6)
    assert series("CaptureLossShare") == {"10T11": pytest.approx(0.5)}


def test_more_captured_than_counted_is_no_loss(live):
    count_invocations((11, 30, 100))
    write_capture(HOUR, records(HOUR))
    analyze(live)
    assert series("CaptureLossShare") == {"10T11": 0}


def test_an_endpoint_without_invocations_has_no_loss(live):
    analyze(live)
    assert "CaptureLossShare" not in metrics()


def test_capture_that_stopped_is_a_loss_of_all_requests(live):
    count_invocations((11, 30, 100))
    analyze(live)
    assert series("CaptureLossShare") == {"10T11": 1}
