"""The rehearsal's page, from a timeline as the driver records it."""

from typing import Any

import pytest

from rehearsal.page import render
from rehearsal.page.plots import champions, drift, evaluations, records, windows_of
from rehearsal.page.time_axis import TimeSpan, moment


def event(hour: int, actor: str, name: str, **detail: Any) -> dict[str, Any]:
    time = f"2013-07-{1 + hour // 24:02d}T{hour % 24:02d}:20:00Z"
    return {"time": time, "actor": actor, "event": name, "detail": detail}


TIMELINE = [
    event(0, "cdk", "deployed"),
    event(1, "release", "release.finished", outcome="promoted", version=1),
    event(2, "judge", "analysis.completed", verdict="stable", version=1),
    event(10, "judge", "analysis.completed", verdict="drifted", version=1, reasons=["temp moved"]),
    event(11, "cloudwatch", "alarm.changed", alarm="flights-drift", state="ALARM"),
    event(11, "gate", "gate.decided", decision="start", reason="drift"),
    event(12, "gate", "gate.decided", decision="refuse", reason="execution_in_progress"),
    event(14, "pipeline", "pipeline.finished", status="Succeeded"),
    event(14, "registry", "model.registered", version=2, approval="PendingManualApproval"),
    event(15, "owner", "model.approved", version=2),
    event(16, "release", "release.finished", outcome="promoted", version=2),
    event(17, "cloudwatch", "alarm.changed", alarm="flights-drift", state="OK"),
    event(18, "owner", "model.rejected", version=3),
    event(20, "release", "release.finished", outcome="rolled_back", version=3),
    event(22, "cdk", "redeployed", champion=2),
]
SPAN = TimeSpan.from_times([moment(item["time"]) for item in TIMELINE])


def test_every_event_of_the_vocabulary_is_told_in_a_sentence() -> None:
    html = render(TIMELINE)
    for sentence in (
        "The stacks are deployed.",
        "Window of version 1 judged: drifted.",
        "Alarm flights-drift is now ALARM.",
        "The gate starts a retraining: drift.",
        "The gate refuses to retrain: execution_in_progress.",
        "The pipeline has finished: Succeeded.",
        "Version 2 is registered: PendingManualApproval.",
        "Version 2 is approved.",
        "Version 3 is rejected.",
        "Version 2 is promoted: it is the champion.",
        "Version 3 is rolled back; the champion serves on.",
        "Redeployed; the champion is still version 2.",
    ):
        assert sentence in html


def test_reasons_stand_beside_the_verdict() -> None:
    assert "temp moved" in render(TIMELINE)


def test_an_unknown_event_is_shown_by_its_name_and_nothing_breaks() -> None:
    assert "coffee.served." in render([event(0, "cook", "coffee.served")])


def test_a_page_without_events_and_figures_is_a_page() -> None:
    assert render([]).lstrip().startswith("<!doctype html>")


def test_an_event_belongs_to_the_last_chapter_that_has_begun() -> None:
    chapters = [
        {"id": "a", "title": "Deploy", "start": "2013-07-01T00:00:00Z"},
        {"id": "c", "title": "Drift", "start": "2013-07-01T10:00:00Z"},
    ]
    html = render(TIMELINE, {"chapters": chapters})
    first, _, second = html.partition(">Drift<")
    assert "judged: stable" in first.partition("The story")[2]
    assert "judged: drifted" in second


def test_what_comes_from_the_timeline_is_escaped() -> None:
    bad = "<script>alert(1)</script>"
    html = render(
        [event(0, bad, bad, alarm=bad), event(1, bad, "alarm.changed", alarm=bad, state=bad)],
        {"model": bad, "chapters": [{"id": bad, "title": bad, "text": bad}]},
    )
    assert "<script" not in html


def test_an_alarm_is_a_band_from_its_rise_to_its_end() -> None:
    plot = drift(windows_of(TIMELINE), TIMELINE, SPAN)
    assert plot is not None
    (band,) = plot.bands
    # ALARM at hour 11, OK at 17, of a span of 22 hours
    assert (band.at, band.width) == pytest.approx((50.0, 600 / 22))


def test_an_alarm_that_still_stands_reaches_to_the_end() -> None:
    rising = [event(0, "cdk", "deployed"), *TIMELINE[3:5], event(20, "cdk", "redeployed")]
    plot = drift(
        windows_of(rising), rising, TimeSpan.from_times([moment(e["time"]) for e in rising])
    )
    assert plot is not None
    assert plot.bands[0].at + plot.bands[0].width == pytest.approx(100.0)


def test_only_promotions_make_a_champion() -> None:
    lane = champions(TIMELINE, SPAN)
    assert lane is not None
    assert [mark.title for mark in lane.marks] == ["version 1", "version 2"]
    assert lane.marks[0].at + lane.marks[0].width == pytest.approx(lane.marks[1].at)


def test_a_champion_that_was_deployed_and_never_released_shows_from_its_first_window() -> None:
    lane = champions(TIMELINE[2:], SPAN)
    assert lane is not None
    assert [mark.title for mark in lane.marks] == ["version 1", "version 2"]


def test_records_are_drawn_to_one_scale_with_what_was_rejected() -> None:
    windows = [
        {"start": TIMELINE[0]["time"], "used": 900, "rejected": 100},
        {"start": TIMELINE[2]["time"], "used": 500},
    ]
    lane = records(windows, SPAN)
    assert lane is not None
    assert [(mark.height, mark.width) for mark in lane.marks] == [(90.0, 10.0), (50.0, 0.0)]


def test_an_interval_above_zero_lies_to_the_right_of_the_line() -> None:
    (item,) = evaluations(
        [{"version": 2, "champion": 0.67, "challenger": 0.695, "low": 0.01, "high": 0.04}]
    )
    assert item.zero == pytest.approx(50.0)
    assert item.zero < item.low < item.middle < item.high


def test_a_window_leads_to_its_report() -> None:
    window = {"start": TIMELINE[2]["time"], "version": 1, "verdict": "stable", "report": "r/1.html"}
    assert render(TIMELINE, {"windows": [window]}).count('href="r/1.html"') == 2
