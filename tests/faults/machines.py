"""What the state machines share: the deliveries of events, and the faults that they meet."""

import copy
from collections.abc import Callable
from typing import Any, Generic, Protocol, Self, TypeVar

from botocore.exceptions import BotoCoreError, ClientError
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from tests.faults.faulty_clients import Fault, FaultyCall, FaultyClients
from tests.faults.world import Handler, World
from tests.lambdas.fakes import Died

DELIVERY_FAULTS = (
    *(Fault.KILLED_BEFORE, Fault.KILLED_AFTER, Fault.NO_ANSWER, Fault.THROTTLED, Fault.OVERTAKEN),
)
POSITIONS = 8
"""Points of a delivery at which another one may come in between: more than any has."""
DeliveredT = TypeVar("DeliveredT")
EventT = TypeVar("EventT", contravariant=True)


class Reference(Protocol[EventT]):
    """The model of a handler."""

    def deliver(self, event: EventT, between: Callable[[Self], None] = ..., at: int = ...) -> bool:
        """Deliver an event; ``between`` happens at the point with the number ``at``."""

    def copy(self) -> Self:
        """A model of what could have happened instead."""

    def expected(self) -> dict[str, Any]:
        """What is compared with the handler's account."""


ReferenceT = TypeVar("ReferenceT", bound=Reference[Any])


class DeliveryMachine(RuleBasedStateMachine, Generic[DeliveredT, ReferenceT]):
    """EventBridge delivers to a handler and to its model, and Lambda repeats what failed.

    Attributes:
        handler: Reads the events.
        world: The handler's account.
        reference: The model; it is deployed by the first rule.
        queue: Events that were not delivered, or not for the last time.
        faults: Number of deliveries that met one.
        is_sound: Whether the last delivery was as expected.
    """

    handler: Handler
    world: World
    reference: ReferenceT
    queue: list[tuple[dict[str, Any], DeliveredT]]
    faults: int
    is_sound = False

    @precondition(lambda self: self.queue)
    @rule(data=st.data(), keep=st.booleans())
    def deliver(self, data: st.DataObject, keep: bool) -> None:
        """An event is delivered, in any order, and perhaps again later."""
        self._deliver(*self._take(data, keep=keep))

    @precondition(lambda self: self.queue)
    @rule(data=st.data(), fault=st.sampled_from(DELIVERY_FAULTS), at=st.integers(0, 30))
    def deliver_with_fault(self, data: st.DataObject, fault: Fault, at: int) -> None:
        """A delivery meets a fault, and Lambda repeats it."""
        one = self._take(data, keep=False)
        self.faults += 1
        if fault is Fault.OVERTAKEN:
            has_other = bool(self.queue) and data.draw(st.booleans())
            self._overtake(one, self._take(data, keep=False) if has_other else one, at)
            return
        self._handle(one[0], FaultyClients(self.world.aws, FaultyCall(fault, at)))
        self._deliver(*one)

    @precondition(lambda self: self.queue)
    @rule(data=st.data())
    def lose(self, data: st.DataObject) -> None:
        """An event never arrives."""
        self._take(data, keep=False)

    def found(self) -> dict[str, Any]:
        """What the handler's account has, for the comparison with the model."""
        raise NotImplementedError

    def _check_delivery(self, event: DeliveredT) -> bool:
        """Deliver to the model and check what it does; return whether it succeeds."""
        raise NotImplementedError

    def _take(self, data: st.DataObject, *, keep: bool) -> tuple[dict[str, Any], DeliveredT]:
        index = data.draw(st.integers(0, len(self.queue) - 1), label="event")
        return self.queue[index] if keep else self.queue.pop(index)

    def _deliver(self, event: dict[str, Any], delivered: DeliveredT) -> None:
        """Deliver to both; they succeed or fail together."""
        self.is_sound = False
        succeeds = self._check_delivery(delivered)
        assert self._handle(event, self.world.aws) is succeeds

    def _compare(self) -> None:
        """The account is as the model says."""
        if hasattr(self, "reference"):
            self.is_sound = False
            assert self.found() == self.reference.expected()
            self.is_sound = True

    def _overtake(
        self,
        one: tuple[dict[str, Any], DeliveredT],
        other: tuple[dict[str, Any], DeliveredT],
        at: int,
    ) -> None:
        """One delivery runs to its end before a call of the other one.

        The result is that of the model, in which it comes at one of the points of the other one,
        before it or after it.
        """
        self.is_sound = False

        def between(model: ReferenceT) -> None:
            model.deliver(other[1])

        candidates = []
        for position in range(POSITIONS):
            candidate = self.reference.copy()
            candidate.deliver(one[1], between, position)
            candidates.append(candidate)
        for first, second in ((other, one), (one, other)):
            candidate = self.reference.copy()
            candidate.deliver(first[1])
            candidate.deliver(second[1])
            candidates.append(candidate)
        ran = []

        def run_other() -> None:
            ran.append(True)
            self._handle(other[0], self.world.aws)

        faulty = FaultyCall(Fault.OVERTAKEN, at, run_other)
        self._handle(one[0], FaultyClients(self.world.aws, faulty))
        if not ran:
            self._handle(other[0], self.world.aws)
        found = self.found()
        matching = [candidate for candidate in candidates if candidate.expected() == found]
        assert matching, [found, *(candidate.expected() for candidate in candidates)]
        self.reference = matching[0]

    def _handle(self, event: dict[str, Any], clients: Any) -> bool:
        """Whether the handler returned; only AWS's errors and kills may prevent it."""
        try:
            type(self).handler(copy.deepcopy(event), None, clients)
        except (Died, ClientError, BotoCoreError):
            return False
        return True


def machine_settings(*, examples: int, steps: int) -> settings:
    """The same few sequences in `make test`; many and longer ones with another profile."""
    profile = settings.get_current_profile_name()
    return settings(
        max_examples=examples if profile == "ci" else settings().max_examples,
        stateful_step_count=steps if profile == "ci" else 2 * steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.explicit, Phase.reuse, Phase.generate),
    )


def subjects_by_id(people: Any) -> dict[str, str]:
    """The subject of each notification by its deduplication ID, which no other one has."""
    subjects: dict[str, set[str]] = {}
    for subject, identity in zip(people.subjects, people.deduplication_ids, strict=True):
        subjects.setdefault(identity, set()).add(subject)
    assert all(len(found) == 1 for found in subjects.values())
    return {identity: found.pop() for identity, found in subjects.items()}
