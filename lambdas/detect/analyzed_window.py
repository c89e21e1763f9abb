"""What was judged of one version: a window, or a day that windows add up to."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import msgspec

from driftloop.detection import DriftPolicy, WindowOutcome, WindowVerdict
from driftloop.profile import Baseline, Profile
from driftloop.report import WindowReport, build_report
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
    report: WindowReport
    history: list[WindowOutcome]

    @property
    def label(self) -> str:
        """``20260131T23`` of a window, ``20260131`` of a day."""
        return window_label(self.kind, self.window)

    @property
    def key(self) -> str:
        """Where the ledger keeps the verdict."""
        return f"{ledger_prefix(self.kind, self.version)}{self.label}"

    @property
    def outcome(self) -> WindowOutcome:
        """What later windows need to know of it."""
        outcome = self.report.outcome
        if outcome is None:
            raise ValueError("an analyzed window has a time")
        return outcome

    @property
    def verdict(self) -> WindowVerdict:
        """The decision on the window."""
        return self.report.verdict

    @property
    def drifted_features(self) -> list[str]:
        """Names of the features that drifted, sorted."""
        return sorted(self.report.drifted_features)

    @property
    def prediction_drifted(self) -> bool:
        """Whether the model's predictions drifted."""
        return self.report.prediction_drifted

    def to_item(self, context: AnalysisContext, report: str) -> Item:
        """As the ledger keeps it; ``report`` is the report's key."""
        pair = self.outcome.drifted_pair
        return {
            "version": self.version,
            "label": self.label,
            "window": self.window.to_dict(),
            "revision": context.revision,
            "verdict": str(self.verdict),
            "drifted_features": self.drifted_features,
            "prediction_drifted": self.prediction_drifted,
            "drifted_pair": None if pair is None else list(pair),
            "effect_sizes": dict(self.outcome.effect_sizes),
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
    report = judged.report.with_late_records(late.get(number, {})).with_notes(notes)
    return replace(judged, report=report)


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
    report = report.with_revision(context.revision)
    return AnalyzedWindow(kind, version, champion, baseline, window, profile, report, history)


def to_outcome(item: Item) -> WindowOutcome:
    """The outcome that an item of the ledger holds."""
    return msgspec.convert(item, WindowOutcome)


def window_label(kind: WindowKind, window: Window) -> str:
    """What a window or a day is called in keys; sorts by time."""
    return window.label if kind == "WINDOW" else window.label.partition("T")[0]


def ledger_prefix(kind: WindowKind, version: int) -> str:
    """First part of the ledger's keys of a version's windows or days."""
    return f"{kind}#{version:05d}#"


def _history(
    context: AnalysisContext, kind: WindowKind, version: int, window: Window
) -> list[WindowOutcome]:
    """Earlier windows or days of the version as the ledger has them, oldest first."""
    prefix, label = ledger_prefix(kind, version), window_label(kind, window)
    # Ends with the own key, so that a rerun sees what the first run saw.
    items = context.ledger.query(prefix, f"{prefix}{label}", newest_first=True, limit=HISTORY + 1)
    earlier = [item for item in items if item["label"] < label][:HISTORY]
    return [to_outcome(item) for item in reversed(earlier)]
