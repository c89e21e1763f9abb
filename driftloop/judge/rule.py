"""The rule: drift is a change that is sure and large.

Sure: over all columns the false discovery rate is held (Benjamini-Hochberg) on each column's
min(1, 3 min p). Large: the very kind of change that is sure (of shape, of one level, of missing
values) is above its floor, so that a large change of one kind, which may be noise, never borrows
its sureness from a small change of another.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from driftloop.compare import ColumnScore, PairChange, Scores
from driftloop.compare.compare import TESTS
from driftloop.judge import words
from driftloop.judge.benjamini_hochberg import cutoff, q_values
from driftloop.judge.policy import Policy
from driftloop.judge.verdict import (
    DRIFTED,
    INSUFFICIENT,
    INVALID,
    SHIFTED,
    STABLE,
    ColumnVerdict,
    Verdict,
)
from driftloop.quality import Quality

History = Sequence[Mapping[str, Any]]

PREDICTION_KEY = "(prediction)"
"""The prediction among the features, one of which may well be named so."""


PAIR_FLOOR = 0.2
"""Smallest change of a correlation that is drift: from +.1 to +.3, say."""

PAIR_LEVEL = 0.1
"""Part of ``false_discovery_rate`` that the test of correlations is held to."""


def judge(
    scores: Scores,
    quality: Quality,
    policy: Policy,
    history: History = (),
    phrases: Mapping[str, str] | None = None,
) -> Verdict:
    """Decide on a window.

    ``history`` holds earlier windows of the same version, oldest first: ``window``, ``verdict`` and
    ``drifted_features`` of each. ``phrases`` say by column how it changed in its own units.
    Broken lines come first, since where most can't be read the rest is no sample; then too few
    records; then broken columns; then drift.
    """
    phrases = phrases or {}
    enough = scores.records >= policy.minimum_records
    if quality.lines is not None and (enough or quality.judged_lines >= policy.minimum_records):
        return _unjudged(scores, INVALID, quality.lines)
    if not enough:
        return _unjudged(scores, INSUFFICIENT, words.too_few(scores.records, policy))
    features, prediction = _columns(scores, quality, policy, history, phrases)
    if quality.broken:
        return Verdict(INVALID, tuple(quality.broken.values()), features, prediction)
    judged = {**features, **({} if prediction is None else {PREDICTION_KEY: prediction})}
    drifted = [name for name, column in judged.items() if column.status == DRIFTED]
    together = _pair_reasons(scores.multivariate, policy)
    if not drifted and not together:
        return Verdict(STABLE, (words.nothing(scores.records, judged),), features, prediction)
    every = {**scores.features, PREDICTION_KEY: scores.prediction}
    drifted.sort(key=lambda name: _rank(name, every[name], policy))
    reasons = tuple(reason for name in drifted for reason in judged[name].reasons)
    return Verdict(DRIFTED, (*reasons, *together), features, prediction, together)


def judge_alone(score: ColumnScore, columns: int, policy: Policy) -> ColumnVerdict:
    """Decide on a column among ``columns`` of which no other changed."""
    p_values = [score.p_value, *[1.0] * (columns - 1)]
    bound = cutoff(p_values, policy.false_discovery_rate)
    return _column(score, q_values(p_values)[0], bound, policy, "", None)


def _unjudged(scores: Scores, verdict: str, reason: str) -> Verdict:
    column = ColumnVerdict(verdict, None, None)
    features = dict.fromkeys(scores.features, column)
    prediction = None if scores.prediction is None else column
    return Verdict(verdict, (reason,), features, prediction)


def _columns(
    scores: Scores,
    quality: Quality,
    policy: Policy,
    history: History,
    phrases: Mapping[str, str],
) -> tuple[dict[str, ColumnVerdict], ColumnVerdict | None]:
    """All columns that are not broken, as one family of tests, the prediction among them."""
    family = {name: s for name, s in scores.features.items() if name not in quality.broken}
    if scores.prediction is not None:
        family[PREDICTION_KEY] = scores.prediction
    p_values = [score.p_value for score in family.values()]
    bound = cutoff(p_values, policy.false_discovery_rate)
    judged = {
        name: _column(score, q, bound, policy, phrases.get(name, ""), _since(name, history))
        for (name, score), q in zip(family.items(), q_values(p_values), strict=True)
    }
    prediction = judged.pop(PREDICTION_KEY, None)
    features = {
        name: judged[name]
        if name in judged
        else ColumnVerdict(INVALID, None, None, (quality.broken[name],))
        for name in scores.features
    }
    return features, prediction


def _column(
    score: ColumnScore, q: float, bound: float, policy: Policy, phrase: str, since: str | None
) -> ColumnVerdict:
    if score.p_value > bound:
        return ColumnVerdict(STABLE, score.p_value, q)
    reasons = tuple(_reasons(score, bound / TESTS, policy, phrase))
    if not reasons:
        small = (words.shifted(score, policy, phrase),)
        return ColumnVerdict(SHIFTED, score.p_value, q, small)
    return ColumnVerdict(DRIFTED, score.p_value, q, reasons, since)


def _reasons(score: ColumnScore, bound: float, policy: Policy, phrase: str) -> Iterator[str]:
    """Each change that is sure by its own test and above its own floor."""
    effect = score.shape_effect
    if score.shape_p <= bound and effect is not None and effect >= policy.effect_floor:
        yield words.shape(score, effect, phrase)
    for level in score.levels:
        if level.p_value <= bound and level.effect >= policy.share_floor:
            yield words.level(score, level)
    if score.missing_p <= bound and (score.missing_effect or 0.0) >= policy.share_floor:
        yield words.missing(score)


def _pair_reasons(change: PairChange | None, policy: Policy) -> tuple[str, ...]:
    """Why correlations have drifted: one test beside the columns', held to a tenth of their rate,
    so that it hardly adds to quiet windows that are flagged."""
    sure = change is not None and change.p_value <= policy.false_discovery_rate * PAIR_LEVEL
    return (words.pair(change),) if change and sure and change.effect >= PAIR_FLOOR else ()


def _rank(name: str, score: ColumnScore | None, policy: Policy) -> tuple[float, str]:
    """Largest effect first, weighed by the feature's importance."""
    effect = 0.0 if score is None else score.effect or 0.0
    return -effect * policy.importance.get(name, 1.0), name


def _since(name: str, history: History) -> str | None:
    """Start of the unbroken run of drifted windows up to now; windows not judged don't break it."""
    since: str | None = None
    for window in reversed(history):
        if window["verdict"] not in (DRIFTED, STABLE):
            continue
        if name not in window.get("drifted_features", ()):
            break
        since = str(window["window"]["start"])
    return since
