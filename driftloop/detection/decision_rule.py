"""The decision rule: drift is statistically significant and at least the minimum effect size.

Significant: Benjamini-Hochberg over all columns on each column's p-value, which is min(1, 3 x the
smallest) over its three kinds of tests. Large enough: the same kind of change that is significant
(distribution, a category, missing values) has at least its minimum effect size. So a large change
of one kind, which may be noise, is not combined with the significance of a small change of another.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from driftloop.comparison import (
    AssociationDrift,
    CategoryChange,
    ColumnComparison,
    ColumnSummary,
    Comparison,
    CorrelationDrift,
)
from driftloop.detection import reasons as reason_texts
from driftloop.detection.drift_explanations import (
    FoundChanges,
    explain_associations,
    explain_correlation,
    explain_drift,
    explain_invalid_column,
)
from driftloop.detection.explanation import MAIN_PART, Explanation, ExplanationKind
from driftloop.detection.policy import DriftPolicy, MinEffectSizes
from driftloop.detection.significance import (
    SignificanceResult,
    assess_significance,
    assess_single_column,
)
from driftloop.detection.verdict import ColumnStatus, ColumnVerdict, Verdict, WindowVerdict
from driftloop.detection.window_outcome import WindowOutcome
from driftloop.quality import QualityResult
from driftloop.quality.spelling import Spelling
from driftloop.seasonality.hourly_counts import PREDICTION

History = Sequence[WindowOutcome]

PREDICTION_KEY = PREDICTION
"""Key of the prediction among the features; a feature may be named ``prediction``."""

MIN_CORRELATION_CHANGE = 0.2
"""Smallest absolute change of a correlation that is drift, such as from 0.1 to 0.3."""

MIN_ASSOCIATION_CHANGE = 0.1
"""Smallest effect size (Cohen's w) of a change of association that is drift: that of a shuffled
column whose association was weak."""

CORRELATION_FDR_FRACTION = 0.1
"""Fraction of ``false_discovery_rate`` at which the tests of correlations and of associations are
significant. They are tests beside those of the columns, and hardly add false detections at a tenth
of their rate."""


def detect_drift(
    comparison: Comparison,
    quality: QualityResult,
    policy: DriftPolicy,
    history: History = (),
    summaries: Mapping[str, ColumnSummary] | None = None,
    min_effect_multipliers: Mapping[str, float] | None = None,
    time_zone: str = "UTC",
) -> Verdict:
    """Decide on a window.

    The conditions are checked in this order: invalid lines (where most can't be read the rest is no
    sample), too few records, repeated records (which are no sample either), invalid columns, drift.

    Args:
        comparison: Tests and effect sizes of all columns.
        quality: The result of the constraint checks.
        policy: Settings of the rule.
        history: Earlier windows of the same version, oldest first.
        summaries: By column, both sides in its own units, for the reasons.
        min_effect_multipliers: By column, the multiplier of its minimum effect sizes; 1 where none
            is given.
        time_zone: IANA time zone in which reasons say since when a column drifts.
    """
    has_enough_records = comparison.records >= policy.min_records
    if quality.invalid_lines is not None and (
        has_enough_records or quality.checked_lines >= policy.min_records
    ):
        return _without_tests(comparison, WindowVerdict.INVALID_DATA, quality.invalid_lines)
    if not has_enough_records:
        reason = reason_texts.insufficient_records(comparison.records, policy)
        return _without_tests(comparison, WindowVerdict.INSUFFICIENT_DATA, reason)
    if quality.repeated_records is not None:
        repeated = Explanation(
            kind=ExplanationKind.REPEATED_RECORDS, column=None, text=quality.repeated_records
        )
        found = _without_tests(comparison, WindowVerdict.INVALID_DATA, repeated.text)
        return replace(found, explanations=(repeated,))
    features, prediction = _decide_columns(
        comparison,
        quality,
        policy,
        {} if summaries is None else summaries,
        min_effect_multipliers or {},
        lambda name: _drifted_since(name, history, time_zone),
    )
    if quality.invalid_columns:
        causes = [one for name in quality.invalid_columns for one in features[name].explanations]
        return _explained(WindowVerdict.INVALID_DATA, causes, features, prediction)
    columns = {**features, **({} if prediction is None else {PREDICTION_KEY: prediction})}
    drifted = [name for name, column in columns.items() if column.status == ColumnStatus.DRIFTED]
    correlation = _drifted_correlation(comparison.multivariate, policy)
    associations = _drifted_associations(comparison, policy, drifted)
    if not drifted and correlation is None and not associations:
        reason = reason_texts.no_drift(comparison.records, columns)
        return Verdict(WindowVerdict.STABLE, (reason,), features, prediction)
    compared = {**comparison.features, PREDICTION_KEY: comparison.prediction}
    drifted.sort(key=lambda name: _rank(name, compared[name], policy))
    of_columns = [one for name in drifted for one in columns[name].explanations]
    of_pairs = _explain_pairs(correlation, associations)
    found = _explained(WindowVerdict.DRIFTED, [*of_columns, *of_pairs], features, prediction)
    return replace(
        found,
        multivariate=() if correlation is None else (explain_correlation(correlation).sentence,),
        associations=tuple(change.pair for change in associations),
    )


def _explained(
    verdict: WindowVerdict,
    causes: Sequence[Explanation],
    features: Mapping[str, ColumnVerdict],
    prediction: ColumnVerdict | None,
) -> Verdict:
    """A verdict whose reasons are its causes."""
    reasons = tuple(one.dated_sentence for one in causes)
    return Verdict(verdict, reasons, features, prediction, explanations=tuple(causes))


def detect_in_column(
    column: ColumnComparison,
    columns: int,
    policy: DriftPolicy,
    weight: float = 1.0,
    min_effect_multiplier: float = 1.0,
) -> ColumnVerdict:
    """Decide on one column among ``columns``, no other of which has changed."""
    result = assess_single_column(column.p_value, columns, policy, weight)
    min_effect_sizes = policy.min_effect_sizes(min_effect_multiplier)
    return _decide_column(column, result, min_effect_sizes, None, None)


def _without_tests(comparison: Comparison, verdict: WindowVerdict, reason: str) -> Verdict:
    column = ColumnVerdict(ColumnStatus(verdict), None, None)
    features = dict.fromkeys(comparison.features, column)
    prediction = None if comparison.prediction is None else column
    return Verdict(verdict, (reason,), features, prediction)


def _decide_columns(
    comparison: Comparison,
    quality: QualityResult,
    policy: DriftPolicy,
    summaries: Mapping[str, ColumnSummary],
    min_effect_multipliers: Mapping[str, float],
    since: Callable[[str], datetime | None],
) -> tuple[dict[str, ColumnVerdict], ColumnVerdict | None]:
    """Decide on all valid columns, the prediction included, as one family of tests."""
    family = {
        name: column
        for name, column in comparison.features.items()
        if name not in quality.invalid_columns and column.excluded_because is None
    }
    if comparison.prediction is not None:
        family[PREDICTION_KEY] = comparison.prediction
    results = assess_significance({name: column.p_value for name, column in family.items()}, policy)
    verdicts = {
        name: _decide_column(
            column,
            results[name],
            policy.min_effect_sizes(min_effect_multipliers.get(name, 1.0)),
            summaries.get(name),
            since(name),
            quality.spellings.get(name, ()),
        )
        for name, column in family.items()
    }
    prediction = verdicts.pop(PREDICTION_KEY, None)
    features = {
        name: verdicts[name]
        if name in verdicts
        else _not_tested(column, quality, summaries.get(name))
        for name, column in comparison.features.items()
    }
    return features, prediction


def _not_tested(
    column: ColumnComparison, quality: QualityResult, summary: ColumnSummary | None
) -> ColumnVerdict:
    """The decision on an invalid column, or on an excluded one where it is valid."""
    invalid_because = quality.invalid_columns.get(column.name)
    if invalid_because is not None:
        is_clock = column.name in quality.clocks
        cause = explain_invalid_column(column, invalid_because, summary, is_clock=is_clock)
        return ColumnVerdict(
            ColumnStatus.INVALID_DATA, None, None, (cause.sentence,), explanations=(cause,)
        )
    return ColumnVerdict(ColumnStatus.EXCLUDED, None, None, (column.excluded_because or "",))


def _decide_column(
    column: ColumnComparison,
    result: SignificanceResult,
    min_effect_sizes: MinEffectSizes,
    summary: ColumnSummary | None,
    since: datetime | None,
    spellings: Sequence[Spelling] = (),
) -> ColumnVerdict:
    p, q = column.p_value, result.q_value
    if not result.is_significant:
        return ColumnVerdict(ColumnStatus.STABLE, p, q, min_effect_sizes=min_effect_sizes)
    found = _found_changes(column, result.p_value_cutoff, min_effect_sizes)
    if found == FoundChanges():
        change = "" if summary is None else reason_texts.describe_change(summary)
        minor = (reason_texts.minor_change(column, min_effect_sizes, change),)
        return ColumnVerdict(
            ColumnStatus.MINOR_CHANGE, p, q, minor, min_effect_sizes=min_effect_sizes
        )
    causes = tuple(
        one.with_since(since) for one in explain_drift(column, found, summary, spellings)
    )
    reasons = tuple(one.sentence for one in causes)
    start = None if since is None else since.astimezone(UTC)
    return ColumnVerdict(ColumnStatus.DRIFTED, p, q, reasons, start, min_effect_sizes, causes)


def _found_changes(
    column: ColumnComparison, p_value_cutoff: float, min_effect_sizes: MinEffectSizes
) -> FoundChanges:
    """Each change that is significant by its own test and at least its own minimum effect size."""
    drifted = [
        change
        for change in column.categories
        if change.p_value <= p_value_cutoff
        and change.effect_size >= min_effect_sizes.for_category(change)
    ]
    effect_size = column.distribution_effect
    distribution_drifted = (
        column.distribution_p_value <= p_value_cutoff
        and effect_size is not None
        and effect_size >= min_effect_sizes.distribution
        and not _is_one_value(column, drifted)
    )
    others = column.beside_atoms
    others_drifted = (
        others is not None
        and others.p_value <= p_value_cutoff
        and others.effect_size >= min_effect_sizes.distribution
    )
    missing_effect = column.missing_effect or 0.0
    return FoundChanges(
        distribution=effect_size if distribution_drifted else None,
        beside_atoms=others if others_drifted else None,
        categories=tuple(drifted),
        missing=column.missing_p_value <= p_value_cutoff
        and missing_effect >= min_effect_sizes.share,
    )


def _is_one_value(column: ColumnComparison, drifted: Sequence[CategoryChange]) -> bool:
    """Whether one value's share changed by nearly the Kolmogorov-Smirnov distance.

    A change of one share changes the distance by that much at most, so that this value explains it.
    """
    distance = column.metrics.get("ks")
    return distance is not None and any(
        abs(change.current - change.reference) >= MAIN_PART * distance
        for change in drifted
        if change.kind == "value"
    )


def _drifted_correlation(
    change: CorrelationDrift | None, policy: DriftPolicy
) -> CorrelationDrift | None:
    """The correlation of two features that has drifted; None where it has not."""
    if change is None or change.effect_size < MIN_CORRELATION_CHANGE:
        return None
    if change.p_value > policy.false_discovery_rate * CORRELATION_FDR_FRACTION:
        return None
    return change if all(_weight(name, policy) for name in change.pair) else None


def _explain_pairs(
    correlation: CorrelationDrift | None, associations: Sequence[AssociationDrift]
) -> list[Explanation]:
    """A column whose association with several others changed explains its correlation with one; of
    a single pair the correlation says more, since it has a sign."""
    found = explain_associations(associations)
    if correlation is None:
        return found
    pair = {*correlation.pair}
    covering = [one for one in found if pair <= {one.column, *one.partners}]
    if any(len(one.partners) > 1 for one in covering):
        return found
    return [explain_correlation(correlation), *(one for one in found if one not in covering)]


def _drifted_associations(
    comparison: Comparison, policy: DriftPolicy, drifted: Collection[str]
) -> list[AssociationDrift]:
    """Pairs whose association has drifted and of which neither column has: a changed column may
    depend on others in another way, which is no second cause."""
    return [
        change
        for change in comparison.associations
        if change.effect_size >= MIN_ASSOCIATION_CHANGE
        and change.p_value <= policy.false_discovery_rate * CORRELATION_FDR_FRACTION
        and all(_weight(name, policy) for name in change.pair)
        and not {*change.pair} & {*drifted}
    ]


def _weight(name: str, policy: DriftPolicy) -> float:
    return policy.feature_weights.get(name, 1.0)


def _rank(name: str, column: ColumnComparison | None, policy: DriftPolicy) -> tuple[float, str]:
    """Sorts by effect size times weight, the largest first."""
    effect_size = 0.0 if column is None else column.effect_size or 0.0
    return -effect_size * _weight(name, policy), name


def _drifted_since(name: str, history: History, time_zone: str) -> datetime | None:
    """Start of the first of the consecutive drifted windows that precede this one, in local time.

    Windows without a conclusive verdict don't interrupt the sequence.
    """
    since: datetime | None = None
    for earlier in reversed(history):
        if not earlier.verdict.is_conclusive:
            continue
        if name not in earlier.drifted_columns:
            break
        since = earlier.window.start
    return None if since is None else since.astimezone(ZoneInfo(time_zone))
