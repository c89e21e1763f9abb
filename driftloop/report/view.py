"""What the page shows, worked out from the report."""

from collections.abc import Mapping, Sequence
from typing import Any


def page(report: Mapping[str, Any], history: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Everything the template puts on the page."""
    return {"report": report, "history": history}
