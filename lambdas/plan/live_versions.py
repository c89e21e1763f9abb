"""Which versions answered requests in a span of time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from driftloop.window import HOUR, Window, parse_time
from lambdas.aws.ledger import Ledger


@dataclass(frozen=True, slots=True)
class LiveVersion:
    """A version with the time in which it served (``to`` is None while it does)."""

    version: int
    baseline: str
    champion: bool
    since: datetime
    to: datetime | None

    def served_in(self, window: Window) -> bool:
        """Whether it can have captured records of the window; with slack at the end."""
        return self.since < window.end and (self.to is None or self.to + HOUR > window.start)

    def to_dict(self, window: Window) -> dict[str, Any]:
        """As in the plan's output; ``retired`` where only the slack lets it have served."""
        return {
            "version": self.version,
            "baseline": self.baseline,
            "champion": self.champion,
            "retired": self.to is not None and self.to <= window.start,
        }


def live_versions(ledger: Ledger, span: Window) -> list[LiveVersion]:
    """The versions that served in ``span``, by number."""
    champion = (ledger.get("CHAMPION") or {}).get("version")
    found = (_live(item, champion) for item in ledger.query_prefix("VERSION#"))
    return [version for version in found if version is not None and version.served_in(span)]


def _live(item: dict[str, Any], champion: int | None) -> LiveVersion | None:
    if "serving_from" not in item or "baseline" not in item:
        return None
    return LiveVersion(
        version=item["version"],
        baseline=item["baseline"],
        champion=item["version"] == champion,
        since=parse_time(item["serving_from"]),
        to=parse_time(item["serving_until"]) if "serving_until" in item else None,
    )


def serving(versions: Iterable[LiveVersion], window: Window) -> list[LiveVersion]:
    """Those of ``versions`` that served in ``window``."""
    return [version for version in versions if version.served_in(window)]
