"""The rule: drift is a change that is sure and large.

Sure: over all columns the false discovery rate is held (Benjamini-Hochberg) on each column's
min(1, 3 min p). Large: the very kind of change that is sure (of shape, of one level, of missing
values) is above its floor, so that a large change of one kind, which may be noise, never borrows
its sureness from a small change of another.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from driftloop.compare import ColumnScore, PairChange, Scores
from driftloop.judge import words
from driftloop.judge.discoveries import Discovery, discoveries, discovery_alone
from driftloop.judge.policy import Floors, Policy
from driftloop.judge.verdict import (
    DRIFTED,
    INSUFFICIENT,
    INVALID,
    LEFT_OUT,
    SHIFTED,
    STABLE,
    ColumnVerdict,
    Verdict,
)
from driftloop.profile.thinned import PREDICTION
from driftloop.quality import Quality

History = Sequence[Mapping[str, Any]]

PREDICTION_KEY = PREDICTION
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
    floor_factors: Mapping[str, float] | None = None,
) -> Verdict:
    """Decide on a window.

    ``history`` holds earlier windows of the same version, oldest first: ``window``, ``verdict`` and
    ``drifted_features`` of each. ``phrases`` say by column how it changed in its own units.
    ``floor_factors`` say by column by how much the policy's floors are raised, 1 where not given.
    Broken lines come first, since where most can't be read the rest is no sample; then too few
    records; then broken columns; then drift.
    """
    phrases = phrases or {}
    enough = scores.records >= policy.minimum_records
    if quality.lines is not None and (enough or quality.judged_lines >= policy.minimum_records):
        return _unjudged(scores, INVALID, quality.lines)
    if not enough:
        return _unjudged(scores, INSUFFICIENT, words.too_few(scores.records, policy))
    factors = floor_factors or {}
    features, prediction = _columns(scores, quality, policy, history, phrases, factors)
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


def judge_alone(
    score: ColumnScore, columns: int, policy: Policy, weight: float = 1.0, floor_factor: float = 1.0
) -> ColumnVerdict:
    """Decide on a column among ``columns`` of which no other changed."""
    found = discovery_alone(score.p_value, columns, policy, weight)
    return _column(score, found, policy.floors(floor_factor), "", None)


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
    factors: Mapping[str, float],
) -> tuple[dict[str, ColumnVerdict], ColumnVerdict | None]:
    """All columns that are not broken, as one family of tests, the prediction among them."""
    family = {
        name: score
        for name, score in scores.features.items()
        if name not in quality.broken and score.left_out is None
    }
    if scores.prediction is not None:
        family[PREDICTION_KEY] = scores.prediction
    found = discoveries({name: score.p_value for name, score in family.items()}, policy)
    judged = {}
    for name, score in family.items():
        floors = policy.floors(factors.get(name, 1.0))
        phrase = phrases.get(name, "")
        judged[name] = _column(score, found[name], floors, phrase, _since(name, history))
    prediction = judged.pop(PREDICTION_KEY, None)
    features = {
        name: judged[name] if name in judged else _not_judged(score, quality.broken.get(name))
        for name, score in scores.features.items()
    }
    return features, prediction


def _not_judged(score: ColumnScore, broken: str | None) -> ColumnVerdict:
    """Of a column that is broken, or left out: then ``broken`` is None."""
    if broken is not None:
        return ColumnVerdict(INVALID, None, None, (broken,))
    return ColumnVerdict(LEFT_OUT, None, None, (score.left_out or "",))


def _column(
    score: ColumnScore, found: Discovery, floors: Floors, phrase: str, since: str | None
) -> ColumnVerdict:
    p, q = score.p_value, found.q_value
    if not found.found:
        return ColumnVerdict(STABLE, p, q, floors=floors)
    reasons = tuple(_reasons(score, found.bound, floors, phrase))
    if not reasons:
        small = (words.shifted(score, floors, phrase),)
        return ColumnVerdict(SHIFTED, p, q, small, floors=floors)
    return ColumnVerdict(DRIFTED, p, q, reasons, since, floors)


def _reasons(score: ColumnScore, bound: float, floors: Floors, phrase: str) -> Iterator[str]:
    """Each change that is sure by its own test and above its own floor."""
    effect = score.shape_effect
    shape = score.shape_p <= bound and effect is not None and effect >= floors.effect
    if shape:
        yield words.shape(score, effect or 0.0, phrase)
    for level in score.levels:
        told = shape and level.change in ("grown", "shrunk")  # the change of shape, once more
        if level.p_value <= bound and level.effect >= floors.of_level(level) and not told:
            yield words.level(score, level)
    if score.missing_p <= bound and (score.missing_effect or 0.0) >= floors.share:
        yield words.missing(score)


def _pair_reasons(change: PairChange | None, policy: Policy) -> tuple[str, ...]:
    """Why correlations have drifted: one test beside the columns', held to a tenth of their rate,
    so that it hardly adds to quiet windows that are flagged."""
    sure = change is not None and change.p_value <= policy.false_discovery_rate * PAIR_LEVEL
    if change is None or not sure or change.effect < PAIR_FLOOR:
        return ()
    if not all(_importance(name, policy) for name in change.pair):
        return ()
    return (words.pair(change),)


def _importance(name: str, policy: Policy) -> float:
    return policy.importance.get(name, 1.0)


def _rank(name: str, score: ColumnScore | None, policy: Policy) -> tuple[float, str]:
    """Largest effect first, weighed by the feature's importance."""
    effect = 0.0 if score is None else score.effect or 0.0
    return -effect * _importance(name, policy), name


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
