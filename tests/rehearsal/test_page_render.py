"""The rehearsal's page, from a timeline as the scenario records it."""

from typing import Any

import pytest

from driftloop.window import parse_time
from rehearsal.page import render
from rehearsal.page.plots import (
    champion_lane,
    drift_plot,
    evaluation_intervals,
    record_bars,
    windows_from_timeline,
)
from rehearsal.page.time_axis import TimeSpan
from rehearsal.timeline_events import TimelineEvent


def event(hour: int, actor: str, name: str, **detail: Any) -> dict[str, Any]:
    time = f"2013-07-{1 + hour // 24:02d}T{hour % 24:02d}:20:00Z"
    return {"time": time, "actor": actor, "event": name, "detail": detail}


TIMELINE = [
    event(0, "person", TimelineEvent.DEPLOYED),
    event(1, "release", TimelineEvent.RELEASE_COMPLETED, outcome="promoted", version=1),
    event(2, "analysis", TimelineEvent.ANALYSIS_COMPLETED, verdict="stable", version=1),
    event(
        10,
        "analysis",
        TimelineEvent.ANALYSIS_COMPLETED,
        verdict="drifted",
        version=1,
        reasons=["temp moved"],
    ),
    event(11, "cloudwatch", TimelineEvent.ALARM_CHANGED, alarm="flights-drift", state="ALARM"),
    event(11, "gate", TimelineEvent.RETRAINING_DECIDED, decision="start", reason="drift"),
    event(12, "gate", TimelineEvent.RETRAINING_DECIDED, decision="refuse", reason="cooldown"),
    event(14, "pipeline", TimelineEvent.PIPELINE_ENDED, status="Succeeded"),
    event(
        14,
        "registry",
        TimelineEvent.MODEL_REGISTERED,
        version=2,
        model_approval_status="PendingManualApproval",
    ),
    event(15, "person", TimelineEvent.MODEL_APPROVED, version=2),
    event(16, "release", TimelineEvent.RELEASE_COMPLETED, outcome="promoted", version=2),
    event(17, "cloudwatch", TimelineEvent.ALARM_CHANGED, alarm="flights-drift", state="OK"),
    event(18, "person", TimelineEvent.MODEL_REJECTED, version=3),
    event(20, "release", TimelineEvent.RELEASE_COMPLETED, outcome="rolled_back", version=3),
    event(21, "release", TimelineEvent.RELEASE_COMPLETED, outcome="refused", version=4),
    event(
        22,
        "person",
        TimelineEvent.REDEPLOYED,
        deployment="cdk deploy",
        outcome="completed",
        champion_version=2,
    ),
    event(22, "person", TimelineEvent.DELETED, stacks=["driftloop-main-model-flights"]),
]
SPAN = TimeSpan.from_times([parse_time(item["time"]) for item in TIMELINE])


def test_the_page_says_how_many_calls_iam_authorized_and_denied() -> None:
    counts = {"authorized": 12345, "denied_unexpected": 0, "denied_expected": 6}
    html = render(TIMELINE, {"authorizations": counts})
    for text in ("calls authorized by IAM", "12,345", "0 denied, 6 on purpose"):
        assert text in html


def test_every_event_of_the_timeline_is_described_in_a_sentence() -> None:
    html = render(TIMELINE)
    for sentence in (
        "The stacks are deployed.",
        "The window of version 1 is analyzed. Verdict: drifted.",
        "The alarm flights-drift changes to ALARM.",
        "The gate starts a retraining. Reason: drift.",
        "The gate refuses a retraining. Reason: cooldown.",
        "The pipeline execution ends with status Succeeded.",
        "Version 2 is registered with approval status PendingManualApproval.",
        "A person approves version 2.",
        "A person rejects version 3.",
        "Version 2 is promoted. It is the champion.",
        "Version 3 is rolled back. The champion keeps serving.",
        "Version 4 is not released. The champion keeps serving.",
        "cdk deploy: completed. Version 2 is still the champion.",
        "The stack driftloop-main-model-flights is deleted.",
    ):
        assert sentence in html
    assert {item["event"] for item in TIMELINE} == set(TimelineEvent)


def test_reasons_are_shown_with_the_verdict() -> None:
    assert "temp moved" in render(TIMELINE)


def test_the_reason_of_a_refused_release_is_shown() -> None:
    refused = event(
        0, "release", TimelineEvent.RELEASE_COMPLETED, outcome="refused", version=4, reason="quota"
    )
    assert "quota" in render([refused])


def test_a_release_of_serving_settings_is_no_promotion() -> None:
    released = {"outcome": "promoted", "version": 1, "purpose": "serving_settings"}
    timeline = [TIMELINE[1], event(5, "release", TimelineEvent.RELEASE_COMPLETED, **released)]
    assert "Version 1 is deployed with the new serving settings." in render(timeline)
    assert [mark.title for mark in champion_lane(timeline, SPAN)] == ["version 1"]
    plot = drift_plot(windows_from_timeline(TIMELINE), timeline, SPAN)
    assert plot is not None
    assert [mark.title for mark in plot.releases] == ["v1"]


def test_the_plot_has_the_releases_that_reached_the_endpoint() -> None:
    plot = drift_plot(windows_from_timeline(TIMELINE), TIMELINE, SPAN)
    assert plot is not None
    assert [mark.title for mark in plot.releases] == ["v1", "v2", "v3"]


def test_a_window_of_a_day_has_its_date() -> None:
    hour = {"start": "2026-12-05T23:00:00Z", "end": "2026-12-06T00:00:00Z"}
    day = {"start": "2026-12-05T00:00:00Z", "end": "2026-12-06T00:00:00Z"}
    html = render(
        [event(0, "analysis", TimelineEvent.ANALYSIS_COMPLETED, window=w) for w in (hour, day)]
    )
    assert "The window from 23:00 to 00:00 is analyzed." in html
    assert "The window on 5 Dec is analyzed." in html


def test_an_unknown_event_is_described_by_its_name() -> None:
    assert "coffee.served." in render([event(0, "person", "coffee.served")])


def test_a_page_without_events_and_page_data_is_rendered() -> None:
    assert render([]).lstrip().startswith("<!doctype html>")


def test_an_event_is_in_the_last_chapter_that_has_begun() -> None:
    chapters = [
        {"id": "a", "title": "Deploy", "start": "2013-07-01T00:00:00Z"},
        {"id": "c", "title": "Drift", "start": "2013-07-01T10:00:00Z"},
    ]
    html = render(TIMELINE, {"chapters": chapters})
    first, _, second = html.partition(">Drift<")
    assert "Verdict: stable." in first.partition("What happened")[2]
    assert "Verdict: drifted." in second


def test_text_of_the_timeline_is_escaped() -> None:
    bad = "<script>alert(1)</script>"
    html = render(
        [
            event(0, bad, bad, alarm=bad),
            event(1, bad, TimelineEvent.ALARM_CHANGED, alarm=bad, state=bad),
        ],
        {"model": bad, "chapters": [{"id": bad, "title": bad, "text": bad}]},
    )
    assert "<script" not in html


def test_an_alarm_is_a_band_while_it_is_in_alarm() -> None:
    plot = drift_plot(windows_from_timeline(TIMELINE), TIMELINE, SPAN)
    assert plot is not None
    (band,) = plot.bands
    # ALARM at hour 11, OK at 17, of a span of 22 hours
    assert (band.position, band.width) == pytest.approx((50.0, 600 / 22))


def test_an_alarm_that_is_still_in_alarm_is_a_band_to_the_end() -> None:
    rising = [TIMELINE[0], *TIMELINE[3:5], TIMELINE[-1]]
    plot = drift_plot(
        windows_from_timeline(rising),
        rising,
        TimeSpan.from_times([parse_time(e["time"]) for e in rising]),
    )
    assert plot is not None
    assert plot.bands[0].position + plot.bands[0].width == pytest.approx(100.0)


def test_only_a_promotion_changes_the_champion() -> None:
    lane = champion_lane(TIMELINE, SPAN)
    assert [mark.title for mark in lane] == ["version 1", "version 2"]
    assert lane[0].position + lane[0].width == pytest.approx(lane[1].position)


def test_a_champion_without_a_release_is_shown_from_its_first_window() -> None:
    lane = champion_lane(TIMELINE[2:], SPAN)
    assert [mark.title for mark in lane] == ["version 1", "version 2"]


def test_records_and_rejected_lines_have_one_scale() -> None:
    windows = [
        {"start": TIMELINE[0]["time"], "records": 900, "lines_rejected": 100},
        {"start": TIMELINE[2]["time"], "records": 500},
    ]
    bars = record_bars(windows, SPAN)
    heights = [(bar.records_height, bar.rejected_height) for bar in bars]
    assert heights == [(90.0, 10.0), (50.0, 0.0)]


def test_an_interval_above_zero_is_right_of_the_zero_line() -> None:
    (item,) = evaluation_intervals(
        [
            {
                "version": 2,
                "champion": 0.67,
                "challenger": 0.695,
                "difference_low": 0.01,
                "difference_high": 0.04,
            }
        ]
    )
    assert item.zero == pytest.approx(50.0)
    assert item.zero < item.low < item.difference < item.high


def test_a_window_links_to_its_report() -> None:
    window = {"start": TIMELINE[2]["time"], "version": 1, "verdict": "stable", "report": "r/1.html"}
    assert render(TIMELINE, {"windows": [window]}).count('href="r/1.html"') == 2


def test_a_chapter_shows_what_was_expected_and_seen() -> None:
    html = render(
        TIMELINE,
        {
            "chapters": [{"id": "a", "title": "Deploy", "start": TIMELINE[0]["time"]}],
            "checks": [{"chapter": "a", "expected": "it works", "seen": "it does", "is_met": True}],
        },
    )
    assert "Expected: it works." in html
    assert "Seen: it does." in html
