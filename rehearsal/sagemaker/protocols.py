"""What the emulated SageMaker needs from its surroundings, and the types that its parts share."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

Body = dict[str, Any]
"""A request or response of an API, as JSON carries it."""

Operations = dict[str, Callable[[Body], Body]]
"""APIs by name."""


class ClockProtocol(Protocol):
    """Simulated time."""

    def now(self) -> datetime:
        """Return the simulated time, in UTC."""
        ...

    def call_at(self, time: datetime, callback: Callable[[], None], label: str) -> None:
        """Run ``callback`` when the clock reaches ``time``."""
        ...


class EmitProtocol(Protocol):
    """Puts an event of an AWS service on the default bus, with the simulated time."""

    def __call__(
        self, source: str, detail_type: str, detail: dict[str, object], resources: Sequence[str]
    ) -> None:
        """Put one event."""
        ...


class AlarmsProtocol(Protocol):
    """The states of CloudWatch alarms."""

    def state(self, name: str) -> str:
        """Return OK, ALARM or INSUFFICIENT_DATA; raises KeyError for an unknown alarm."""
        ...


class MetricsProtocol(Protocol):
    """The metrics of CloudWatch."""

    def put(
        self,
        namespace: str,
        name: str,
        dimensions: Mapping[str, str],
        value: float,
        unit: str,
        timestamp: datetime,
    ) -> None:
        """Store one data point."""
        ...


class StoreProtocol(Protocol):
    """Objects by S3 URI."""

    def get(self, uri: str) -> bytes:
        """Return the bytes of an object; raises FileNotFoundError."""
        ...

    def put(self, uri: str, body: bytes, *, kms_key: str | None = None) -> None:
        """Write one object, encrypted with ``kms_key`` if given."""
        ...

    def list(self, uri: str) -> list[str]:
        """Return the URIs of all objects whose key begins with the URI's key, sorted."""
        ...


InvokeFunction = Callable[[str, Body], Body]
"""Invokes the Lambda function of an ARN and waits; the result has ``body`` and, if the function
failed, ``error``."""

IsScalable = Callable[[str], bool]
"""Returns whether a scalable target is registered for ``endpoint/NAME/variant/VARIANT``."""
