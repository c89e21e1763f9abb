"""One version's window: profile, report, verdict."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from driftloop.config import Model
from driftloop.judge import Policy, build_report
from driftloop.profile import Baseline, Profile
from driftloop.window import Window
from lambdas.aws.ledger import Ledger
from lambdas.aws.storage import Bucket, split_uri
from lambdas.aws.wiring import Aws

_HISTORY = 48
Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Room:
    """What the parts of judge share."""

    aws: Aws
    model: str
    config: Model
    analysis: Bucket
    ledger: Ledger
    window: Window
    revision: int
    now: datetime


@dataclass(frozen=True, slots=True)
class Judged:
    """A judged window of one version; ``history`` has its earlier windows, oldest first."""

    version: int
    champion: bool
    profile: Profile
    report: Item
    history: list[Item]

    @property
    def verdict(self) -> str:
        """stable, drifted, insufficient_data or invalid_data."""
        return str(self.report["verdict"])

    @property
    def drifted_features(self) -> list[str]:
        """Names of the features that drifted."""
        features = self.report["features"]
        return sorted(name for name, entry in features.items() if entry["drifted"])

    @property
    def prediction_drifted(self) -> bool:
        """Whether the model's answers drifted."""
        return bool((self.report["prediction"] or {}).get("drifted"))


def judge_version(
    room: Room,
    version: Item,
    sums: Mapping[int, Profile],
    late: Mapping[int, Mapping[str, int]],
) -> Judged:
    """Compare the version's records with its own baseline."""
    number = version["version"]
    bucket, key = split_uri(version["baseline"])
    baseline = Baseline.from_bytes(Bucket(room.aws.client("s3"), bucket).get(key))
    profile = sums.get(number, Profile.empty(baseline))
    history = _history(room, number)
    report = build_report(
        baseline,
        profile,
        window=room.window,
        policy=Policy.of(room.config),
        model=room.model,
        version=number,
        history=history,
    )
    report |= {"revision": room.revision, "late_records": dict(late.get(number, {}))}
    return Judged(number, version["champion"], profile, report, history)


def _history(room: Room, version: int) -> list[Item]:
    """Earlier windows of the version as the ledger has them, oldest first."""
    prefix = f"WINDOW#{version:05d}#"
    # Sorts right before the window's own key, so that a rerun sees what the first run saw.
    items = room.ledger.query(
        prefix, f"{prefix}{room.window.label}", newest_first=True, limit=_HISTORY + 1
    )
    earlier = [item for item in items if item["label"] < room.window.label][:_HISTORY]
    return [_past(item) for item in reversed(earlier)]


def _past(item: Item) -> Item:
    kept = {name: item[name] for name in ("window", "verdict", "drifted_features", "effects")}
    return {**kept, "prediction": {"drifted": item["prediction_drifted"]}}
