"""What the rehearsal's page shows, worked out from the timeline."""

from collections.abc import Mapping, Sequence
from typing import Any


def page(timeline: Sequence[Mapping[str, Any]], figures: Mapping[str, Any]) -> dict[str, Any]:
    """Everything the template puts on the page."""
    return {"timeline": timeline, "figures": figures}
