"""What was judged of one version: a window, or a day that windows add up to."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from driftloop.detection import DriftPolicy
from driftloop.profile import Baseline, Profile
from driftloop.report import build_report
from driftloop.window import Window, format_time
from lambdas.aws.context import AnalysisContext
from lambdas.aws.storage import Bucket, split_uri
from lambdas.detect.accepted_weeks import with_accepted_weeks

HISTORY = 48
"""Earlier windows that a report shows and that persistence is looked for in."""

Item = dict[str, Any]
WindowKind = Literal["WINDOW", "DAY"]


@dataclass(frozen=True, slots=True)
class AnalyzedWindow:
    """A judged window or day; ``history`` has the earlier ones of its kind, oldest first."""

    kind: WindowKind
    version: int
    champion: bool
    baseline: Baseline
    window: Window
    profile: Profile
    report: Item
    history: list[Item]

    @property
    def label(self) -> str:
        """``20260131T23`` of a window, ``20260131`` of a day."""
        return window_label(self.kind, self.window)

    @property
    def key(self) -> str:
        """Where the ledger keeps the verdict."""
        return f"{ledger_prefix(self.kind, self.version)}{self.label}"

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

    def to_item(self, context: AnalysisContext, report: str) -> Item:
        """As the ledger keeps it; ``report`` is the report's key."""
        effects = {name: entry["effect"] for name, entry in self.report["features"].items()}
        pair = self.report["multivariate"] or {}
        return {
            "version": self.version,
            "label": self.label,
            "window": self.window.to_dict(),
            "revision": context.revision,
            "verdict": self.verdict,
            "drifted_features": self.drifted_features,
            "prediction_drifted": self.prediction_drifted,
            "drifted_pair": pair["pair"] if pair.get("drifted") else None,
            "effects": {
                name: effect
                for name, effect in effects.items()
                if effect is not None and math.isfinite(effect)
            },
            "report": report,
            "judged": format_time(context.as_of),
        }


def analyze_version(
    context: AnalysisContext,
    version: Item,
    sums: Mapping[int, Profile],
    late: Mapping[int, Mapping[str, int]],
) -> AnalyzedWindow:
    """Compare the version's records of the window with its own baseline."""
    number = version["version"]
    bucket, key = split_uri(version["baseline"])
    stored = Baseline.from_bytes(Bucket(context.aws.client("s3"), bucket).get(key))
    baseline, notes = with_accepted_weeks(context, version, stored)
    judged = compare(
        context,
        kind="WINDOW",
        version=number,
        champion=version["champion"],
        baseline=baseline,
        window=context.window,
        profile=sums.get(number, Profile.empty(baseline)),
    )
    judged.report["late_records"] = dict(late.get(number, {}))
    judged.report["notes"] += notes
    return judged


def compare(
    context: AnalysisContext,
    *,
    kind: WindowKind,
    version: int,
    champion: bool,
    baseline: Baseline,
    window: Window,
    profile: Profile,
) -> AnalyzedWindow:
    """Judge ``profile`` in the light of what was judged before ``window``."""
    history = _history(context, kind, version, window)
    report = build_report(
        baseline,
        profile,
        window=window,
        policy=DriftPolicy.from_settings(context.settings),
        model=context.name,
        version=version,
        history=history,
    )
    report["revision"] = context.revision
    return AnalyzedWindow(kind, version, champion, baseline, window, profile, report, history)


def history_item(item: Item) -> Item:
    """An item of the ledger as the rule, the alarm and the report's page take it."""
    kept = {name: item[name] for name in ("window", "verdict", "drifted_features", "effects")}
    pair = item.get("drifted_pair")
    return {
        **kept,
        "prediction": {"drifted": item["prediction_drifted"]},
        "multivariate": {"pair": pair, "drifted": pair is not None},
    }


def window_label(kind: WindowKind, window: Window) -> str:
    """What a window or a day is called in keys; sorts by time."""
    return window.label if kind == "WINDOW" else window.label.partition("T")[0]


def ledger_prefix(kind: WindowKind, version: int) -> str:
    """First part of the ledger's keys of a version's windows or days."""
    return f"{kind}#{version:05d}#"


def _history(
    context: AnalysisContext, kind: WindowKind, version: int, window: Window
) -> list[Item]:
    """Earlier windows or days of the version as the ledger has them, oldest first."""
    prefix, label = ledger_prefix(kind, version), window_label(kind, window)
    # Ends with the own key, so that a rerun sees what the first run saw.
    items = context.ledger.query(prefix, f"{prefix}{label}", newest_first=True, limit=HISTORY + 1)
    earlier = [item for item in items if item["label"] < label][:HISTORY]
    return [history_item(item) for item in reversed(earlier)]
