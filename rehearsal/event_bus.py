"""The default event bus: events of emulated services, and a record of every event."""

import json
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rehearsal.ministack import events, names


class EventBus:
    """Records every event of the default bus, in order."""

    def __init__(self) -> None:
        self._events: list[dict[str, Any]] = []
        self._lock = threading.Lock()

    def emit(
        self, source: str, detail_type: str, detail: Mapping[str, Any], resources: Sequence[str]
    ) -> None:
        """Put an event of an AWS service on the bus."""
        events.put_service_event(source, detail_type, detail, resources)

    def record(self, event: Mapping[str, Any], ingested: datetime) -> None:
        """Record one event, given with MiniStack's field names, and when the bus received it."""
        with self._lock:
            self._events.append(
                {
                    "number": len(self._events),
                    "id": event["EventId"],
                    "time": datetime.fromtimestamp(event["Time"], UTC).isoformat(),
                    "ingestion_time": ingested.isoformat(),
                    "source": event["Source"],
                    "detail-type": event["DetailType"],
                    "resources": list(event.get("Resources", ())),
                    "detail": json.loads(event["Detail"]),
                }
            )

    def events_since(self, number: int) -> list[dict[str, Any]]:
        """Return the events from ``number`` on."""
        with self._lock:
            return self._events[number:]

    def emit_parameter_change(self, operation: str, name: str, kind: str) -> None:
        """Put the event of a changed SSM parameter on the bus.

        Source: AWS Systems Manager User Guide, "Parameter Store events".
        """
        arn = f"arn:aws:ssm:{names.REGION}:{names.ACCOUNT}:parameter/{name.removeprefix('/')}"
        detail = {"operation": operation, "name": name, "type": kind, "description": ""}
        self.emit("aws.ssm", "Parameter Store Change", detail, [arn])
