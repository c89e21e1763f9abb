"""A model's stack is deleted and deployed again: the days without an endpoint are no faults."""

import boto3
import msgspec
import pytest

from driftloop.contract.ledger_items import ChampionItem, VersionItem, WindowCountItem
from driftloop.window import HOUR, Window
from lambdas.aws.ledger import Put, Update
from lambdas.release.handler import handle
from lambdas.start_analysis.handler import handle as start_analysis
from tests.lambdas.fakes import STATE_MACHINE, StateMachine
from tests.lambdas.items import time, window_item
from tests.lambdas.releases import change_setting, metric_values, reconcile, statuses

CREATED = time("2026-03-01T00:00:00Z")
DELETED = time("2026-03-06T00:40:00Z")
CREATED_AGAIN = time("2026-03-26T08:00:00Z")


@pytest.fixture
def machine(serving, fleet_of):
    """Windows of a day, of which version 1 serves since the first of March."""
    found = serving._clients["stepfunctions"] = StateMachine()
    serving._environ["ANALYSIS_STATE_MACHINE_ARN"] = STATE_MACHINE
    serving._environ["FLEET_KEY"] = fleet_of(
        monitoring={"window_hours": 24, "max_days_without_verdict": 5}
    )
    return found


def analyzed(ledger, *days):
    for day in days:
        start = time(f"2026-03-{day:02d}T00:00:00Z")
        window = Window(start, start + 24 * HOUR)
        item = msgspec.structs.replace(
            window_item(0, "stable", records=500), window=window, label=window.label
        )
        count = WindowCountItem(label=window.label, window=window, planned={"0": "digest"})
        ledger.write(Put(item), Put(count))


def delete_stack(sagemaker):
    sagemaker.endpoint = None
    boto3.client("ssm").delete_parameter(Name="/driftloop/test/late/serving")


def deploy(sagemaker, version=1):
    """The endpoint has the name, and its endpoint config the name, of those before."""
    change_setting()
    sagemaker.clock = CREATED_AGAIN
    sagemaker.serve(version)


def check_windows(aws, at):
    event = {"source": "driftloop.reconcile", "model": "late", "as_of": at}
    return start_analysis(event, None, aws)


def periods(ledger, version=1):
    return ledger.get(VersionItem, version).serving_periods


def test_twenty_days_without_a_stack_are_neither_missed_nor_days_without_a_verdict(
    serving, machine, sagemaker, ledger, people
):
    analyzed(ledger, 1, 2, 3, 4, 5)
    delete_stack(sagemaker)
    reconcile(serving, "2026-03-06T00:40:00Z")
    deploy(sagemaker)
    reconcile(serving, "2026-03-26T08:40:00Z")
    people.messages.clear()
    outcome = check_windows(serving, "2026-03-26T08:40:00Z")
    assert outcome["started"] == []
    # The endpoint served for 40 minutes of the day, which is too old to be analyzed by now.
    assert outcome["given_up"] == ["20260306T00"]
    assert max(metric_values("DaysSinceVerdict")) == pytest.approx(40 / 60 / 24)
    assert [subject for subject in people.subjects if "no verdict" in subject] == []
    assert periods(ledger) == ((CREATED, DELETED), (CREATED_AGAIN, None))


def test_a_model_without_a_verdict_is_noticed_on_its_new_endpoint_too(
    serving, machine, sagemaker, ledger, people
):
    analyzed(ledger, 1, 2, 3, 4, 5)
    delete_stack(sagemaker)
    reconcile(serving, "2026-03-06T00:40:00Z")
    deploy(sagemaker)
    reconcile(serving, "2026-03-26T08:40:00Z")
    check_windows(serving, "2026-03-31T08:40:00Z")
    assert max(metric_values("DaysSinceVerdict")) == pytest.approx(5 + 40 / 60 / 24)
    assert people.subjects[-1] == "driftloop: late has had no verdict for 5 days"


def test_nothing_is_measured_while_there_is_no_endpoint(
    serving, machine, sagemaker, ledger, people
):
    """The endpoint alone was deleted: people are notified of that."""
    analyzed(ledger, 1, 2, 3, 4, 5)
    sagemaker.endpoint = None
    reconcile(serving, "2026-03-06T00:40:00Z")
    analyzed(ledger, 6)
    people.messages.clear()
    for day in (12, 20):
        assert check_windows(serving, f"2026-03-{day}T00:40:00Z") == {"started": [], "given_up": []}
    assert metric_values("DaysSinceVerdict") == []
    assert people.subjects == []


def test_an_endpoint_that_was_not_missed_in_time_ends_the_period_when_it_is_created_again(
    serving, sagemaker, ledger
):
    deploy(sagemaker)
    for minute in (20, 40):
        reconcile(serving, f"2026-03-26T08:{minute}:00Z")
    assert periods(ledger) == ((CREATED, CREATED_AGAIN), (CREATED_AGAIN, None))
    champion = ledger.get(ChampionItem)
    assert (champion.promoted_at, champion.endpoint_created_at) == (CREATED, CREATED_AGAIN)
    assert champion.adopted_at == time("2026-03-26T08:20:00Z")


def test_the_end_is_recorded_once_and_by_the_clock_of_the_answer(serving, sagemaker, ledger, event):
    """An event of hours before finds no endpoint: it may have served until now."""
    delete_stack(sagemaker)
    sagemaker.response_date = DELETED
    handle(event("endpoint", time="2026-03-05T18:00:00Z"), None, serving)
    sagemaker.response_date = None
    for hour in (1, 2):
        reconcile(serving, f"2026-03-06T{hour:02d}:40:00Z")
    assert periods(ledger) == ((CREATED, DELETED),)
    assert ledger.get(ChampionItem).endpoint_missing_since == DELETED


def test_an_endpoint_that_was_not_found_for_a_moment_serves_on(serving, sagemaker, ledger):
    endpoint = sagemaker.endpoint
    before = ledger.get(ChampionItem), ledger.get(VersionItem, 1)
    sagemaker.endpoint = None
    reconcile(serving, "2026-03-06T00:40:00Z")
    assert periods(ledger) == ((CREATED, DELETED),)
    sagemaker.endpoint = endpoint
    reconcile(serving, "2026-03-06T01:40:00Z")
    assert (ledger.get(ChampionItem), ledger.get(VersionItem, 1)) == before


def test_a_rejected_champion_ends_with_its_endpoint_and_remains_rejected(
    serving, sagemaker, ledger
):
    ledger.write(Update(VersionItem, (1,), {"status": "rejected"}))
    sagemaker.endpoint = None
    reconcile(serving, "2026-03-06T00:40:00Z")
    assert periods(ledger) == ((CREATED, DELETED),)
    deploy(sagemaker)
    reconcile(serving, "2026-03-26T08:40:00Z")
    assert periods(ledger) == ((CREATED, DELETED), (CREATED_AGAIN, None))
    assert statuses(ledger) == {1: "rejected"}


def test_a_champion_ends_with_its_endpoint_if_another_version_is_created_with_the_new_one(
    serving, sagemaker, ledger
):
    delete_stack(sagemaker)
    reconcile(serving, "2026-03-06T00:40:00Z")
    sagemaker.register(2, "Approved")
    deploy(sagemaker, version=2)
    reconcile(serving, "2026-03-26T08:40:00Z")
    assert (periods(ledger), periods(ledger, 2)) == (
        ((CREATED, DELETED),),
        ((CREATED_AGAIN, None),),
    )


def test_a_release_is_no_new_endpoint(serving, approve, end, sagemaker, ledger):
    """An event that arrives late has a time before the creation of the endpoint that it meets."""
    approve(2, time="2026-02-20T14:00:00Z")
    end(promoted=True, time="2026-02-20T14:30:00Z")
    reconcile(serving, "2026-03-10T16:40:00Z")
    champion = ledger.get(ChampionItem)
    assert (champion.version, champion.endpoint_created_at) == (2, CREATED)
    assert champion.adopted_at is None
