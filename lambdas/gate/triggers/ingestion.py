"""An event of the bus as the gate's rules deliver it: with the time at which it was received."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from driftloop.contract.events import decode_payload
from driftloop.contract.payloads import IngestedEvent


def unwrap(payload: Mapping[str, Any]) -> tuple[dict[str, Any], datetime | None]:
    """The event, and when EventBridge received it.

    The time is None for a direct invocation: by a schedule, by reconcile, or by a person with an
    event of the dead-letter queue. A caller that may invoke the function is trusted with its time.
    """
    if "ingestion_time" not in payload:
        return dict(payload), None
    ingested = decode_payload(IngestedEvent, payload)
    return ingested.event, ingested.ingestion_time
