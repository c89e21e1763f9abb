"""Two different events at once: one is handled within the other, before each of its calls in turn.

``make test`` plays this at a part of the calls, the same each time, and ``make faults`` at all.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from driftloop.contract.ledger_items import ChampionItem, DecisionItem, LeaseItem, ReleaseItem
from lambdas.aws.ledger import Ledger
from lambdas.gate.handler import handle as gate
from lambdas.release.handler import handle as release
from tests.faults.faulty_clients import Fault, FaultyCall, FaultyClients
from tests.faults.scenarios import ADOPT, SCENARIOS
from tests.faults.test_every_call import STRIDE
from tests.faults.world import World
from tests.lambdas.account import load_event
from tests.lambdas.fakes import Died
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


def updating() -> World:
    """Version 1 serves, version 2 is promoted, and version 3 is registered."""
    world = serving()
    decides(2, "Approved", "2026-03-10T14:00:00Z")(world, None)
    world.sagemaker.settle(promoted=True)
    return world


def ends(world: World, clients: Any) -> object:
    return release(END, None, clients or world.aws)


def killed_after_its_first_write(deliver: Deliver) -> Deliver:
    """The decision is recorded, and nothing follows from it until the event is delivered again."""

    def record(world: World, _clients: Any) -> None:
        class FirstWrite(FaultyClients):
            def play(self, call: str, run: Callable[[], Any]) -> Any:
                result = super().play(call, run)
                if call == "dynamodb:transact_write_items":
                    self.kill(call)
                return result

        with suppress(Died):
            deliver(world, FirstWrite(world.aws))

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
    for other in (decision, killed_after_its_first_write(decision)):
        for world in overlaps(updating, ends, other):
            decision(world, None)
            play_to_the_end(world)
            assert statuses(ledger(world)) == expected


def test_the_serving_version_that_is_approved_again_at_the_end_of_a_release_serves() -> None:
    def rejected() -> World:
        world = serving()
        decides(2, "Approved", "2026-03-10T14:00:00Z")(world, None)
        decides(1, "Rejected", "2026-03-10T14:10:00Z")(world, None)
        world.sagemaker.settle(promoted=True)
        return world

    decision = decides(1, "Approved", "2026-03-10T15:30:05Z")
    for other in (decision, killed_after_its_first_write(decision)):
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
