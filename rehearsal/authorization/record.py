"""Every authorization request of a rehearsal, once, with its decision and how often it was made."""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

ALLOWED, DENIED = "allowed", "denied"


@dataclass(slots=True)
class RecordedRequest:
    """A request that was made ``count`` times with the same decision."""

    principal: str
    action: str
    resource: str
    context: dict[str, Any]
    decision: str
    count: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return the request as JSON has it."""
        return {
            "principal": self.principal,
            "action": self.action,
            "resource": self.resource,
            "context": self.context,
            "decision": self.decision,
            "count": self.count,
        }


@dataclass(frozen=True, slots=True)
class ExpectedDenial:
    """A denial that the scenario plays on purpose; ``principal`` may have wildcards."""

    principal: str
    action: str


class AuthorizationRecord:
    """Records decisions by principal, action, resource and context. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: dict[str, RecordedRequest] = {}
        self._expected: list[ExpectedDenial] = []

    def add(
        self,
        principal: str,
        action: str,
        resource: str,
        context: Mapping[str, Any],
        *,
        is_allowed: bool,
    ) -> None:
        """Record one decision."""
        decision = ALLOWED if is_allowed else DENIED
        given = {key: value for key, value in context.items() if value is not None}
        request = RecordedRequest(principal, action, resource, given, decision)
        key = json.dumps(request.to_dict(), sort_keys=True, default=str)
        with self._lock:
            self._requests.setdefault(key, request).count += 1

    def expect_denial(self, principal: str, action: str) -> None:
        """Count denials of this kind as played on purpose."""
        with self._lock:
            self._expected.append(ExpectedDenial(principal, action))

    def requests(self) -> list[RecordedRequest]:
        """Return the requests so far, in the order in which they were first made."""
        with self._lock:
            return list(self._requests.values())

    def unexpected_denials(self) -> list[RecordedRequest]:
        """Return the denied requests that nobody expects."""
        return [
            request
            for request in self.requests()
            if request.decision == DENIED and not self._is_expected(request)
        ]

    def summary(self) -> dict[str, Any]:
        """Return counts of calls, and the unexpected denials."""
        requests = self.requests()
        denied = [request for request in requests if request.decision == DENIED]
        unexpected = self.unexpected_denials()
        return {
            "authorized": sum(r.count for r in requests if r.decision == ALLOWED),
            "denied_expected": sum(r.count for r in denied) - sum(r.count for r in unexpected),
            "denied_unexpected": sum(r.count for r in unexpected),
            "distinct_requests": len(requests),
            "principals": len({r.principal for r in requests}),
            "unexpected": [request.to_dict() for request in unexpected],
            "expected": [request.to_dict() for request in denied if self._is_expected(request)],
        }

    def _is_expected(self, request: RecordedRequest) -> bool:
        return any(
            fnmatchcase(request.principal, expected.principal) and request.action == expected.action
            for expected in self._expected
        )
