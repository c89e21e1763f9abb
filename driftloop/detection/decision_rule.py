"""The rule: drift is a change that is sure and large.

Sure: over all columns the false discovery rate is held (Benjamini-Hochberg) on each column's
min(1, 3 min p). Large: the very kind of change that is sure (of shape, of one level, of missing
values) is above its floor, so that a large change of one kind, which may be noise, never borrows
its sureness from a small change of another.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from driftloop.comparison import ColumnComparison, Comparison, CorrelationDrift
from driftloop.detection import reasons as words
from driftloop.detection.policy import DriftPolicy, MinEffectSizes
from driftloop.detection.significance import (
    SignificanceResult,
    assess_significance,
    assess_single_column,
)
from driftloop.detection.verdict import ColumnStatus, ColumnVerdict, Verdict, WindowVerdict
from driftloop.detection.window_outcome import WindowOutcome
from driftloop.quality import QualityResult
from driftloop.seasonality.hourly_counts import PREDICTION

History = Sequence[WindowOutcome]

PREDICTION_KEY = PREDICTION
"""The prediction among the features, one of which may well be named so."""

MIN_CORRELATION_CHANGE = 0.2
"""Smallest change of a correlation that is drift: from +.1 to +.3, say."""

CORRELATION_FDR_FRACTION = 0.1
"""Part of ``false_discovery_rate`` that the test of correlations is held to."""


def detect_drift(
    scores: Comparison,
    quality: QualityResult,
    policy: DriftPolicy,
    history: History = (),
    phrases: Mapping[str, str] | None = None,
    floor_factors: Mapping[str, float] | None = None,
) -> Verdict:
    """Decide on a window.

    ``history`` holds earlier windows of the same version, oldest first. ``phrases`` say by column
    how it changed in its own units.
    ``floor_factors`` say by column by how much the policy's floors are raised, 1 where not given.
    Broken lines come first, since where most can't be read the rest is no sample; then too few
    records; then broken columns; then drift.
    """
    phrases = phrases or {}
    enough = scores.records >= policy.min_records
    if quality.lines is not None and (enough or quality.judged_lines >= policy.min_records):
        return _unjudged(scores, WindowVerdict.INVALID_DATA, quality.lines)
    if not enough:
        return _unjudged(
            scores,
            WindowVerdict.INSUFFICIENT_DATA,
            words.insufficient_records(scores.records, policy),
        )
    factors = floor_factors or {}
    features, prediction = _columns(scores, quality, policy, history, phrases, factors)
    if quality.broken:
        return Verdict(
            WindowVerdict.INVALID_DATA, tuple(quality.broken.values()), features, prediction
        )
    judged = {**features, **({} if prediction is None else {PREDICTION_KEY: prediction})}
    drifted = [name for name, column in judged.items() if column.status == ColumnStatus.DRIFTED]
    together = _correlation_reasons(scores.multivariate, policy)
    if not drifted and not together:
        return Verdict(
            WindowVerdict.STABLE, (words.no_drift(scores.records, judged),), features, prediction
        )
    every = {**scores.features, PREDICTION_KEY: scores.prediction}
    drifted.sort(key=lambda name: _rank(name, every[name], policy))
    reasons = tuple(reason for name in drifted for reason in judged[name].reasons)
    return Verdict(WindowVerdict.DRIFTED, (*reasons, *together), features, prediction, together)


def detect_in_column(
    score: ColumnComparison,
    columns: int,
    policy: DriftPolicy,
    weight: float = 1.0,
    min_effect_multiplier: float = 1.0,
) -> ColumnVerdict:
    """Decide on a column among ``columns`` of which no other changed."""
    found = assess_single_column(score.p_value, columns, policy, weight)
    return _column(score, found, policy.min_effect_sizes(min_effect_multiplier), "", None)


def _unjudged(scores: Comparison, verdict: WindowVerdict, reason: str) -> Verdict:
    column = ColumnVerdict(ColumnStatus(verdict), None, None)
    features = dict.fromkeys(scores.features, column)
    prediction = None if scores.prediction is None else column
    return Verdict(verdict, (reason,), features, prediction)


def _columns(
    scores: Comparison,
    quality: QualityResult,
    policy: DriftPolicy,
    history: History,
    phrases: Mapping[str, str],
    factors: Mapping[str, float],
) -> tuple[dict[str, ColumnVerdict], ColumnVerdict | None]:
    """All columns that are not broken, as one family of tests, the prediction among them."""
    family = {
        name: score
        for name, score in scores.features.items()
        if name not in quality.broken and score.excluded_because is None
    }
    if scores.prediction is not None:
        family[PREDICTION_KEY] = scores.prediction
    found = assess_significance({name: score.p_value for name, score in family.items()}, policy)
    judged = {}
    for name, score in family.items():
        min_effect_sizes = policy.min_effect_sizes(factors.get(name, 1.0))
        phrase = phrases.get(name, "")
        judged[name] = _column(score, found[name], min_effect_sizes, phrase, _since(name, history))
    prediction = judged.pop(PREDICTION_KEY, None)
    features = {
        name: judged[name] if name in judged else _not_judged(score, quality.broken.get(name))
        for name, score in scores.features.items()
    }
    return features, prediction


def _not_judged(score: ColumnComparison, broken: str | None) -> ColumnVerdict:
    """Of a column that is broken, or left out: then ``broken`` is None."""
    if broken is not None:
        return ColumnVerdict(ColumnStatus.INVALID_DATA, None, None, (broken,))
    return ColumnVerdict(ColumnStatus.EXCLUDED, None, None, (score.excluded_because or "",))


def _column(
    score: ColumnComparison,
    found: SignificanceResult,
    min_effect_sizes: MinEffectSizes,
    phrase: str,
    since: datetime | None,
) -> ColumnVerdict:
    p, q = score.p_value, found.q_value
    if not found.is_significant:
        return ColumnVerdict(ColumnStatus.STABLE, p, q, min_effect_sizes=min_effect_sizes)
    reasons = tuple(_reasons(score, found.p_value_cutoff, min_effect_sizes, phrase))
    if not reasons:
        small = (words.shifted(score, min_effect_sizes, phrase),)
        return ColumnVerdict(
            ColumnStatus.MINOR_CHANGE, p, q, small, min_effect_sizes=min_effect_sizes
        )
    return ColumnVerdict(ColumnStatus.DRIFTED, p, q, reasons, since, min_effect_sizes)


def _reasons(
    score: ColumnComparison, bound: float, min_effect_sizes: MinEffectSizes, phrase: str
) -> Iterator[str]:
    """Each change that is sure by its own test and above its own floor."""
    effect = score.distribution_effect
    shape = (
        score.distribution_p_value <= bound
        and effect is not None
        and effect >= min_effect_sizes.distribution
    )
    if shape:
        yield words.distribution_changed(score, effect or 0.0, phrase)
    for category in score.categories:
        told = shape and category.change in (
            "increased",
            "decreased",
        )  # the change of shape, once more
        if (
            category.p_value <= bound
            and category.effect_size >= min_effect_sizes.for_category(category)
            and not told
        ):
            yield words.category_changed(score, category)
    if score.missing_p_value <= bound and (score.missing_effect or 0.0) >= min_effect_sizes.share:
        yield words.missing_share_changed(score)


def _correlation_reasons(change: CorrelationDrift | None, policy: DriftPolicy) -> tuple[str, ...]:
    """Why correlations have drifted: one test beside the columns', held to a tenth of their rate,
    so that it hardly adds to quiet windows that are flagged."""
    sure = (
        change is not None
        and change.p_value <= policy.false_discovery_rate * CORRELATION_FDR_FRACTION
    )
    if change is None or not sure or change.effect_size < MIN_CORRELATION_CHANGE:
        return ()
    if not all(_importance(name, policy) for name in change.pair):
        return ()
    return (words.correlation_changed(change),)


def _importance(name: str, policy: DriftPolicy) -> float:
    return policy.feature_weights.get(name, 1.0)


def _rank(name: str, score: ColumnComparison | None, policy: DriftPolicy) -> tuple[float, str]:
    """Largest effect first, weighed by the feature's importance."""
    effect = 0.0 if score is None else score.effect_size or 0.0
    return -effect * _importance(name, policy), name


def _since(name: str, history: History) -> datetime | None:
    """Start of the first of the consecutive drifted windows that precede this one.

    Windows without a conclusive verdict don't interrupt the sequence.
    """
    since: datetime | None = None
    for earlier in reversed(history):
        if not earlier.verdict.is_conclusive:
            continue
        if name not in earlier.drifted_columns:
            break
        since = earlier.window.start
    return since
