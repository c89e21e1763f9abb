"""What all parts of the emulated SageMaker share: clock, bus, lock, tags and ARNs."""

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from rehearsal.sagemaker.execution_role import AssumeRole
from rehearsal.sagemaker.protocols import (
    AlarmsProtocol,
    ClockProtocol,
    EmitProtocol,
    InvokeFunction,
    IsScalable,
    MetricsProtocol,
    StoreProtocol,
)

EVENT_SOURCE = "aws.sagemaker"
CREATOR = {"UserProfileName": "rehearsal"}
"""``CreatedBy`` in the API's descriptions."""


@dataclass(frozen=True, slots=True)
class _PendingEvent:
    detail_type: str
    detail: dict[str, object]
    resources: tuple[str, ...]


@dataclass
class SageMakerContext:
    """The surroundings of the service, and the state that its parts share.

    Every change of state happens within :meth:`change`. Events are put on the bus only after the
    lock is released, because their receiver may call the service at once.
    """

    clock: ClockProtocol
    emit: EmitProtocol
    alarms: AlarmsProtocol
    metrics: MetricsProtocol
    store: StoreProtocol
    assume_role: AssumeRole
    folder: Path
    is_scalable: IsScalable
    invoke_function: InvokeFunction
    account: str = "000000000000"
    region: str = "us-east-1"
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _depth: int = 0
    _outbox: deque[_PendingEvent] = field(default_factory=deque)

    def now(self) -> datetime:
        """Return the simulated time."""
        return self.clock.now()

    def arn(self, kind: str, name: str) -> str:
        """Return the ARN of a SageMaker resource, ``…:<kind>/<name>``."""
        return f"arn:aws:sagemaker:{self.region}:{self.account}:{kind}/{name}"

    def alarm_arns(self, names: Iterable[str]) -> list[str]:
        """Return the ARNs of CloudWatch alarms."""
        return [f"arn:aws:cloudwatch:{self.region}:{self.account}:alarm:{name}" for name in names]

    @contextmanager
    def change(self) -> Iterator[None]:
        """Hold the lock; after its release, send the announced events."""
        try:
            with self._lock:
                self._depth += 1
                try:
                    yield
                finally:
                    self._depth -= 1
                    outermost = self._depth == 0
        finally:
            if outermost:
                self._send_pending_events()

    def announce(self, detail_type: str, detail: dict[str, object], *resources: str) -> None:
        """Send a service event after the current change. Call it within :meth:`change`."""
        self._outbox.append(_PendingEvent(detail_type, detail, resources))

    def set_tags(self, arn: str, tags: list[dict[str, str]]) -> None:
        """Add or replace tags."""
        if tags:
            self.tags.setdefault(arn, {}).update({tag["Key"]: tag["Value"] for tag in tags})

    def _send_pending_events(self) -> None:
        while True:
            try:
                event = self._outbox.popleft()
            except IndexError:
                return
            self.emit(EVENT_SOURCE, event.detail_type, event.detail, event.resources)
