"""The event bus: service events with simulated time, and a record of everything that passed."""

import json
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rehearsal.ministack import events, names


class Bus:
    """Keeps every event of the default bus, in order."""

    def __init__(self) -> None:
        self._events: list[dict[str, Any]] = []
        self._lock = threading.Lock()

    def emit(
        self, source: str, detail_type: str, detail: Mapping[str, Any], resources: Sequence[str]
    ) -> None:
        """Put an event of an AWS service on the bus."""
        events.put_service_event(source, detail_type, detail, resources)

    def see(self, event: Mapping[str, Any]) -> None:
        """Record one event as it passes (in the embedded bus's own spelling)."""
        with self._lock:
            self._events.append(
                {
                    "number": len(self._events),
                    "id": event["EventId"],
                    "time": datetime.fromtimestamp(event["Time"], UTC).isoformat(),
                    "source": event["Source"],
                    "detail-type": event["DetailType"],
                    "resources": list(event.get("Resources", ())),
                    "detail": json.loads(event["Detail"]),
                }
            )

    def since(self, number: int) -> list[dict[str, Any]]:
        """The events from ``number`` on."""
        with self._lock:
            return self._events[number:]

    def parameter_changed(self, operation: str, name: str, kind: str) -> None:
        """Announce a change of an SSM parameter.

        Source: AWS Systems Manager User Guide, "Parameter Store events".
        """
        arn = f"arn:aws:ssm:{names.REGION}:{names.ACCOUNT}:parameter/{name.removeprefix('/')}"
        detail = {"operation": operation, "name": name, "type": kind, "description": ""}
        self.emit("aws.ssm", "Parameter Store Change", detail, [arn])
