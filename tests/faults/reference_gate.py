"""A small model of what the gate does, without AWS: the pure policy, and what follows from it.

The tests compare the handler's ledger and the pipeline executions with it.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from driftloop.config.sections import RetrainingSettings
from driftloop.retraining import gate
from driftloop.retraining.gate import StartReason
from driftloop.retraining.history import (
    PastWindow,
    consecutive_rejections,
    drifted_windows,
    invalid_window,
    is_schedule_due,
)

NEVER = datetime.min.replace(tzinfo=UTC)
MAX_START_AGE = timedelta(hours=2)
MAX_BLOCKING = timedelta(days=14)
"""Age at which a decision is not carried out any more (docs/architecture.md)."""


class PassingError(Exception):
    """A call failed for the moment: the delivery fails and is repeated."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """What the gate reads of an event, at the time at which EventBridge received it.

    Attributes:
        as_of: The time of ingestion.
        key: The idempotency key of a request.
        reason: Why a retraining is requested; None for an alarm of invalid data.
        ended: The number of an execution that ended, and its status.
        is_schedule: Whether it is the hourly schedule, which may request nothing.
    """

    as_of: datetime
    key: str = ""
    reason: StartReason | None = None
    ended: tuple[int, str] | None = None
    is_schedule: bool = False


@dataclass(slots=True)
class Account:
    """What people, the data and SageMaker decide. Executions are known by their number from 1."""

    settings: RetrainingSettings
    champion: int
    champion_since: datetime
    paused: bool = False
    labels: int = 0
    windows: list[PastWindow] = field(default_factory=list)
    pending: dict[int, datetime] = field(default_factory=dict)
    """When each version was registered that waits for approval."""
    rejected_at: list[datetime] = field(default_factory=list)
    start_refusal: str | None = None
    answers_late: bool = False
    lost: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Lease:
    """The execution in progress, or the decision to start it."""

    key: str
    started_at: datetime
    execution: int | None = None


@dataclass(slots=True)
class ReferenceGate:
    """The ledger and the executions as they should be."""

    account: Account
    decisions: dict[str, tuple[str, str]] = field(default_factory=dict)
    starts: dict[str, tuple[datetime, str]] = field(default_factory=dict)
    lease: Lease | None = None
    statuses: dict[int, str] = field(default_factory=dict)
    outcomes: dict[int, str] = field(default_factory=dict)
    rejected_at: list[datetime] = field(default_factory=list)
    _between: Callable[["ReferenceGate"], None] = lambda _: None
    _at: int = -1

    def deliver(
        self,
        event: Delivered,
        between: Callable[["ReferenceGate"], None] = lambda _: None,
        at: int = -1,
    ) -> bool:
        """Deliver an event; ``between`` happens at the point with the number ``at``.

        Returns:
            Whether the delivery succeeded.
        """
        outer = self._between, self._at
        self._between, self._at = between, at
        try:
            self._point()
            if event.ended is not None:
                self._record(*event.ended, event.as_of)
            else:
                self._reconcile(event.as_of)
                self._point()
                self._request(event)
        except PassingError:
            return False
        finally:
            self._between, self._at = outer
        return True

    def _point(self) -> None:
        """A point at which another delivery may come in between."""
        self._at -= 1
        if self._at == -1:
            self._between(self)

    def _reconcile(self, as_of: datetime) -> None:
        execution = self._started(as_of)
        if execution is None:
            return
        self._point()
        if execution in self.account.lost:
            self._record(execution, "Lost", as_of)
        elif self.statuses[execution] != "Executing" and not self.account.answers_late:
            self._record(execution, self.statuses[execution], as_of)

    def _started(self, as_of: datetime) -> int | None:
        """The execution of the lease, started if it was not; None without one."""
        lease = self.lease
        if lease is None or lease.execution is not None:
            return lease.execution if lease else None
        if as_of - lease.started_at > MAX_START_AGE:
            self._give_up(lease)
            return None
        if self.account.start_refusal == "ThrottlingException":
            raise PassingError
        if self.account.start_refusal is not None:
            self._give_up(lease)
            return None
        execution = len(self.statuses) + 1
        self.statuses[execution] = "Executing"
        self.lease = Lease(lease.key, lease.started_at, execution)
        return execution

    def _give_up(self, lease: Lease) -> None:
        _, reason = self.decisions[lease.key]
        self.decisions[lease.key] = ("start_failed", reason)
        del self.starts[lease.key]
        self.lease = None

    def _record(self, execution: int, status: str, as_of: datetime) -> None:
        if execution not in self.outcomes:
            self.outcomes[execution] = status.lower()
            if status == "Rejected":
                self.rejected_at.append(as_of)
            self._point()
        if self.lease is not None and self._started(as_of) == execution:
            self.lease = None

    def _request(self, event: Delivered) -> None:
        reason = event.reason
        if event.is_schedule:
            if not self._is_due(event.as_of):
                return
            reason = StartReason.SCHEDULE
        if event.key not in self.decisions:
            self._decide(event, reason)
            self._point()
        lease = self.lease
        if lease is not None and lease.key == event.key:
            self._started(event.as_of)

    def _is_due(self, as_of: datetime) -> bool:
        last = max((at for at, _ in self.starts.values()), default=None)
        interval = self.account.settings.schedule_interval_days
        return is_schedule_due(as_of, interval, last, self.account.champion_since)

    def _decide(self, event: Delivered, reason: StartReason | None) -> None:
        account = self.account
        request = gate.RetrainingRequest("late", event.key, event.as_of, reason, "")
        windows = [item for item in account.windows if item.version == account.champion][-24:]
        since = account.champion_since
        first = event.as_of - gate.RUN_LIMIT_PERIOD
        state = gate.GateState(
            paused=account.paused,
            invalid_window=invalid_window(windows),
            execution_in_progress="one" if self.lease else None,
            pending_approvals=tuple(
                str(version)
                for version, registered_at in account.pending.items()
                if event.as_of < registered_at + MAX_BLOCKING
            ),
            champion=account.champion,
            champion_since=since,
            drifted_windows=drifted_windows(windows, since),
            consecutive_rejections=consecutive_rejections(
                [*account.rejected_at, *self.rejected_at], since
            ),
            starts=tuple(at for at, _ in self.starts.values() if at >= first),
            mature_labels=account.labels,
        )
        decision = gate.decide(request, state, account.settings)
        self.decisions[event.key] = (decision.decision, decision.reason)
        if decision.start:
            self.starts[event.key] = (event.as_of, decision.reason)
            self.lease = Lease(event.key, event.as_of)

    def expected(self) -> dict[str, Any]:
        """What the ledger and SageMaker have to contain."""
        lease = self.lease
        return {
            "decisions": self.decisions,
            "lease": lease and (lease.key, lease.execution is not None),
            "executions": len(self.statuses),
            "outcomes": self.outcomes,
        }

    def copy(self) -> "ReferenceGate":
        """A model with the same account, for what could have happened instead."""
        other = copy.copy(self)
        for name in ("decisions", "starts", "lease", "statuses", "outcomes", "rejected_at"):
            setattr(other, name, copy.copy(getattr(self, name)))
        return other
