"""What the plug-in needs from the rest of the rehearsal, and nothing more."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol


class ClockProtocol(Protocol):
    """Simulated time."""

    def now(self) -> datetime:
        """The simulated instant, in UTC."""
        ...

    def call_at(self, when: datetime, callback: Callable[[], None], label: str) -> None:
        """Run ``callback`` when the clock gets to ``when``."""
        ...


class Emit(Protocol):
    """Puts an AWS service event on the default bus, with the clock's time."""

    def __call__(
        self, source: str, detail_type: str, detail: dict[str, object], resources: Sequence[str]
    ) -> None:
        """One event."""
        ...


class AlarmsProtocol(Protocol):
    """The states of CloudWatch alarms."""

    def state(self, name: str) -> str:
        """``OK``, ``ALARM`` or ``INSUFFICIENT_DATA``; raises KeyError for an unknown alarm."""
        ...


class MetricsProtocol(Protocol):
    """CloudWatch's intake."""

    def put(
        self,
        namespace: str,
        name: str,
        dimensions: Mapping[str, str],
        value: float,
        unit: str,
        timestamp: datetime,
    ) -> None:
        """One data point."""
        ...


class Store(Protocol):
    """Objects by S3 URI."""

    def get(self, uri: str) -> bytes:
        """The object's bytes; raises FileNotFoundError."""
        ...

    def put(self, uri: str, body: bytes, *, kms_key: str | None = None) -> None:
        """Write one object, encrypted under ``kms_key`` where given."""
        ...

    def list(self, uri: str) -> list[str]:
        """URIs of all objects whose key begins with the URI's key, sorted."""
        ...


Scalable = Callable[[str], bool]
"""Whether a scalable target is registered for ``endpoint/NAME/variant/VARIANT``."""
