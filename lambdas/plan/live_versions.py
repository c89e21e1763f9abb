"""Which versions served in a period."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from driftloop.contract.ledger_items import ChampionItem, ServingPeriod, VersionItem
from driftloop.window import HOUR, Window
from lambdas.aws.ledger import Ledger


@dataclass(frozen=True, slots=True)
class LiveVersion:
    """A version with the periods in which it served: more than one if it was deployed again."""

    version: int
    baseline_uri: str
    is_champion: bool
    periods: tuple[ServingPeriod, ...]

    def has_served_in(self, window: Window) -> bool:
        """Whether it can have captured records of the window; files may be an hour late."""
        return any(period.overlaps(window, tolerance=HOUR) for period in self.periods)

    def to_dict(self, window: Window) -> dict[str, Any]:
        """As in the plan's output; ``retired`` if it did not serve in the window itself."""
        return {
            "version": self.version,
            "baseline": self.baseline_uri,
            "champion": self.is_champion,
            "retired": not any(period.overlaps(window) for period in self.periods),
        }


def live_versions(ledger: Ledger, span: Window) -> list[LiveVersion]:
    """The versions that served in ``span``, by number."""
    champion = ledger.get(ChampionItem)
    number = champion.version if champion else None
    found = (_to_live_version(item, number) for item in ledger.query(VersionItem))
    return [version for version in found if version.has_served_in(span)]


def _to_live_version(item: VersionItem, champion: int | None) -> LiveVersion:
    return LiveVersion(
        version=item.version,
        baseline_uri=item.baseline_uri,
        is_champion=item.version == champion,
        periods=item.serving_periods,
    )


def serving(versions: Iterable[LiveVersion], window: Window) -> list[LiveVersion]:
    """The versions that served in ``window``."""
    return [version for version in versions if version.has_served_in(window)]
