"""What the drift alarms evaluate: the same feature in M of the last N analyzed windows."""

import pytest

from driftloop.contract.ledger_items import ChampionItem
from lambdas.aws.ledger import Put, Update
from tests.lambdas.analysis import analyze, metrics, series
from tests.lambdas.captures import records, write_baseline, write_capture
from tests.lambdas.items import day_item, time, version_item, window_item

CARRIERS = ["UA"]


def serve(hour, **how):
    name = f"2026-03-10T{hour:02d}"
    write_capture(name, records(name, seed=hour, **how))


def analyze_hour(aws, hour, **how):
    serve(hour, **how)
    analyze(aws, hour=hour)


def test_the_same_feature_in_two_of_three_windows_is_persistent_and_in_one_is_not(live, bus):
    analyze_hour(live, 10, shift=15.0)
    analyze_hour(live, 11)
    analyze_hour(live, 12, shift=15.0)
    analyze_hour(live, 13)
    analyze_hour(live, 14)

    assert series("DriftDetected") == {"10T10": 1, "10T11": 0, "10T12": 1, "10T13": 0, "10T14": 0}
    persistent = {"10T10": 0, "10T11": 0, "10T12": 1, "10T13": 0, "10T14": 0}
    assert series("PersistentDrift") == persistent
    published = [detail["persistent_columns"] for detail in bus.details("Analysis Completed")]
    assert published == [[], [], ["temp"], [], []]


def test_two_drifted_windows_of_different_features_are_not_persistent(live):
    analyze_hour(live, 10, shift=15.0)
    analyze_hour(live, 11, categories=CARRIERS)
    assert series("DriftDetected") == {"10T10": 1, "10T11": 1}
    assert series("PersistentDrift") == {"10T10": 0, "10T11": 0}


def test_a_window_without_a_conclusive_verdict_publishes_no_persistent_drift(live):
    analyze_hour(live, 10, shift=15.0)
    analyze_hour(live, 11, count=20)
    analyze_hour(live, 12, shift=15.0)
    assert series("PersistentDrift") == {"10T10": 0, "10T12": 1}


def test_persistent_drift_of_predictions_is_separate_from_that_of_features(live):
    for hour in (10, 11):
        analyze_hour(live, hour, distort=lambda uniform: uniform**3)
    assert series("PersistentPredictionDrift") == {"10T10": 0, "10T11": 1}
    assert series("PersistentDrift") == {"10T10": 0, "10T11": 0}


def test_windows_analyzed_out_of_order_are_persistent_as_of_the_newest(live):
    for hour in (10, 11, 12):
        serve(hour, shift=15.0 if hour > 10 else 0.0)
    for hour in (10, 12, 11):
        analyze(live, hour=hour)
    assert series("PersistentDrift") == {"10T10": 0, "10T12": 1}


def test_drift_before_windows_that_are_not_analyzed_yet_is_no_evidence_for_the_newest(live, bus):
    """A backfill analyzes windows in any order: four of them are missing for a while."""
    for hour in (10, 11):
        analyze_hour(live, hour, shift=15.0)
    analyze_hour(live, 16)
    assert series("PersistentDrift") == {"10T10": 0, "10T11": 1, "10T16": 0}
    assert bus.details("Analysis Completed")[-1]["persistent_columns"] == []


def test_a_few_windows_whose_analysis_failed_do_not_end_persistent_drift(live):
    for hour in (10, 11):
        analyze_hour(live, hour, shift=15.0)
    analyze_hour(live, 15)
    assert series("PersistentDrift") == {"10T10": 0, "10T11": 1, "10T15": 1}


def test_a_drifted_day_counts_for_the_windows_of_the_next_seven_days(live, ledger):
    ledger.write(Put(day_item("2026-03-10T00:00:00Z", "drifted", drifted_features=("temp",))))
    for day in (12, 25):
        name = f"2026-03-{day}T10"
        write_capture(name, records(name, seed=day))
        analyze(live, hour=10, day=day)
    assert series("PersistentDrift") == {"12T10": 1, "25T10": 0}


def test_a_new_revision_that_finds_drift_is_persistent_with_the_newest_window(live):
    analyze_hour(live, 10)
    analyze_hour(live, 11, shift=15.0)
    name = "2026-03-10T10"
    write_capture(name, records(name, count=900, seed=3, shift=30.0), name="50-00-000-late.jsonl")
    analyze(live, hour=10, revision=1)
    assert series("PersistentDrift") == {"10T10": 0, "10T11": 1}


def test_windows_from_before_a_version_became_champion_are_no_evidence(live, ledger):
    analyze_hour(live, 10, shift=15.0)
    ledger.write(Update(ChampionItem, (), {"promoted_at": "2026-03-10T11:00:00Z"}))
    analyze_hour(live, 11, shift=15.0)
    assert series("PersistentDrift") == {"10T10": 0, "10T11": 0}


def test_a_correlation_that_drifted_twice_is_persistent_under_its_pairs_name(live, ledger, bus):
    for hour in (10, 11):
        ledger.write(Put(window_item(hour, "drifted", drifted_pair=("dewp", "temp"))))
    analyze_hour(live, 12)
    assert series("PersistentDrift") == {"10T12": 1}
    [detail] = bus.details("Analysis Completed")
    assert detail["persistent_columns"] == ["(association of dewp and temp)"]


def test_persistent_drift_of_a_canary_is_in_its_event_and_raises_no_alarm(live, ledger, bus):
    since = time("2026-03-10T09:30:00Z")
    ledger.write(
        Put(version_item(2, "deploying", baseline_uri=write_baseline(2), serving_from=since))
    )
    for hour in (10, 11):
        name = f"2026-03-10T{hour:02d}"
        serve(hour)
        write_capture(name, records(name, shift=15.0, seed=hour), version=2)
        analyze(live, hour=hour)
    published = {
        (d["version"], d["window"]["start"][11:13]): d for d in bus.details("Analysis Completed")
    }
    assert published[2, "11"]["persistent_columns"] == ["temp"]
    assert published[1, "11"]["persistent_columns"] == []
    assert series("PersistentDrift") == {"10T10": 0, "10T11": 0}


@pytest.mark.parametrize("metric", ["PersistentDrift", "DriftDetected", "RequestsCaptured"])
def test_an_analysis_delivered_twice_publishes_each_metric_once(live, metric):
    analyze_hour(live, 10, shift=15.0)
    analyze(live, hour=10)
    assert series(metric, "SampleCount") == {"10T10": 1}
    assert metrics("SampleCount")["Heartbeat"][0][0] == 1
