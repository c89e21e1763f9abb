"""Decides whether a challenger is registered or rejected, with the reasons."""

import math
from dataclasses import dataclass
from typing import Literal

from driftloop.evaluation.paired_comparison import ModelComparison
from driftloop.evaluation.scores import SCORES
from driftloop.schema import ProblemType


@dataclass(frozen=True, slots=True)
class EvaluationPolicy:
    """What registration requires; the settings of ``evaluation`` in driftloop.yaml."""

    min_improvement: float
    max_golden_set_drop: float
    confidence_level: float
    bootstrap_resamples: int


@dataclass(frozen=True, slots=True)
class RegistrationDecision:
    """The decision with its reasons; a rejection lists every requirement that was not met."""

    decision: Literal["register", "reject"]
    reasons: tuple[str, ...]


def decide(
    problem_type: ProblemType,
    holdout: ModelComparison,
    golden_set: ModelComparison | None,
    policy: EvaluationPolicy,
    *,
    is_initial_training: bool,
) -> RegistrationDecision:
    """Decide by the comparisons on the holdout and on the golden set.

    A challenger is registered if all of these hold:

    * Its ranking score on the holdout improves by more than ``policy.min_improvement``: the lower
      bound of the difference's confidence interval is greater.
    * Its proper score on the holdout is not significantly worse: the confidence interval of the
      difference is not entirely above zero.
    * Its ranking score on the golden set drops by at most ``policy.max_golden_set_drop``.

    An initial training has no champion. Its model is compared with a constant prediction, of which
    it must only be better, and the golden set is not considered.
    """
    min_improvement = 0.0 if is_initial_training else policy.min_improvement
    objections = [
        *_insufficient_improvement(problem_type, holdout, min_improvement),
        *_worse_proper_score(problem_type, holdout),
    ]
    if not is_initial_training:
        objections += _golden_set_drop(problem_type, golden_set, policy.max_golden_set_drop)
    if objections:
        return RegistrationDecision("reject", tuple(objections))
    title = SCORES[problem_type].ranking.title
    other = "a constant prediction" if is_initial_training else "the champion"
    gain = holdout.ranking_score.difference
    reason = (
        f"{title} improves on {other} by {gain.value:.4f} ({gain.low:+.4f} to {gain.high:+.4f})"
    )
    return RegistrationDecision("register", (reason,))


def _insufficient_improvement(
    problem_type: ProblemType, holdout: ModelComparison, min_improvement: float
) -> list[str]:
    title, gain = SCORES[problem_type].ranking.title, holdout.ranking_score.difference
    if math.isnan(gain.value):
        return [f"{title} is not defined on the holdout because its labels do not vary"]
    if math.isnan(gain.low):
        return [
            f"{title} changes by {gain.value:+.4f}, and has no confidence interval: without one of"
            f" the {holdout.clusters} {holdout.cluster_kind}s of the holdout its labels do not vary"
        ]
    if gain.low > min_improvement:
        return []
    return [
        f"{title} changes by {gain.value:+.4f} ({gain.low:+.4f} to {gain.high:+.4f}): the lower"
        f" bound must be greater than {min_improvement:g}"
    ]


def _worse_proper_score(problem_type: ProblemType, holdout: ModelComparison) -> list[str]:
    title, change = SCORES[problem_type].proper.title, holdout.proper_score.difference
    if not change.low > 0:
        return []
    return [f"{title} increases by {change.value:.4f} ({change.low:+.4f} to {change.high:+.4f})"]


def _golden_set_drop(
    problem_type: ProblemType, golden_set: ModelComparison | None, max_drop: float
) -> list[str]:
    if golden_set is None:
        return []
    title, change = SCORES[problem_type].ranking.title, golden_set.ranking_score.difference
    if math.isnan(change.value) or change.value >= -max_drop:
        return []
    return [
        f"{title} on the golden set decreases by {-change.value:.4f}: the maximum is {max_drop:g}"
    ]
