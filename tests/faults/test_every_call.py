"""Each call of each handler meets each fault; the account ends as without the fault.

``make test`` plays a kill after each write, and each other fault at a part of the calls, the same
in each run. ``make faults`` plays all.
"""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

import pytest
from moto import mock_aws

from lambdas.aws.clients import AwsClients
from tests.faults.faulty_clients import Fault, FaultyCall, FaultyClients
from tests.faults.scenarios import SCENARIOS
from tests.faults.world import Remains, World
from tests.lambdas.fakes import Died

pytestmark = pytest.mark.slow

WRITES = (
    *("add", "copy", "create", "delete", "deregister", "invoke", "publish", "put", "register"),
    *("request", "start", "transact", "update", "upload"),
)
ONLY_WRITES = {Fault.KILLED_BEFORE, Fault.KILLED_AFTER, Fault.NO_ANSWER}
"""A read has no effect: a kill beside it is the same as one after the write before."""
STRIDE = 1 if os.environ.get("DRIFTLOOP_FAULTS") == "all" else 9
"""Of how many calls one meets a fault."""
NOT_PLAYED = {
    ("an analysis fails", 0, Fault.OVERTAKEN): "Step Functions runs a state of a standard workflow"
    " once (Developer Guide, execution guarantees)",
    ("a window is analyzed", 1, Fault.DENIED): "a baseline that can't be read makes its version"
    " unusable: see test_detect_unusable_baseline.py",
}
"""Scenario, step and fault that can't occur, or that have tests of their own."""
CASES = [
    pytest.param(name, number, fault, id=f"{name}, step {number + 1}, {fault.name.lower()}")
    for name, scenario in SCENARIOS.items()
    for number, _ in enumerate(scenario.steps)
    for fault in Fault
    if (name, number, fault) not in NOT_PLAYED
]
REPETITIONS = {fault: 2 if fault is Fault.OVERTAKEN else 1 for fault in Fault}
"""How often a message may be repeated: by each of three deliveries at once, or after the fault."""
REFUSED = "the call is refused for good: the action ends, and people are notified"


@dataclass(frozen=True, slots=True)
class Exemption:
    """What may differ after a fault, and why that is right.

    Attributes:
        faults: The faults.
        calls: Beginnings of the calls.
        differences: Fields of :class:`Remains`.
        reason: For the reader.
    """

    faults: frozenset[Fault]
    calls: tuple[str, ...]
    differences: frozenset[str]
    reason: str

    def covers(self, fault: Fault, call: str, difference: str) -> bool:
        """Whether this difference is exempt after the fault at the call."""
        return (
            fault in self.faults and call.startswith(self.calls) and difference in self.differences
        )


EXEMPTIONS = (
    Exemption(
        frozenset({Fault.THROTTLED, Fault.DENIED}),
        ("application-autoscaling:",),
        frozenset({"notifications", "metrics"}),
        "people are notified that autoscaling is not as configured; the release is not delayed",
    ),
    Exemption(
        frozenset({Fault.THROTTLED, Fault.DENIED}),
        ("sagemaker:delete_",),
        frozenset({"ledger", "sagemaker"}),
        "an unused Model and EndpointConfig cost nothing; the next release deletes them",
    ),
    Exemption(
        frozenset({Fault.DENIED}),
        ("s3:get_object",),
        frozenset(field.name for field in fields(Remains)) - {"scalable_targets"},
        "a version whose baseline can't be read is not released; label files that can't be read are"
        " not counted, and the decision says so",
    ),
    Exemption(
        frozenset({Fault.DENIED}),
        (
            "cloudwatch:put_metric_alarm",
            "sagemaker:create_",
            "sagemaker:describe_endpoint_config",
            "sagemaker:start_pipeline_execution",
            "sagemaker:update_endpoint",
        ),
        frozenset(field.name for field in fields(Remains)) - {"scalable_targets"},
        REFUSED,
    ),
    Exemption(
        frozenset({Fault.DENIED}),
        ("sagemaker:describe_model_package",),
        frozenset(field.name for field in fields(Remains)) - {"scalable_targets"},
        "directly before UpdateEndpoint it is refused for good: see test_release_lost_decision.py",
    ),
)


STATES = ("Autoscaling", "DaysSinceVerdict", "WaitingVersionDays")
"""Metrics of a state, which each delivery of an hourly check publishes."""


def start(name: str, number: int) -> World:
    """A new account in which the steps before ``number`` were played."""
    scenario = SCENARIOS[name]
    world = World.create()
    scenario.prepare(world)
    for step in scenario.start:
        world.play(step)
    world.results.clear()
    world.answers.clear()
    for step in scenario.steps[:number]:
        world.play(step)
    return world


def finish(name: str, number: int, world: World) -> Remains:
    """Play the steps after ``number``; return what is left over."""
    for step in SCENARIOS[name].steps[number + 1 :]:
        world.play(step)
    return world.remains()


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """A run without a fault, after which its account was removed.

    Attributes:
        calls: The calls of the step.
        aws: The clients; the fakes among them still have what they were sent.
        published: What the run published.
        remains: What it left over.
    """

    calls: list[str]
    aws: AwsClients
    published: Counter[str]
    remains: Remains


@cache
def undisturbed(name: str, number: int) -> Undisturbed:
    """Play the scenario without a fault; all faults of the step are compared with the same run."""
    world = start(name, number)
    step = SCENARIOS[name].steps[number]
    step.before(world)
    clients = FaultyClients(world.aws)
    world.finish(step, clients)
    remains = finish(name, number, world)
    return Undisturbed(clients.calls, world.aws, world.published(), remains)


def disturbed(name: str, number: int, fault: Fault, at: int) -> tuple[World, Remains]:
    """One delivery meets the fault, and the event is delivered again, as AWS does."""
    world = start(name, number)
    step = SCENARIOS[name].steps[number]
    step.before(world)
    second = FaultyCall(Fault.OVERTAKEN, at, lambda: world.deliver(step))
    faulty = FaultyCall(fault, at, lambda: world.deliver(step, FaultyClients(world.aws, second)))
    _fails_or_not(lambda: world.deliver(step, FaultyClients(world.aws, faulty)))
    world.finish(step)
    return world, finish(name, number, world)


def _fails_or_not(deliver: Callable[[], Any]) -> None:
    """A handler may continue after a fault, or fail with whatever its client raised."""
    try:
        deliver()
    except AssertionError:
        raise
    except (Died, Exception):  # noqa: BLE001
        return


def played(calls: list[str], fault: Fault) -> list[tuple[int, str]]:
    """The calls that meet the fault, with their numbers."""
    chosen = [
        (at, call)
        for at, call in enumerate(calls)
        if fault not in ONLY_WRITES or call.partition(":")[2].startswith(WRITES)
    ]
    if fault is Fault.KILLED_AFTER:
        return chosen
    return chosen[list(Fault).index(fault) % STRIDE :: STRIDE] or chosen[:1]


def differences(expected: Remains, remains: Remains, fault: Fault, call: str) -> dict[str, Any]:
    """The fields that differ and are not exempt, as expected and as found."""
    return {
        field.name: (getattr(expected, field.name), getattr(remains, field.name))
        for field in fields(Remains)
        if getattr(expected, field.name) != getattr(remains, field.name)
        and not any(exemption.covers(fault, call, field.name) for exemption in EXEMPTIONS)
    }


@pytest.fixture(scope="module", autouse=True)
def account() -> Iterator[None]:
    with mock_aws():
        yield


@pytest.mark.parametrize(("name", "number", "fault"), CASES)
def test_the_account_ends_as_without_the_fault(name: str, number: int, fault: Fault) -> None:
    usual = undisturbed(name, number)
    for at, call in played(usual.calls, fault):
        world, remains = disturbed(name, number, fault, at)
        where = f"{fault.value}: {call}, call {at + 1} of step {number + 1} of {name}"
        assert differences(usual.remains, remains, fault, call) == {}, where
        more = {
            what: count
            for what, count in world.published().items()
            if count > usual.published[what] + REPETITIONS[fault]
            and not any(name in what for name in STATES)
        }
        assert more == {}, where


@pytest.mark.parametrize("name", SCENARIOS)
def test_each_message_of_an_undisturbed_run_has_a_deduplication_id_of_its_own(name: str) -> None:
    aws = undisturbed(name, 0).aws
    ids = list(aws.client("sns").deduplication_ids)
    entries = aws.client("events").entries
    ids += [json.loads(entry["Detail"])["deduplication_id"] for entry in entries]
    assert len(set(ids)) == len(ids)


def test_a_refusal_for_good_ends_the_action_and_notifies_people_once() -> None:
    for name, mail in {
        "a version is promoted": "was not released",
        "a retraining starts and fails": "could not be started",
    }.items():
        for at, call in enumerate(undisturbed(name, 0).calls):
            exempt = [e for e in EXEMPTIONS if e.reason == REFUSED]
            if not any(e.covers(Fault.DENIED, call, "ledger") for e in exempt):
                continue
            world, remains = disturbed(name, 0, Fault.DENIED, at)
            sent = [what for what in world.published().elements() if mail in what]
            assert len(sent) == 1, (call, sent)
            assert not {"MODEL#late RELEASE", "MODEL#late LEASE"} & set(remains.ledger), call
            assert remains.alarms == [], call
