"""The gate in any order of events, deliveries and faults, against a model made of its pure policy.

``make test`` plays a few sequences, the same each time; ``make fuzz`` and ``make faults`` many.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule
from moto import mock_aws

from driftloop.contract.ledger_items import (
    DecisionItem,
    ExecutionItem,
    LeaseItem,
    WindowItem,
)
from driftloop.retraining.gate import RUN_LIMIT_PERIOD, StartReason
from driftloop.retraining.history import PastWindow
from driftloop.window import HOUR, Window, format_time
from lambdas.aws.fleet import load_models
from lambdas.aws.ledger import Ledger, Put
from lambdas.gate.handler import handle
from tests.faults.machines import DeliveryMachine, machine_settings, subjects_by_id
from tests.faults.reference_gate import Account, Delivered, ReferenceGate
from tests.faults.world import World
from tests.lambdas.account import load_event, write_fleet
from tests.lambdas.fakes import ARN, GROUP, SageMaker, refuse
from tests.lambdas.items import champion_item, version_item

START = datetime(2026, 3, 10, 12, tzinfo=UTC)
PROMOTED = datetime(2026, 3, 1, tzinfo=UTC)
RETRAINING = {
    "min_labels": 3,
    "label_delay_hours": 2,
    "cooldown_hours": 4,
    "max_runs_per_30_days": 3,
    "max_consecutive_rejections": 2,
    "schedule_interval_days": 5,
    "lookback_days": 90,
}
LABELS_KEY = "late/2026/03/10/08/a.jsonl"
LABELS = (
    b'{"groundTruthData": {"data": "1\\n0\\n1", "encoding": "CSV"},'
    b' "eventMetadata": {"eventId": "e1"}, "eventVersion": "0"}'
)
Queued = tuple[dict[str, Any], Delivered]


class LateSageMaker(SageMaker):
    """SageMaker that may answer late, refuse starts, and forget executions."""

    def __init__(self, account: Account) -> None:
        super().__init__()
        self.account = account

    def start_pipeline_execution(self, **arguments: Any) -> Any:
        if self.account.start_refusal is not None:
            operation = "StartPipelineExecution"
            raise refuse(self.account.start_refusal, "refused by the test", operation)
        return super().start_pipeline_execution(**arguments)

    def describe_pipeline_execution(self, **arguments: Any) -> Any:
        answer = super().describe_pipeline_execution(**arguments)
        if number_of(arguments["PipelineExecutionArn"]) in self.account.lost:
            raise refuse("ResourceNotFound", "does not exist", "DescribePipelineExecution")
        return {"PipelineExecutionStatus": "Executing"} if self.account.answers_late else answer

    def end(self, execution: int, status: str, steps: list[dict[str, Any]]) -> None:
        """An execution ends."""
        [run] = [run for run in self.runs.values() if number_of(run["arn"]) == execution]
        run["status"] = status
        self.steps[run["arn"]] = steps


def number_of(arn: str) -> int:
    """The number of an execution, from 1."""
    return int(arn.rpartition("-")[2])


class GateMachine(DeliveryMachine[Delivered, ReferenceGate]):
    """The data, people and AWS play; the gate answers."""

    handler = staticmethod(handle)

    @initialize()
    def deploy(self) -> None:
        self.world = World.create()
        self.max_runs, self.is_paused = 3, False
        self._write_settings()
        settings = load_models(self.world.aws).model("late").retraining
        self.account = Account(settings=settings, champion=1, champion_since=PROMOTED)
        self.sagemaker = LateSageMaker(self.account)
        self.world.aws._clients["sagemaker"] = self.sagemaker
        self.ledger = Ledger(self.world.aws.client("dynamodb"), "ledger", "late")
        version = version_item(serving_from=PROMOTED)
        self.ledger.write(Put(champion_item(promoted_at=PROMOTED)), Put(version))
        self.sagemaker.register(1, "Approved")
        self.reference = ReferenceGate(self.account)
        self.now = START
        self.windows = 0
        self.queue = []
        self.faults = 0
        self.change_labels(present=True)
        self.analyze("drifted")

    # what the data, people and AWS do

    @rule(verdict=st.sampled_from(["drifted", "drifted", "stable", "invalid_data"]))
    def analyze(self, verdict: str) -> None:
        """A window of the champion was analyzed."""
        self.windows += 1
        start = PROMOTED + self.windows * HOUR
        window = Window(start, start + HOUR)
        item = WindowItem(
            version=self.account.champion,
            label=window.label,
            window=window,
            revision=0,
            verdict=verdict,
            report_key="reports/late/report.json",
            analyzed_at=window.end,
        )
        self.ledger.write(Put(item))
        self.account.windows.append(PastWindow(self.account.champion, window, verdict))

    @rule(kind=st.sampled_from(["drift", "drift", "data-quality"]))
    def alarm(self, kind: str) -> None:
        """An alarm changes to ALARM."""
        self._pass(1)
        name, timestamp = f"driftloop-test-late-{kind}", format_time(self.now)
        detail = {
            "alarmName": name,
            "state": {"value": "ALARM", "reason": "above 0", "timestamp": timestamp},
        }
        reason = StartReason.DRIFT if kind == "drift" else None
        self._enqueue("alarm", detail, key=f"alarm:{name}:{timestamp}", reason=reason)

    @rule(skew=st.sampled_from([-9000, -1, 0, 1, 9000]))
    def request(self, skew: int) -> None:
        """A person requests a retraining; the clock of the sender is hours off."""
        self._pass(1)
        identity = f"request {format_time(self.now)}"
        event = load_event("request", id=identity, time=format_time(self.now + skew * HOUR))
        event = {"ingestion_time": format_time(self.now), "event": event}
        key = f"request:{identity}"
        self.queue.append((event, Delivered(self.now, key=key, reason=StartReason.MANUAL)))

    @precondition(lambda self: self._executing())
    @rule(status=st.sampled_from(["Succeeded", "Failed", "Stopped", "Rejected", "Rejected"]))
    def end_execution(self, status: str) -> None:
        """The pipeline execution ends; a successful one registers a challenger."""
        self._pass(60)
        execution = max(self.reference.statuses)
        if status == "Succeeded":
            version = len(self.sagemaker.packages) + 1
            self.sagemaker.register(version)
            self.sagemaker.packages[version]["CreationTime"] = self.now
            self.account.pending[version] = self.now
        failed = status == "Rejected"
        steps = [{"StepName": "RejectChallenger", "StepStatus": "Failed"}] if failed else []
        ended = "Failed" if failed else status
        self.sagemaker.end(execution, ended, steps)
        self.reference.statuses[execution] = status
        detail = {
            "pipelineArn": f"{ARN}:pipeline/{GROUP}",
            "pipelineExecutionArn": f"{ARN}:pipeline/{GROUP}/execution/run-{execution}",
            "currentPipelineExecutionStatus": ended,
        }
        self._enqueue("pipeline", detail, ended=(execution, status))

    @precondition(lambda self: self._executing())
    @rule()
    def forget_execution(self) -> None:
        """The pipeline was deleted with its stack, and deployed again."""
        execution = max(self.reference.statuses)
        self.account.lost.add(execution)
        self.reference.statuses[execution] = "Lost"

    @precondition(lambda self: self.account.pending)
    @rule(promoted=st.booleans())
    def decide_on_challenger(self, promoted: bool) -> None:
        """A person approves or rejects the challenger, and it is promoted at once."""
        self._pass(1)
        version, _ = self.account.pending.popitem()
        if promoted:
            self.sagemaker.set_approval(version, "Approved")
            self.ledger.write(
                Put(champion_item(version, promoted_at=self.now)),
                Put(version_item(version, serving_from=self.now, decided_at=self.now)),
            )
            self.account.champion, self.account.champion_since = version, self.now
        else:
            self.sagemaker.set_approval(version, "Rejected")
            self.ledger.write(Put(version_item(version, "rejected", decided_at=self.now)))
            self.account.rejected_at.append(self.now)

    @rule(code=st.sampled_from(["ValidationException", "ThrottlingException", None, None]))
    def refuse_starts(self, code: str | None) -> None:
        """SageMaker refuses each start from now on, or no longer."""
        self.account.start_refusal = code

    @rule(late=st.booleans())
    def answer_late(self, late: bool) -> None:
        """DescribePipelineExecution answers as before the end of an execution, or no longer."""
        self.account.answers_late = late

    @rule(present=st.booleans())
    def change_labels(self, present: bool) -> None:
        """The labels arrive, or are removed."""
        s3 = boto3.client("s3")
        if present:
            s3.put_object(Bucket="truth", Key=LABELS_KEY, Body=LABELS)
        else:
            s3.delete_object(Bucket="truth", Key=LABELS_KEY)
        self.account.labels = 3 if present else 0

    @rule(paused=st.booleans(), max_runs=st.sampled_from([1, 3]))
    def change_settings(self, paused: bool, max_runs: int) -> None:
        """A deployment changes the settings."""
        self.max_runs, self.is_paused = max_runs, paused
        self._write_settings()
        self.account.settings = load_models(self.world.aws).model("late").retraining
        self.account.paused = paused

    @rule(hours=st.sampled_from([1, 3, 30, 120]))
    def wait(self, hours: int) -> None:
        """Time passes."""
        self._pass(60 * hours)

    # what EventBridge and Lambda do

    @rule()
    def reconcile(self) -> None:
        """The hourly check."""
        self._pass(60)
        self._deliver(*self._schedule())

    # what holds after each step

    @invariant()
    def ledger_and_executions_are_the_models(self) -> None:
        self._compare()

    @invariant()
    def one_execution_runs_for_one_decision(self) -> None:
        if hasattr(self, "reference"):
            runs = self.sagemaker.runs.values()
            running = [run for run in runs if run["status"] == "Executing"]
            known = [run for run in running if number_of(run["arn"]) not in self.account.lost]
            assert len(known) <= 1
            assert len(self.sagemaker.runs) <= len(self.reference.starts)

    def teardown(self) -> None:
        """Without further faults everything ends, and everything was published."""
        if not self.is_sound:
            return
        self.account.start_refusal = None
        self.account.answers_late = False
        for one in self.queue:
            self._deliver(*one)
            self.ledger_and_executions_are_the_models()
        self.change_settings(paused=True, max_runs=1)
        self.reconcile()
        if self._executing():
            self.end_execution("Succeeded")
        self.reconcile()
        self.ledger_and_executions_are_the_models()
        assert self.ledger.get(LeaseItem) is None
        self._check_messages()

    def _check_messages(self) -> None:
        """Each decision and each outcome is published, under an ID of its own."""
        people = self.world.aws.client("sns")
        subjects = subjects_by_id(people)
        sent = list(subjects.values())
        starts = [s for s in sent if s.startswith("driftloop: retraining of late started")]
        assert len(starts) == len(self.reference.starts)
        outcomes = list(self.reference.outcomes.values())
        assert sent.count("driftloop: a challenger of late was rejected") == outcomes.count(
            "rejected"
        )
        assert sent.count("driftloop: the retraining of late failed") == outcomes.count("failed")
        assert sent.count("driftloop: a retraining of late is lost") == outcomes.count("lost")
        details = self.world.aws.client("events").details("Retraining Decided")
        first = {detail["deduplication_id"]: detail for detail in details}
        decided = [(one["idempotency_key"], one["decision"]) for one in first.values()]
        assert len(set(decided)) == len(decided)
        final = {(key, decision) for key, (decision, _) in self.reference.decisions.items()}
        assert final <= set(decided)
        repeated = len(details) - len(first) + len(people.subjects) - len(subjects)
        assert repeated <= 2 * self.faults

    # how it is played

    def _executing(self) -> bool:
        statuses = self.reference.statuses
        return bool(statuses) and statuses[max(statuses)] == "Executing"

    def _pass(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    def _write_settings(self) -> None:
        retraining = {**RETRAINING, "max_runs_per_30_days": self.max_runs}
        environ: Any = self.world.aws._environ
        environ["FLEET_KEY"] = write_fleet(retraining=retraining, paused=self.is_paused)

    def _enqueue(self, name: str, detail: dict[str, Any], **delivered: Any) -> None:
        time = format_time(self.now)
        event = load_event(name, detail, time=time, id=f"{name}-{time}")
        ingested = {"ingestion_time": time, "event": event}
        self.queue.append((ingested, Delivered(self.now, **delivered)))

    def _schedule(self) -> Queued:
        time = format_time(self.now)
        event = {"source": "driftloop.schedule", "model": "late", "scheduled_time": time}
        return event, Delivered(self.now, key=f"schedule:late:{time}", is_schedule=True)

    def _check_delivery(self, event: Delivered) -> bool:
        before = dict(self.reference.starts)
        succeeds = self.reference.deliver(event)
        self._check_limits(before)
        return succeeds

    def _check_limits(self, before: dict[str, tuple[datetime, str]]) -> None:
        """A new start keeps the cooldown and the limit of runs, by the time of ingestion."""
        earlier = [at for at, _ in before.values()]
        for key in set(self.reference.starts) - set(before):
            at, reason = self.reference.starts[key]
            assert not self.account.paused
            assert sum(at - RUN_LIMIT_PERIOD < other for other in earlier) < self.max_runs
            if earlier and reason != "manual":
                assert at >= max(earlier) + RETRAINING["cooldown_hours"] * HOUR

    def found(self) -> dict[str, Any]:
        items = self.ledger.query(DecisionItem)
        keys = {item.decision_id: item.idempotency_key for item in items}
        lease = self.ledger.get(LeaseItem)
        return {
            "decisions": {item.idempotency_key: (item.decision, item.reason) for item in items},
            "lease": lease and (keys[lease.decision_id], lease.execution_arn is not None),
            "executions": len(self.sagemaker.runs),
            "outcomes": {
                number_of(item.execution_arn): item.outcome
                for item in self.ledger.query(ExecutionItem)
            },
        }


pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def account() -> Iterator[None]:
    with mock_aws():
        yield


TestGate = GateMachine.TestCase
TestGate.settings = machine_settings(examples=8, steps=25)
