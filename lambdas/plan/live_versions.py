"""Which versions served in a period."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from driftloop.contract.ledger_items import ChampionItem, VersionItem
from driftloop.window import HOUR, Window
from lambdas.aws.ledger import Ledger


@dataclass(frozen=True, slots=True)
class LiveVersion:
    """A version with its time of service; ``serving_until`` is None while it serves."""

    version: int
    baseline_uri: str
    is_champion: bool
    serving_from: datetime
    serving_until: datetime | None

    def has_served_in(self, window: Window) -> bool:
        """Whether it can have captured records of the window; files may be an hour late."""
        if self.serving_from >= window.end:
            return False
        return self.serving_until is None or self.serving_until + HOUR > window.start

    def to_dict(self, window: Window) -> dict[str, Any]:
        """As in the plan's output; ``retired`` if it stopped serving before the window."""
        return {
            "version": self.version,
            "baseline": self.baseline_uri,
            "champion": self.is_champion,
            "retired": self.serving_until is not None and self.serving_until <= window.start,
        }


def live_versions(ledger: Ledger, span: Window) -> list[LiveVersion]:
    """The versions that served in ``span``, by number."""
    champion = ledger.get(ChampionItem)
    number = champion.version if champion else None
    found = (_to_live_version(item, number) for item in ledger.query(VersionItem))
    return [version for version in found if version is not None and version.has_served_in(span)]


def _to_live_version(item: VersionItem, champion: int | None) -> LiveVersion | None:
    if item.serving_from is None:
        return None
    return LiveVersion(
        version=item.version,
        baseline_uri=item.baseline_uri,
        is_champion=item.version == champion,
        serving_from=item.serving_from,
        serving_until=item.serving_until,
    )


def serving(versions: Iterable[LiveVersion], window: Window) -> list[LiveVersion]:
    """The versions that served in ``window``."""
    return [version for version in versions if version.has_served_in(window)]
