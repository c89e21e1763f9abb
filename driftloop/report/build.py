"""Builds the report of one window: compare, check constraints, decide, collect notes."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftloop.capture import LineCounts
from driftloop.capture.line_counts import LineProblem
from driftloop.comparison import (
    ColumnComparison,
    ColumnSummary,
    CorrelationDrift,
    compare_profile,
    summarize_column,
)
from driftloop.comparison.quantiles import NOTHING_SAMPLED
from driftloop.comparison.reference import ComparedColumn, pair_with_reference
from driftloop.comparison.summary import NumericColumnSummary
from driftloop.daily.day_decision import DayDecision
from driftloop.detection.daily_rule import apply_daily_rule
from driftloop.detection.day_values import NO_VALUES, DayValues
from driftloop.detection.decision_rule import PREDICTION_KEY, detect_drift
from driftloop.detection.exclusions import (
    clock_exclusions,
    excluded_features,
    exclusion_notes,
    suspected_notes,
)
from driftloop.detection.policy import DriftPolicy
from driftloop.detection.sensitivity import daily_sensitivity
from driftloop.detection.verdict import ColumnStatus, ColumnVerdict, Verdict, WindowVerdict
from driftloop.detection.window_outcome import WindowOutcome
from driftloop.profile import Baseline, Profile
from driftloop.profile.numeric.counts import NumericBinning
from driftloop.quality import check_constraints, estimate_duplicates, find_rounding
from driftloop.quality.duplicates import DuplicateEstimate
from driftloop.report import notes
from driftloop.report.sensitivity_text import sensitivity_notes
from driftloop.report.window_report import (
    AnyColumn,
    Association,
    AssociationReport,
    BaselineInfo,
    CategoricalColumnReport,
    ChangedCategory,
    ColumnPValues,
    Correlation,
    CorrelationReport,
    Counts,
    DataQuality,
    EffectSizes,
    NumericColumnReport,
    UnreadLine,
    WindowReport,
)
from driftloop.untrusted_text import MAX_URI_LENGTH, single_line
from driftloop.window import DAY, Window

_ALWAYS = ("ks", "psi", "jensen_shannon")
"""Metrics that every column has, as null where they do not apply."""


def build_report(
    baseline: Baseline,
    profile: Profile,
    *,
    window: Window | None,
    policy: DriftPolicy,
    model: str,
    version: int | None = None,
    history: Sequence[WindowOutcome] = (),
    daily: DayDecision | None = None,
) -> WindowReport:
    """Compare a window's profile with its baseline, and decide on drift.

    Args:
        baseline: The baseline of the model version.
        profile: The window's records, counted on this baseline.
        window: The time span of the records; None where they have no time, so that all of the
            training data is the reference.
        policy: What counts as drift.
        model: The model's name.
        version: The model package version, None outside of a deployment.
        history: Earlier windows of the same version, oldest first: they show when drift began.
        daily: The decision of the daily rule on the 24 hours that end with the window, which
            replaces the comparison with the training data in the verdict; None without it.

    Returns:
        The report; equal arguments give equal reports.

    Raises:
        InputError: The profile was made on another baseline.
    """
    excluded, duplicates = excluded_features(baseline, policy), estimate_duplicates(profile)
    if daily is None:
        excluded = {**clock_exclusions(baseline, profile, policy), **excluded}
    rounding = find_rounding(baseline, profile, excluded)
    rounding_grids = {name: finding.rounding_grid for name, finding in rounding.items()}
    columns = pair_with_reference(baseline, profile, window)
    comparison = compare_profile(columns, excluded, rounding_grids)
    summaries = _summarize(baseline, profile, columns)
    layout = None if daily is None or daily.training is None else daily.training.layout
    clocks = () if layout is None else layout.stored.clocks
    quality = check_constraints(
        baseline,
        profile,
        policy.quality,
        {*excluded, *clocks},
        rounding,
        with_clocks=daily is None,
    )
    multipliers = {
        name: column.adjustment.min_effect_multiplier for name, column in columns.items()
    }
    zone = "UTC" if baseline.hourly is None else baseline.hourly.zone
    verdict = detect_drift(comparison, quality, policy, history, summaries, multipliers, zone)
    if daily is not None and layout is not None:
        values = NO_VALUES
        if window is not None and window.end - window.start == DAY:
            values = DayValues(summaries, _sampled_numbers(profile, columns))
        verdict, quality = apply_daily_rule(
            verdict,
            quality,
            daily,
            layout,
            values,
            window_records=profile.records,
            policy=policy,
            excluded=excluded,
        )
    sensitivity = (
        ()
        if daily is None
        else daily_sensitivity(baseline, policy, daily.window_hours, daily.limits, daily.training)
    )
    features = {
        name: _column(compared, verdict.features[name], summaries[name], columns[name].weeks)
        for name, compared in comparison.features.items()
    }
    return WindowReport(
        model=model,
        version=version,
        verdict=verdict.verdict,
        reasons=verdict.reasons,
        window=None if window is None else _in_utc(window),
        since=_since(verdict, window),
        counts=_counts(profile, duplicates, policy.quality.max_completeness_drop),
        features=features,
        drifted_features=tuple(name for name, column in features.items() if column.drifted),
        prediction=_prediction(comparison.prediction, verdict.prediction, summaries, columns),
        multivariate=_multivariate(comparison.multivariate, verdict),
        associations=tuple(
            AssociationReport(
                pair=change.pair,
                association=Association(reference=change.reference, current=change.current),
                effect_size=change.effect_size,
                p_value=change.p_value,
                drifted=change.pair in verdict.associations,
            )
            for change in comparison.associations
        ),
        data_quality=DataQuality(violations=tuple(quality.violations)),
        policy=policy,
        baseline=BaselineInfo(
            fingerprint=baseline.fingerprint, reference_records=baseline.reference_records
        ),
        day=None if daily is None else daily.record,
        sensitivity=sensitivity,
        drift_from_training=None if daily is None else daily.drift_from_training,
        explanations=verdict.explanations,
        notes=(
            *(
                notes.seasonality_notes(baseline, columns, window, policy)
                if daily is None
                else notes.daily_rule_notes(baseline, daily.training, daily.unchecked_clocks)
            ),
            *notes.data_notes(baseline, profile),
            *exclusion_notes(excluded),
            *suspected_notes(baseline, policy),
            *notes.duplicate_notes(duplicates),
            *notes.grouped_category_notes(summaries, excluded),
            *notes.association_notes(baseline),
            *sensitivity_notes(sensitivity),
        ),
    )


def _summarize(
    baseline: Baseline, profile: Profile, columns: Mapping[str, ComparedColumn]
) -> dict[str, ColumnSummary]:
    """Both sides of each column as they were compared.

    The samples of baseline and profile locate what lies between split points; there is no sample
    of single hours of the training data.
    """
    reference, current = baseline.reference.sample.values, profile.counts.sample.values
    return {
        name: summarize_column(
            column.binning,
            column.reference,
            column.current,
            (
                NOTHING_SAMPLED if column.weeks else reference[:, position].astype(np.float64),
                current[:, position].astype(np.float64),
            ),
        )
        for position, (name, column) in enumerate(columns.items())
    }


def _sampled_numbers(
    profile: Profile, columns: Mapping[str, ComparedColumn]
) -> dict[str, NDArray[np.float64]]:
    """The window's sample of each numeric column."""
    sample = profile.counts.sample.values
    return {
        name: sample[:, position].astype(np.float64)
        for position, (name, column) in enumerate(columns.items())
        if isinstance(column.binning, NumericBinning)
    }


def _column(
    compared: ColumnComparison, verdict: ColumnVerdict, summary: ColumnSummary, weeks: int
) -> AnyColumn:
    shared: dict[str, Any] = {
        "records": compared.records,
        "missing_records": compared.missing_records,
        "metrics": {**dict.fromkeys(_ALWAYS), **compared.metrics},
        "ks_max_error": compared.ks_max_error,
        "p_values": ColumnPValues(**compared.p_values),
        "effect_size": compared.effect_size,
        "effect_sizes": EffectSizes(
            distribution=compared.distribution_effect,
            beside_atoms=None
            if compared.beside_atoms is None
            else compared.beside_atoms.effect_size,
            missing=compared.missing_effect,
        ),
        "min_effect_sizes": verdict.min_effect_sizes,
        "changed_categories": tuple(
            ChangedCategory(
                category=found.category,
                kind=found.kind,
                change=found.change,
                reference=found.reference,
                current=found.current,
            )
            for found in compared.categories
        ),
        "p_value": verdict.p_value,
        "q_value": verdict.q_value,
        "design_effect": compared.design_effect,
        "reference_weeks": weeks,
        "status": verdict.status,
        "drifted": verdict.status == ColumnStatus.DRIFTED,
        "since": verdict.since,
        "reasons": verdict.reasons,
    }
    if isinstance(summary, NumericColumnSummary):
        return NumericColumnReport(
            **shared,
            reference=summary.reference,
            current=summary.current,
            histogram=summary.histogram,
        )
    return CategoricalColumnReport(
        **shared,
        reference=summary.reference,
        current=summary.current,
        categories=summary.categories,
    )


def _prediction(
    compared: ColumnComparison | None,
    verdict: ColumnVerdict | None,
    summaries: Mapping[str, ColumnSummary],
    columns: Mapping[str, ComparedColumn],
) -> AnyColumn | None:
    if compared is None or verdict is None:
        return None
    weeks = columns[PREDICTION_KEY].weeks
    return _column(compared, verdict, summaries[PREDICTION_KEY], weeks)


def _multivariate(change: CorrelationDrift | None, verdict: Verdict) -> CorrelationReport | None:
    if change is None:
        return None
    return CorrelationReport(
        pair=change.pair,
        correlation=Correlation(reference=change.reference, current=change.current),
        quintiles=change.quintiles,
        p_value=change.p_value,
        drifted=bool(verdict.multivariate),
        reasons=verdict.multivariate,
    )


def _counts(
    profile: Profile, duplicates: DuplicateEstimate | None, max_missing_share: float
) -> Counts:
    lines = profile.line_counts
    missing = max(lines.missing_columns.values(), default=0)
    are_missing = missing > max_missing_share * lines.records_read
    return Counts(
        lines_read=lines.read,
        lines_used=lines.used,
        lines_skipped=_sorted_counts(lines.skipped),
        lines_rejected=_sorted_counts(lines.rejected),
        records=profile.records,
        requests=lines.requests,
        missing_predictions=lines.missing_predictions,
        duplicate_share=duplicates,
        responses_unreadable=_sorted_counts(lines.unreadable_predictions),
        first_unread=tuple(_first_unread(lines, are_missing=are_missing)),
    )


def _first_unread(lines: LineCounts, *, are_missing: bool) -> Iterator[UnreadLine]:
    """The examples of the lines. One of missing columns needs ``are_missing``, that many records
    lack a column, and a suggestion: many models have optional columns."""
    for key, example in sorted(lines.examples.items()):
        problem, _, reason = key.partition("/")
        is_shown = problem != LineProblem.MISSING_COLUMNS or (are_missing and example.suggestion)
        if is_shown:
            yield UnreadLine(
                problem=LineProblem(problem),
                reason=reason or None,
                object=single_line(example.object, MAX_URI_LENGTH),
                line=example.line,
                shape=example.shape,
                suggested_settings=example.suggestion,
            )


def _sorted_counts(counts: Mapping[str, int]) -> dict[str, int]:
    return {str(reason): counts[reason] for reason in sorted(counts)}


def _since(verdict: Verdict, window: Window | None) -> Window | None:
    """From the start of the drift, or of the fault, of any column to the end of this window."""
    statuses = {
        WindowVerdict.DRIFTED: ColumnStatus.DRIFTED,
        WindowVerdict.INVALID_DATA: ColumnStatus.INVALID_DATA,
    }
    status = statuses.get(verdict.verdict)
    if window is None or status is None:
        return None
    columns = [*verdict.features.values(), *([verdict.prediction] if verdict.prediction else [])]
    starts = [c.since for c in columns if c.status == status and c.since is not None]
    if not starts and status == ColumnStatus.INVALID_DATA:
        return None
    return _in_utc(Window(min([window.start, *starts]), window.end))


def _in_utc(window: Window) -> Window:
    return Window(window.start.astimezone(UTC), window.end.astimezone(UTC))
