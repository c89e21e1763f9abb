import boto3
import pytest

from driftloop.contract.ledger_items import AnalysisProgressItem, WindowCountItem
from driftloop.window import HOUR, Window
from lambdas.aws.ledger import Put
from lambdas.notify_failure.handler import handle as notify_failure
from lambdas.reconcile.handler import handle as reconcile
from lambdas.start_analysis.handler import handle as start_analysis
from tests.lambdas.fakes import STATE_MACHINE, Functions, StateMachine
from tests.lambdas.items import day_item, time


@pytest.fixture
def machine(aws):
    machine = StateMachine()
    aws._clients["stepfunctions"] = machine
    aws._environ["ANALYSIS_STATE_MACHINE_ARN"] = STATE_MACHINE
    return machine


def test_a_schedule_starts_the_analysis_of_the_last_complete_window(aws, machine):
    start_analysis({"model": "late", "scheduled_time": "2026-03-10T12:20:00Z"}, None, aws)
    assert machine.started == {
        "late-20260310T11-r0": {
            "model": "late",
            "window": {"start": "2026-03-10T11:00:00Z", "end": "2026-03-10T12:00:00Z"},
            "revision": 0,
            "as_of": "2026-03-10T12:20:00Z",
        }
    }


def test_a_schedule_delivered_twice_starts_one_execution(aws, machine):
    schedule = {"model": "late", "scheduled_time": "2026-03-10T12:20:00Z"}
    answers = [start_analysis(schedule, None, aws) for _ in range(2)]
    machine.end("late-20260310T11-r0", "SUCCEEDED", at="2026-03-10T12:25:00Z")
    answers.append(start_analysis(schedule, None, aws))
    assert [answer["started"] for answer in answers] == [True, True, False]
    assert len(machine.started) == 1


def test_a_new_revision_is_another_execution(aws, machine):
    schedule = {"model": "late", "scheduled_time": "2026-03-10T12:20:00Z"}
    start_analysis(schedule, None, aws)
    start_analysis({**schedule, "revision": 1}, None, aws)
    assert sorted(machine.started) == ["late-20260310T11-r0", "late-20260310T11-r1"]


def test_a_missed_window_is_started_and_one_whose_executions_failed_is_given_up(
    live, machine, ledger, people
):
    known = AnalysisProgressItem(checked_until=time("2026-03-10T10:00:00Z"))
    starts = [known.checked_until - HOUR * n for n in range(1, 49)]
    windows = [Window(start, start + HOUR) for start in starts]
    counts = [WindowCountItem(label=one.label, window=one, planned={"0": "d"}) for one in windows]
    verdict = day_item("2026-03-09T00:00:00Z", "stable")
    ledger.write(Put(known), Put(verdict), *map(Put, counts))
    for revision in range(3):
        name = f"late-20260310T10-r{revision}"
        machine.started[name] = {}
        machine.end(name, "FAILED", at="2026-03-09T12:00:00Z")
    check = {"source": "driftloop.reconcile", "model": "late", "as_of": "2026-03-10T12:40:00Z"}
    assert start_analysis(check, None, live) == {
        "started": ["20260310T11"],
        "given_up": ["20260310T10"],
    }
    [(_, body)] = people.messages
    assert "2026-03-10T10:00:00Z to 2026-03-10T11:00:00Z" in body


def test_the_schedule_of_a_removed_model_starts_nothing_and_says_once_what_to_delete(
    aws, machine, caplog
):
    schedule = {"model": "former_one", "scheduled_time": "2026-03-10T12:20:00Z"}
    assert start_analysis(schedule, None, aws) == {"execution": None, "started": False}
    assert machine.started == {}
    [message] = caplog.messages
    assert "no model 'former_one'; it has late" in message
    command = "aws cloudformation delete-stack --stack-name driftloop-test-model-former-one"
    assert command in message


def test_a_failed_analysis_publishes_its_metric_and_notifies_of_the_cause(aws, people):
    window = {"start": "2026-03-10T11:00:00Z", "end": "2026-03-10T12:00:00Z"}
    failed = {
        "input": {
            "model": "late",
            "window": window,
            "revision": 0,
            "as_of": "2026-03-10T12:20:00Z",
        },
        "error": {"Error": "IncompleteError", "Cause": "batch 0 has no profile"},
        "failed_at": "2026-03-10T12:26:00Z",
    }
    for _ in range(2):
        notify_failure(failed, None, aws)
    found = boto3.client("cloudwatch").list_metrics(Namespace="driftloop")["Metrics"]
    assert {metric["MetricName"] for metric in found} == {"AnalysisFailed"}
    assert "batch 0 has no profile" in people.messages[0][1]


def test_a_failure_in_an_execution_from_before_a_deployment_is_reported(aws, people):
    """The definition of its state machine passes no ``failed_at``."""
    window = {"start": "2026-03-10T11:00:00Z", "end": "2026-03-10T12:00:00Z"}
    run = {"model": "late", "window": window, "revision": 0, "as_of": "2026-03-10T12:20:00Z"}
    failed = {"input": run, "error": {"Error": "IncompleteError", "Cause": "no profile"}}
    for _ in range(2):
        notify_failure(failed, None, aws)
    assert people.subjects == ["driftloop: the analysis of late failed"] * 2
    assert len(set(people.deduplication_ids)) == 1


def test_reconcile_invokes_release_gate_and_start_analysis_for_every_model(aws):
    functions = Functions()
    aws._clients["lambda"] = functions
    reconcile({"scheduled_time": "2026-03-10T12:00:00Z"}, None, aws)
    time = "2026-03-10T12:00:00Z"
    assert functions.calls == [
        ("release", "Event", {"source": "driftloop.reconcile", "model": "late", "as_of": time}),
        (
            "gate",
            "Event",
            {"source": "driftloop.schedule", "model": "late", "scheduled_time": time},
        ),
        (
            "start_analysis",
            "Event",
            {"source": "driftloop.reconcile", "model": "late", "as_of": time},
        ),
    ]
