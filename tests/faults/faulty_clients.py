"""The clients of a function, of which one call meets a fault."""

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ReadTimeoutError

from lambdas.aws.clients import AwsClients
from tests.lambdas.fakes import Died, refuse


class Fault(enum.Enum):
    """What one call of AWS meets."""

    KILLED_BEFORE = "the process is killed before the call"
    KILLED_AFTER = "the process is killed after the call"
    NO_ANSWER = "the call has its effect, and its answer is lost"
    THROTTLED = "the call is throttled, more often than botocore retries"
    DENIED = "the call is denied as long as the function runs"
    OVERTAKEN = "two more deliveries, one within the other, run to their ends before the call"


@dataclass(frozen=True, slots=True)
class FaultyCall:
    """A fault and the call that meets it, by its number from 0."""

    fault: Fault
    number: int
    other_delivery: Callable[[], object] = lambda: None


class FaultyClients(AwsClients):
    """The clients of one delivery; ``calls`` are its calls as ``service:operation``."""

    def __init__(self, clients: AwsClients, faulty: FaultyCall | None = None) -> None:
        super().__init__()
        self._plain = clients
        self._faulty = faulty
        self._denied: str | None = None
        self._is_killed = False
        self.calls: list[str] = []

    def client(self, service: str) -> Any:
        """The client of a service."""
        return _FaultyClient(self, service, self._plain.client(service))

    def setting(self, name: str) -> str:
        """An environment variable."""
        return self._plain.setting(name)

    def play(self, call: str, run: Callable[[], Any]) -> Any:
        """Make the call, unless its fault prevents that.

        A killed process makes no further call, whatever its ``finally`` clauses have.
        """
        if self._is_killed:
            raise Died(call)
        number = len(self.calls)
        self.calls.append(call)
        operation = call.partition(":")[2]
        is_faulty = self._faulty is not None and self._faulty.number == number
        fault = self._faulty.fault if self._faulty is not None and is_faulty else None
        if fault is Fault.DENIED:
            self._denied = call
        if call == self._denied:
            raise refuse("AccessDeniedException", f"not authorized to perform {call}", operation)
        if fault is Fault.THROTTLED:
            raise refuse("ThrottlingException", "Rate exceeded", operation)
        if fault is Fault.KILLED_BEFORE:
            self.kill(call)
        if fault is Fault.OVERTAKEN and self._faulty is not None:
            self._faulty.other_delivery()
        result = run()
        if fault is Fault.KILLED_AFTER:
            self.kill(call)
        if fault is Fault.NO_ANSWER:
            raise ReadTimeoutError(endpoint_url=f"https://{call}")
        return result

    def kill(self, call: str) -> None:
        """Kill the process at a call."""
        self._is_killed = True
        raise Died(call)


class _FaultyClient:
    def __init__(self, clients: FaultyClients, service: str, client: Any) -> None:
        self._clients = clients
        self._service = service
        self._client = client

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._client, name)
        if name in {"exceptions", "meta"}:
            return value
        if name == "get_paginator":
            return lambda operation: _FaultyPaginator(
                self._clients, f"{self._service}:{operation}", value(operation)
            )
        call = f"{self._service}:{name}"
        return lambda *args, **kwargs: self._clients.play(call, lambda: value(*args, **kwargs))


class _FaultyPaginator:
    """A paginator whose first page meets the fault."""

    def __init__(self, clients: FaultyClients, call: str, paginator: Any) -> None:
        self._clients = clients
        self._call = call
        self._paginator = paginator

    def paginate(self, **parameters: Any) -> Any:
        return self._clients.play(self._call, lambda: self._paginator.paginate(**parameters))
