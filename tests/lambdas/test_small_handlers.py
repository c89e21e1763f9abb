import json

import boto3
import pytest

from driftloop.errors import InputError
from lambdas.notify_failure.handler import handle as fail
from lambdas.reconcile.handler import handle as reconcile
from lambdas.start_analysis.handler import handle as trigger


class Machine:
    """A state machine that knows each name once, as Step Functions does."""

    class exceptions:  # noqa: N801
        class ExecutionAlreadyExists(Exception):  # noqa: N818
            pass

    def __init__(self):
        self.started = {}

    def start_execution(self, *, stateMachineArn, name, input):  # noqa: A002, N803
        if name in self.started:
            raise self.exceptions.ExecutionAlreadyExists
        self.started[name] = json.loads(input)


class Functions:
    def __init__(self):
        self.calls = []

    def invoke(self, *, FunctionName, InvocationType, Payload):  # noqa: N803
        self.calls.append((FunctionName, InvocationType, json.loads(Payload)))


@pytest.fixture
def machine(aws):
    machine = Machine()
    aws._clients["stepfunctions"] = machine
    aws._environ["ANALYSIS_STATE_MACHINE_ARN"] = "arn:aws:states:x"
    return machine


def test_a_tick_starts_the_window_that_has_just_closed(aws, machine):
    trigger({"model": "late", "scheduled_time": "2026-03-10T12:20:00Z"}, None, aws)
    assert machine.started == {
        "late-20260310T11-r0": {
            "model": "late",
            "window": {"start": "2026-03-10T11:00:00Z", "end": "2026-03-10T12:00:00Z"},
            "revision": 0,
            "as_of": "2026-03-10T12:20:00Z",
        }
    }


def test_a_tick_delivered_twice_starts_one_execution(aws, machine):
    tick = {"model": "late", "scheduled_time": "2026-03-10T12:20:00Z"}
    answers = [trigger(tick, None, aws) for _ in range(2)]
    assert [answer["started"] for answer in answers] == [True, False]
    assert len(machine.started) == 1


def test_a_new_revision_is_an_execution_of_its_own(aws, machine):
    tick = {"model": "late", "scheduled_time": "2026-03-10T12:20:00Z"}
    trigger(tick, None, aws)
    trigger({**tick, "revision": 1}, None, aws)
    assert sorted(machine.started) == ["late-20260310T11-r0", "late-20260310T11-r1"]


def test_a_tick_for_an_unknown_model_names_the_known_ones(aws, machine):
    with pytest.raises(InputError, match="it has late"):
        trigger({"model": "later", "scheduled_time": "2026-03-10T12:20:00Z"}, None, aws)


def test_a_failed_analysis_raises_its_metric_and_tells_people_why(aws, people):
    window = {"start": "2026-03-10T11:00:00Z", "end": "2026-03-10T12:00:00Z"}
    failed = {
        "input": {
            "model": "late",
            "window": window,
            "revision": 0,
            "as_of": "2026-03-10T12:20:00Z",
        },
        "error": {"Error": "IncompleteError", "Cause": "batch 0 has not answered"},
    }
    for _ in range(2):
        fail(failed, None, aws)
    found = boto3.client("cloudwatch").list_metrics(Namespace="driftloop")["Metrics"]
    assert {metric["MetricName"] for metric in found} == {"AnalysisFailed"}
    assert "batch 0 has not answered" in people.messages[0][1]


def test_the_reconciler_asks_release_and_gate_for_every_model(aws):
    functions = Functions()
    aws._clients["lambda"] = functions
    reconcile({"scheduled_time": "2026-03-10T12:00:00Z"}, None, aws)
    now = "2026-03-10T12:00:00Z"
    assert functions.calls == [
        ("release", "Event", {"source": "driftloop.reconcile", "model": "late", "as_of": now}),
        (
            "gate",
            "Event",
            {"source": "driftloop.schedule", "model": "late", "scheduled_time": now},
        ),
    ]
