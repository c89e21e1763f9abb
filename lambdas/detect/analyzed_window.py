"""What the analysis of a version's window found, or that of the day that its windows add up to."""

from dataclasses import dataclass, replace
from typing import Any

import msgspec

from driftloop.contract.ledger_items import VerdictItem
from driftloop.daily.day_decision import DayDecision
from driftloop.detection import DriftPolicy, WindowOutcome, WindowVerdict
from driftloop.profile import Baseline, Profile
from driftloop.report import WindowReport, build_report
from driftloop.window import Window
from lambdas.aws.context import AnalysisContext
from lambdas.detect.few_records import SummedDays

MAX_HISTORY = 48
"""Earlier windows that a report shows and in which persistent drift is searched."""

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class AnalyzedWindow:
    """An analyzed window or day; ``history`` has the earlier ones, oldest first."""

    item_type: type[VerdictItem]
    version: int
    is_champion: bool
    baseline: Baseline
    window: Window
    profile: Profile
    report: WindowReport
    history: list[WindowOutcome]

    @property
    def label(self) -> str:
        """``20260131T23`` of a window, ``20260131`` of a day."""
        return self.item_type.label_of(self.window)

    @property
    def outcome(self) -> WindowOutcome:
        """What later windows need to know of it."""
        outcome = self.report.outcome
        if outcome is None:
            raise ValueError("the report of an analyzed window has a window")
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

    @property
    def largest_drift_from_training(self) -> float:
        """How far the last days are from the training data; 0 while that is not known."""
        found = self.report.drift_from_training
        return 0.0 if found is None else found.largest(self.report.policy.feature_weights)

    def to_item(self, context: AnalysisContext, report_key: str) -> VerdictItem:
        """The item that the ledger stores; ``report_key`` is the S3 key of the report."""
        return self.item_type(
            version=self.version,
            label=self.label,
            window=self.window,
            revision=context.revision,
            verdict=str(self.verdict),
            records=self.profile.records,
            drifted_features=tuple(self.drifted_features),
            prediction_drifted=self.prediction_drifted,
            drifted_pair=self.outcome.drifted_pair,
            effect_sizes=dict(self.outcome.effect_sizes),
            drift_from_training=dict(self.outcome.drift_from_training),
            largest_drift_from_training=self.largest_drift_from_training,
            reasons=self.report.reasons,
            report_key=report_key,
            analyzed_at=context.as_of,
        )


def compare(
    context: AnalysisContext,
    *,
    item_type: type[VerdictItem],
    version: int,
    is_champion: bool,
    baseline: Baseline,
    window: Window,
    profile: Profile,
    daily: DayDecision | None = None,
    summed: SummedDays | None = None,
) -> AnalyzedWindow:
    """Compare ``profile`` with the baseline, given the windows analyzed before ``window``.

    ``daily`` is the decision of the daily rule on the 24 hours that end with ``window``. ``summed``
    are the days that are compared instead, since ``window`` has too few records.
    """
    history = _history(context, item_type, version, window)
    policy = DriftPolicy.from_settings(context.settings)
    shared: dict[str, Any] = {"model": context.name, "version": version, "history": history}
    if summed is None:
        report = build_report(
            baseline, profile, window=window, policy=policy, daily=daily, **shared
        )
    else:
        report = build_report(
            baseline,
            summed.profile,
            window=summed.window,
            policy=_without_clocks(policy, baseline),
            **shared,
        ).with_notes([summed.note])
        if daily is not None:
            report = report.with_day(daily.record, daily.drift_from_training)
    report = report.with_revision(context.revision)
    return AnalyzedWindow(
        item_type, version, is_champion, baseline, window, profile, report, history
    )


def _without_clocks(policy: DriftPolicy, baseline: Baseline) -> DriftPolicy:
    """The policy without the features that follow the clock: their months are no drift."""
    clocks = () if baseline.hourly is None else tuple(baseline.hourly.clocks)
    return replace(policy, exclude_features=[*policy.exclude_features, *clocks])


def to_outcome(item: VerdictItem) -> WindowOutcome:
    """The outcome that an item of the ledger holds."""
    return msgspec.convert(item, WindowOutcome, from_attributes=True)


def _history(
    context: AnalysisContext, item_type: type[VerdictItem], version: int, window: Window
) -> list[WindowOutcome]:
    """Earlier windows or days of the version in the ledger, oldest first."""
    label = item_type.label_of(window)
    # Includes the own label, so that a rerun finds the same earlier items as the first run.
    items = context.ledger.query(
        item_type, version, last=label, newest_first=True, limit=MAX_HISTORY + 1
    )
    earlier = [item for item in items if item.label < label][:MAX_HISTORY]
    return [to_outcome(item) for item in reversed(earlier)]
