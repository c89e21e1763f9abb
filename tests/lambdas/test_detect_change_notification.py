"""The notification of a change that begins: what changed, by how much, since when, what to do."""

import pytest

from lambdas.aws.ledger import Put
from lambdas.detect.handler import handle as detect
from lambdas.plan.handler import handle as plan
from lambdas.profile.handler import handle as profile
from tests.lambdas.analysis import analyze, manifest, report, work
from tests.lambdas.captures import records, write_capture
from tests.lambdas.items import champion_item, time

SUBJECT = "driftloop: drift of late: temp"


def analyze_hour(aws, hour, change=None, **how):
    name = f"2026-03-10T{hour:02d}"
    lines = records(name, seed=hour, **how)
    for line in lines:
        if change is not None:
            payload = line["captureData"]["endpointInput"]
            payload["data"] = change(payload["data"])
    write_capture(name, lines)
    analyze(aws, hour=hour)


def without_temp(row):
    return "," + row.split(",", 1)[1]


def test_drift_is_notified_when_it_becomes_persistent_and_not_again(live, people):
    analyze_hour(live, 10)
    assert people.messages == []
    analyze_hour(live, 11, shift=15.0)
    assert people.messages == []
    for hour in (12, 13, 14):
        analyze_hour(live, hour, shift=15.0)
    ((subject, text),) = people.messages
    assert subject == SUBJECT
    what, why, steps, _ = text.split("\n\n", 3)
    assert what.startswith("What happened: Drifted: temp (median ")
    assert "The drift began in the window from Tue 10 Mar 2026, 11:00 UTC" in what
    assert "the model is late, version 1" in what
    assert why.startswith("Why: temp: median ")
    assert "since Tue 10 Mar 2026, 11:00 UTC" in why
    assert steps == "What to do next: "
    assert "- temp drifted in 2 of the last 3 analyzed windows: the alarm changes to ALARM." in text


def test_a_rerun_of_the_window_sends_the_same_deduplication_id(live, people):
    for hour in (11, 12):
        analyze_hour(live, hour, shift=15.0)
    analyze(live, hour=12)
    assert len({*people.deduplication_ids}) == len({*people.subjects}) == 1


def test_invalid_data_is_notified_at_its_beginning_with_a_link_to_the_report(live, people):
    analyze_hour(live, 10)
    for hour in (11, 12):
        analyze_hour(live, hour, change=without_temp)
    analyze_hour(live, 13)
    analyze_hour(live, 14, change=without_temp)
    assert people.subjects == ["driftloop: invalid data of late: temp"] * 2
    text = people.messages[0][1]
    assert "What happened: The data of this window is invalid: temp: 100% of the values" in text
    assert "/s3/object/" in text
    assert "&prefix=reports/late/v1/" in text
    assert "aws s3 cp s3://" in text


def test_invalid_data_continues_after_windows_with_too_few_records(live, people):
    analyze_hour(live, 10, change=without_temp)
    for hour in (11, 12):
        analyze_hour(live, hour, count=20)
    analyze_hour(live, 13, change=without_temp)
    assert report(hour=12).verdict == "insufficient_data"
    assert report(hour=13).verdict == "invalid_data"
    assert people.subjects == ["driftloop: invalid data of late: temp"]


def test_a_window_under_observation_has_one_notification(live, ledger, people):
    since = time("2026-03-10T10:05:00Z")
    ledger.write(Put(champion_item(promoted_at=since, under_observation=True)))
    analyze_hour(live, 11, change=without_temp)
    assert people.subjects == ["driftloop: version 1 of late under observation: invalid_data"]


@pytest.mark.parametrize("verdict", ["stable", "insufficient_data"])
def test_a_window_without_a_finding_begins_nothing(live, people, verdict):
    analyze_hour(live, 11, count=20 if verdict == "insufficient_data" else 200)
    assert people.messages == []


def test_a_month_that_is_analyzed_at_once_notifies_nobody_of_its_past(live, people):
    for hour in (11, 12):
        name = f"2026-03-10T{hour}"
        write_capture(name, records(name, seed=hour, shift=15.0))
        run = work(hour=hour)
        planned = plan(run, None, live)
        for item in manifest(planned):
            profile(item, None, live)
        started_at = "2026-03-12T00:00:00.123Z"
        detect({"input": run, "plan": planned, "started_at": started_at}, None, live)
    assert report(hour=12).verdict == "drifted"
    assert people.messages == []
