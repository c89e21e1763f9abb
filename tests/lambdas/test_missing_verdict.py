"""A champion without a verdict for days: the metric, and one notification that names the cause."""

import boto3
import pytest
from botocore.exceptions import ClientError

from driftloop.contract.ledger_items import MissingVerdictItem, WindowCountItem
from driftloop.window import HOUR
from lambdas.aws.ledger import Put
from lambdas.start_analysis.handler import handle as start_analysis
from tests.lambdas.fakes import STATE_MACHINE, StateMachine
from tests.lambdas.items import champion_item, day_item, time, version_item, window_item
from tests.lambdas.releases import metric_values

DAYS = {"window_hours": 24, "max_days_without_verdict": 5}
"""Windows of a day, so that a test needs few of them."""


@pytest.fixture
def model(aws, ledger, fleet_of):
    """Version 1 was promoted on the first of March; its windows have 24 hours."""
    aws._clients["stepfunctions"] = StateMachine()
    aws._environ["ANALYSIS_STATE_MACHINE_ARN"] = STATE_MACHINE
    aws._environ["FLEET_KEY"] = fleet_of(monitoring=DAYS)
    promoted = time("2026-03-01T00:00:00Z")
    ledger.write(Put(champion_item(promoted_at=promoted)), Put(version_item(serving_from=promoted)))
    return aws


def check(aws, at):
    """What reconcile invokes each hour."""
    event = {"source": "driftloop.reconcile", "model": "late", "as_of": at}
    return start_analysis(event, None, aws)


def write_days(ledger, first, last, verdict="insufficient_data", records=0):
    """Windows that were planned and analyzed, with this verdict."""
    for day in range(first, last + 1):
        start = time(f"2026-03-{day:02d}T00:00:00Z")
        item = window_item(0, verdict, records=records)
        window = type(item.window)(start, start + 24 * HOUR)
        changes = {"window": window, "label": window.label}
        planned = WindowCountItem(label=window.label, window=window, planned={"0": "digest"})
        ledger.write(Put(type(item)(**{**_fields(item), **changes})), Put(planned))


def _fields(item):
    return {name: getattr(item, name) for name in item.__struct_fields__}


def days_since_verdict():
    return max(metric_values("DaysSinceVerdict"))


def test_a_verdict_of_yesterday_is_recent_enough(model, ledger, people):
    write_days(ledger, 1, 9, "stable", records=500)
    check(model, "2026-03-10T12:40:00Z")
    assert days_since_verdict() == pytest.approx(12.67 / 24, abs=0.001)
    assert people.subjects == []
    assert ledger.get(MissingVerdictItem) is None


@pytest.mark.parametrize("verdict", ["drifted", "invalid_data"])
def test_invalid_data_is_a_verdict_too(model, ledger, people, verdict):
    write_days(ledger, 1, 9, verdict, records=500)
    check(model, "2026-03-10T12:40:00Z")
    assert days_since_verdict() < 1


def test_too_few_records_are_named_with_their_number(model, ledger, people):
    write_days(ledger, 1, 2, "stable", records=500)
    write_days(ledger, 3, 9, records=6)
    check(model, "2026-03-10T00:40:00Z")
    assert days_since_verdict() == pytest.approx(7.03, abs=0.01)
    assert people.subjects == ["driftloop: late has had no verdict for 7 days"]
    message = people.messages[-1][1]
    assert "since 2026-03-03T00:00:00Z. Of 7 windows that were due, 7 were analyzed" in message
    assert "with 42 records together" in message
    assert "had too few records each" in message
    assert ledger.get(MissingVerdictItem).cause == "too_few_records"


def test_no_traffic_is_a_cause_of_its_own(model, ledger, people):
    write_days(ledger, 1, 9)
    check(model, "2026-03-10T00:40:00Z")
    assert ledger.get(MissingVerdictItem).cause == "no_traffic"
    assert "no request was captured" in people.messages[-1][1]


def test_windows_that_were_not_analyzed_are_failures(model, ledger, people):
    write_days(ledger, 1, 3, "stable", records=500)
    write_days(ledger, 4, 5, records=6)
    check(model, "2026-03-10T00:40:00Z")
    assert ledger.get(MissingVerdictItem).cause == "failures"
    assert "Of 6 windows that were due, 2 were analyzed" in people.messages[-1][1]
    assert "analysis-failed" in people.messages[-1][1]


def test_the_verdict_is_missing_though_no_missed_window_can_be_started(model, ledger, people):
    model.client("stepfunctions").throttled = True
    for hour in range(2):
        with pytest.raises(ClientError, match="Rate exceeded"):
            check(model, f"2026-03-10T{hour:02d}:40:00Z")
    assert days_since_verdict() == pytest.approx(9.07, abs=0.01)
    assert people.subjects == ["driftloop: late has had no verdict for 9 days"]
    assert ledger.get(MissingVerdictItem).cause == "failures"


def test_people_are_notified_once_until_there_is_a_verdict_again(model, ledger, people):
    write_days(ledger, 1, 9)
    for hour in range(3):
        check(model, f"2026-03-10T{hour:02d}:40:00Z")
    assert len(people.subjects) == 1
    write_days(ledger, 10, 10, "stable", records=500)
    check(model, "2026-03-11T00:40:00Z")
    write_days(ledger, 11, 16)
    check(model, "2026-03-17T00:40:00Z")
    check(model, "2026-03-17T01:40:00Z")
    assert people.subjects == [
        "driftloop: late has had no verdict for 9 days",
        "driftloop: late has had no verdict for 6 days",
    ]
    assert len(set(people.deduplication_ids)) == 2


def test_a_new_champion_counts_from_its_promotion(model, ledger, people):
    write_days(ledger, 1, 9)
    ledger.write(Put(champion_item(2, promoted_at=time("2026-03-09T12:00:00Z"))))
    check(model, "2026-03-10T12:40:00Z")
    assert days_since_verdict() == pytest.approx(1.03, abs=0.01)
    assert people.subjects == []


def test_the_verdict_on_a_day_counts(model, ledger, fleet_of, people):
    """The windows of an hour have too few records, and their day has enough."""
    model._environ["FLEET_KEY"] = fleet_of(monitoring={"max_days_without_verdict": 5})
    ledger.write(Put(day_item("2026-03-09T00:00:00Z", "stable")))
    check(model, "2026-03-10T12:40:00Z")
    assert days_since_verdict() < 1
    assert people.subjects == []


def test_without_a_limit_nobody_is_notified(model, ledger, fleet_of, people):
    model._environ["FLEET_KEY"] = fleet_of(
        monitoring={"window_hours": 24, "max_days_without_verdict": None}
    )
    write_days(ledger, 1, 9)
    check(model, "2026-03-10T00:40:00Z")
    assert days_since_verdict() > 8
    assert people.subjects == []


def test_nothing_is_measured_while_the_stack_is_not_deployed(model, ledger, people):
    write_days(ledger, 1, 9)
    ssm = boto3.client("ssm")
    names = [one["Name"] for one in ssm.describe_parameters()["Parameters"]]
    ssm.delete_parameters(Names=names)
    check(model, "2026-03-10T00:40:00Z")
    assert metric_values("DaysSinceVerdict") == []
    assert people.subjects == []
