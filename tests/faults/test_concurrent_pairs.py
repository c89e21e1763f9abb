"""Two different events at once: one is handled within the other, before each of its calls in turn.

``make test`` plays this at a part of the calls, the same each time, and ``make faults`` at all.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import fields
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from driftloop.contract.ledger_items import ChampionItem, DecisionItem, LeaseItem, ReleaseItem
from lambdas.aws.ledger import Ledger, Put
from lambdas.detect.handler import handle as detect
from lambdas.gate.handler import handle as gate
from lambdas.plan.handler import handle as plan
from lambdas.profile.handler import handle as profile
from lambdas.release.handler import handle as release
from lambdas.start_analysis.handler import handle as start_analysis
from tests.faults.faulty_clients import Fault, FaultyCall, FaultyClients
from tests.faults.scenarios import ADOPT, LABELS, SCENARIOS
from tests.faults.test_every_call import STRIDE
from tests.faults.world import Remains, World
from tests.lambdas.account import load_event
from tests.lambdas.analysis import manifest, work
from tests.lambdas.captures import records, write_capture
from tests.lambdas.fakes import Died
from tests.lambdas.items import window_item
from tests.lambdas.releases import alarm_names, reconcile, statuses

pytestmark = pytest.mark.slow

Deliver = Callable[[World, Any], object]
END = load_event("endpoint", time="2026-03-10T15:30:00Z", id="end")


@pytest.fixture(scope="module", autouse=True)
def account() -> Iterator[None]:
    with mock_aws():
        yield


def overlaps(create: Callable[[], World], one: Deliver, other: Deliver) -> Iterator[World]:
    """For a part of the calls of ``one``, an account in which ``other`` came before that call."""
    world = create()
    clients = FaultyClients(world.aws)
    one(world, clients)
    for at in range(STRIDE // 2, len(clients.calls), STRIDE):
        yield overlap(create(), one, other, at)


def overlap(world: World, one: Deliver, other: Deliver, at: int) -> World:
    """Handle ``other`` before a call of ``one``; Lambda repeats ``one`` if that makes it fail."""
    overtaken = FaultyCall(Fault.OVERTAKEN, at, lambda: other(world, None))
    try:
        one(world, FaultyClients(world.aws, overtaken))
    except ClientError:
        one(world, None)
    return world


def ledger(world: World) -> Ledger:
    return Ledger(world.aws.client("dynamodb"), "ledger", "late")


def drifted() -> World:
    """A champion that has drifted, and enough labels."""
    world = World.create()
    SCENARIOS["a retraining starts and fails"].prepare(world)
    return world


def serving() -> World:
    """Version 1 serves; versions 2 and 3 are registered."""
    world = World.create()
    SCENARIOS["a version is promoted"].prepare(world)
    world.play(ADOPT)
    for version in (2, 3):
        world.sagemaker.register(version)
    return world


def asks(name: str) -> Deliver:
    return lambda world, clients: gate(load_event(name), None, clients or world.aws)


def decides(version: int, status: str, at: str) -> Deliver:
    """A person decides on a version, and the event is delivered."""

    def deliver(world: World, clients: Any) -> object:
        detail = {
            "ModelPackageArn": world.sagemaker.set_approval(version, status),
            "ModelPackageVersion": version,
            "ModelApprovalStatus": status,
        }
        event = load_event("package", detail, time=at, id=f"{version}-{status}")
        return release(event, None, clients or world.aws)

    return deliver


def play_to_the_end(world: World) -> None:
    """Each update succeeds, and the hourly checks follow."""
    for hour in range(16, 22):
        if "PendingDeploymentSummary" in world.sagemaker.endpoint:
            world.sagemaker.settle(promoted=True)
            release(END, None, world.aws)
        reconcile(world.aws, f"2026-03-10T{hour}:40:00Z")
    champion = ledger(world).get(ChampionItem)
    assert champion is not None
    assert champion.endpoint_config_name == world.sagemaker.endpoint["EndpointConfigName"]
    assert ledger(world).get(ReleaseItem) is None
    assert alarm_names() == []


def updating() -> World:
    """Version 1 serves, version 2 is promoted, and version 3 is registered."""
    world = serving()
    decides(2, "Approved", "2026-03-10T14:00:00Z")(world, None)
    world.sagemaker.settle(promoted=True)
    return world


def ends(world: World, clients: Any) -> object:
    return release(END, None, clients or world.aws)


def drifted_champion() -> World:
    """Version 1 serves and has drifted, and there is no other version."""
    world = serving()
    world.sagemaker.packages = {1: world.sagemaker.packages[1]}
    ledger(world).write(*(Put(window_item(hour, "drifted")) for hour in (10, 11)))
    boto3.client("s3").put_object(Bucket="truth", Key="late/2026/03/10/08/a.jsonl", Body=LABELS)
    return world


def drifted_and_updating() -> World:
    """The same, and the update to version 2 has just succeeded."""
    world = drifted_champion()
    world.sagemaker.register(2)
    decides(2, "Approved", "2026-03-10T14:00:00Z")(world, None)
    world.sagemaker.settle(promoted=True)
    return world


def retraining() -> World:
    """The champion has drifted, and the pipeline execution has just registered version 2."""
    world = drifted_champion()
    asks("request")(world, None)
    assert len(world.sagemaker.runs) == 1
    world.sagemaker.register(2)
    world.sagemaker.end_run("Succeeded")
    return world


def approved() -> World:
    """The same, and a person has approved version 2: the event is on its way."""
    world = retraining()
    world.sagemaker.set_approval(2, "Approved")
    return world


def succeeds(world: World, clients: Any) -> object:
    event = load_event("pipeline", {"currentPipelineExecutionStatus": "Succeeded"})
    return gate(event, None, clients or world.aws)


def with_late_file() -> World:
    """Hour 11 is planned and profiled; then records of it arrive late, and hour 12 on time."""
    world = World.create()
    SCENARIOS["a window is analyzed"].prepare(world)
    world.results.append(plan(work(11), None, world.aws))
    for item in manifest(world.results[0]):
        profile(item, None, world.aws)
    late = records("2026-03-10T11", count=77, seed=55)
    write_capture("2026-03-10T11", late, name="zz-late.jsonl")
    write_capture("2026-03-10T12", records("2026-03-10T12", seed=12))
    return world


def plans(hour: int) -> Deliver:
    return lambda world, clients: plan(work(hour), None, clients or world.aws)


def detects(world: World, clients: Any) -> object:
    return detect({"input": work(11), "plan": world.results[0]}, None, clients or world.aws)


def searches_missed(world: World, clients: Any) -> object:
    event = {"source": "driftloop.reconcile", "model": "late", "as_of": "2026-03-10T13:40:00Z"}
    return start_analysis(event, None, clients or world.aws)


def schedules(world: World, clients: Any) -> object:
    event = {"model": "late", "scheduled_time": "2026-03-10T13:20:00Z"}
    return start_analysis(event, None, clients or world.aws)


PAIRS: dict[str, tuple[Callable[[], World], Deliver, Deliver]] = {
    "an alarm, and the promotion": (drifted_and_updating, asks("alarm"), ends),
    "a request, and the promotion": (drifted_and_updating, asks("request"), ends),
    "a request, and a rejection of the canary": (
        drifted_and_updating,
        asks("request"),
        decides(2, "Rejected", "2026-03-10T15:30:05Z"),
    ),
    "a challenger, and its approval": (
        retraining,
        succeeds,
        decides(2, "Approved", "2026-03-10T15:30:05Z"),
    ),
    "an alarm, and the approval of the challenger": (
        approved,
        asks("alarm"),
        decides(2, "Approved", "2026-03-10T15:30:05Z"),
    ),
    "the plan of a window, and detect of the one before": (with_late_file, plans(12), detects),
    "a plan, and the search for missed windows": (with_late_file, plans(12), searches_missed),
    "a plan, and the schedule": (with_late_file, plans(12), schedules),
    "a schedule, and the search for missed windows": (with_late_file, schedules, searches_missed),
    "a plan, and the promotion": (drifted_and_updating, plans(12), ends),
}


def after(create: Callable[[], World], *deliveries: Deliver) -> Remains:
    """What is left over if the deliveries come one after the other."""
    world = create()
    for deliver in deliveries:
        deliver(world, None)
    return world.remains()


BOTH_WAYS = [
    pytest.param(name, is_reversed, id=f"{name}{', reversed' if is_reversed else ''}")
    for name in PAIRS
    for is_reversed in (False, True)
]


@pytest.mark.parametrize(("name", "is_reversed"), BOTH_WAYS)
def test_two_events_at_once_end_as_one_after_the_other(name: str, is_reversed: bool) -> None:
    create, *pair = PAIRS[name]
    one, other = reversed(pair) if is_reversed else pair
    orders = [
        after(create, one, other),
        after(create, other, one),
        # Release records a decision, ends a release and starts the next one in three writes, and
        # the gate names what it finds between them.
        *(after(create, killed_after_write(one, number), other, one) for number in (1, 2)),
    ]
    for number, world in enumerate(overlaps(create, one, other)):
        remains = world.remains()
        unlike = [different_fields(remains, order) for order in orders]
        assert {} in unlike, (name, number, unlike)


def different_fields(found: Remains, order: Remains) -> dict[str, Any]:
    pairs = {
        one.name: (getattr(found, one.name), getattr(order, one.name)) for one in fields(Remains)
    }
    return {name: values for name, values in pairs.items() if values[0] != values[1]}


@pytest.mark.parametrize(("one", "other"), [("alarm", "request"), ("request", "alarm")])
def test_two_requests_at_once_start_one_execution(one: str, other: str) -> None:
    for world in overlaps(drifted, asks(one), asks(other)):
        decisions = {item.decision: item.reason for item in ledger(world).query(DecisionItem)}
        assert len(world.sagemaker.runs) == 1
        assert set(decisions) <= {"start", "refuse"}
        assert decisions.get("refuse", "execution_in_progress") == "execution_in_progress"
        lease = ledger(world).get(LeaseItem)
        assert lease is not None
        assert lease.execution_arn is not None


@pytest.mark.parametrize("first", [2, 3])
def test_of_two_approvals_at_once_the_later_one_serves_in_the_end(first: int) -> None:
    events = {
        2: decides(2, "Approved", "2026-03-10T14:00:00Z"),
        3: decides(3, "Approved", "2026-03-10T14:00:05Z"),
    }
    for world in overlaps(serving, events.pop(first), events.popitem()[1]):
        play_to_the_end(world)
        assert statuses(ledger(world)) == {1: "superseded", 2: "superseded", 3: "promoted"}
        assert len(world.sagemaker.updates) <= 2


def killed_after_write(deliver: Deliver, number: int) -> Deliver:
    """Nothing follows from the write with the number until the event is delivered again."""

    def record(world: World, _clients: Any) -> None:
        class Killed(FaultyClients):
            def play(self, call: str, run: Callable[[], Any]) -> Any:
                result = super().play(call, run)
                if self.calls.count("dynamodb:transact_write_items") == number:
                    self.kill(call)
                return result

        with suppress(Died):
            deliver(world, Killed(world.aws))

    return record


@pytest.mark.parametrize(
    ("version", "status", "expected"),
    [
        (1, "Rejected", {1: "rejected", 2: "promoted"}),
        (2, "Rejected", {1: "promoted", 2: "rejected"}),
        (3, "Approved", {1: "superseded", 2: "superseded", 3: "promoted"}),
    ],
)
def test_a_decision_at_the_end_of_a_release_is_the_last_word(
    version: int, status: str, expected: dict[int, str]
) -> None:
    decision = decides(version, status, "2026-03-10T15:30:05Z")
    for other in (decision, killed_after_write(decision, 1)):
        for world in overlaps(updating, ends, other):
            decision(world, None)
            play_to_the_end(world)
            assert statuses(ledger(world)) == expected


def test_an_approval_between_two_reads_of_the_gate_is_named_as_at_any_other_time() -> None:
    create, alarm, approval = PAIRS["an alarm, and the approval of the challenger"]
    world = create()
    clients = FaultyClients(world.aws)
    alarm(world, clients)
    reads = [at for at, call in enumerate(clients.calls) if call == "dynamodb:get_item"]
    for at in reads:
        world = overlap(create(), alarm, approval, at)
        decision = ledger(world).query(DecisionItem)[-1]
        text = "No retraining: version 2 is deploying."
        assert decision.decision == "start" or decision.message == text, at


@pytest.mark.parametrize("trigger", ["request", "alarm"])
def test_no_retraining_starts_while_a_rejected_canary_is_replaced(trigger: str) -> None:
    """Between the end of its release and the rollback the rejected version is the champion."""
    rejects = decides(2, "Rejected", "2026-03-10T15:30:05Z")
    pairs = [(asks(trigger), rejects), (rejects, asks(trigger))]
    for world in (world for pair in pairs for world in overlaps(drifted_and_updating, *pair)):
        decided = [(item.decision, item.reason) for item in ledger(world).query(DecisionItem)]
        assert decided == [("refuse", "pending_approval")]
        assert world.sagemaker.runs == {}
        play_to_the_end(world)
        assert statuses(ledger(world)) == {1: "promoted", 2: "rejected"}


def test_the_serving_version_that_is_approved_again_at_the_end_of_a_release_serves() -> None:
    def rejected() -> World:
        world = serving()
        decides(2, "Approved", "2026-03-10T14:00:00Z")(world, None)
        decides(1, "Rejected", "2026-03-10T14:10:00Z")(world, None)
        world.sagemaker.settle(promoted=True)
        return world

    decision = decides(1, "Approved", "2026-03-10T15:30:05Z")
    for other in (decision, killed_after_write(decision, 1)):
        for world in overlaps(rejected, ends, other):
            decision(world, None)
            play_to_the_end(world)
            assert statuses(ledger(world)) == {1: "promoted", 2: "superseded"}


@pytest.mark.parametrize("at", [8, 9, 10])
def test_a_version_that_is_rejected_after_the_state_was_read_is_not_deployed(at: int) -> None:
    """The calls between the state's last read and the write that starts the release."""
    approves = decides(2, "Approved", "2026-03-10T14:00:00Z")
    rejects = decides(2, "Rejected", "2026-03-10T14:00:05Z")
    world = overlap(serving(), approves, rejects, at)
    assert statuses(ledger(world))[2] == "rejected"
    assert world.sagemaker.updates == []


def test_a_rejection_during_the_approval_is_the_last_word() -> None:
    approves = decides(2, "Approved", "2026-03-10T14:00:00Z")
    rejects = decides(2, "Rejected", "2026-03-10T14:00:05Z")
    for world in overlaps(serving, approves, rejects):
        play_to_the_end(world)
        assert statuses(ledger(world))[2] == "rejected"
        champion = ledger(world).get(ChampionItem)
        assert champion is not None
        assert champion.version == 1
