"""What all parts of the plug-in share: the clock, the bus, the lock, the names."""

import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from rehearsal.sagemaker.protocols import (
    AlarmsProtocol,
    ClockProtocol,
    Emit,
    MetricsProtocol,
    Scalable,
    Store,
)

SOURCE = "aws.sagemaker"
CREATOR = {"UserProfileName": "rehearsal"}
"""Who made a thing, where the API wants to know."""


@dataclass(frozen=True, slots=True)
class _Event:
    detail_type: str
    detail: dict[str, object]
    resources: tuple[str, ...]


@dataclass
class Context:
    """Ports and shared state.

    Every change of state happens within :meth:`change`. Events are put on the bus only after the
    lock is free again, since whoever receives one may call back at once.
    """

    clock: ClockProtocol
    emit: Emit
    alarms: AlarmsProtocol
    metrics: MetricsProtocol
    store: Store
    folder: Path
    environment: Mapping[str, str]
    scalable: Scalable
    account: str = "000000000000"
    region: str = "us-east-1"
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _depth: int = 0
    _outbox: deque[_Event] = field(default_factory=deque)

    def now(self) -> datetime:
        """The simulated instant."""
        return self.clock.now()

    def arn(self, kind: str, name: str) -> str:
        """The ARN of a SageMaker resource, as ``…:<kind>/<name>``."""
        return f"arn:aws:sagemaker:{self.region}:{self.account}:{kind}/{name}"

    @contextmanager
    def change(self) -> Iterator[None]:
        """Hold the lock; when it is free again, send the events that were announced."""
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
                self._send()

    def announce(self, detail_type: str, detail: dict[str, object], *resources: str) -> None:
        """Put a service event on the bus once the state is consistent. Call within a change."""
        self._outbox.append(_Event(detail_type, detail, resources))

    def set_tags(self, arn: str, tags: list[dict[str, str]]) -> None:
        """Add or replace tags."""
        if tags:
            self.tags.setdefault(arn, {}).update({tag["Key"]: tag["Value"] for tag in tags})

    def _send(self) -> None:
        while True:
            try:
                event = self._outbox.popleft()
            except IndexError:
                return
            self.emit(SOURCE, event.detail_type, event.detail, event.resources)
