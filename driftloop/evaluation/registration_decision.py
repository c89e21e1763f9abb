"""Register the challenger or refuse it, with the reasons in words."""

import math
from dataclasses import dataclass
from typing import Literal

from driftloop.evaluation.paired_comparison import ModelComparison
from driftloop.evaluation.scores import SCORES
from driftloop.schema import ProblemType


@dataclass(frozen=True, slots=True)
class EvaluationPolicy:
    """What a challenger must show; meanings as of ``evaluation`` in driftloop.yaml."""

    min_improvement: float
    max_golden_set_drop: float
    confidence_level: float
    bootstrap_resamples: int


@dataclass(frozen=True, slots=True)
class RegistrationDecision:
    """The decision, and every reason for it; refusals name all that speaks against."""

    decision: Literal["register", "refuse"]
    reasons: tuple[str, ...]


def decide(
    problem: ProblemType,
    holdout: ModelComparison,
    golden: ModelComparison | None,
    policy: EvaluationPolicy,
    *,
    first_run: bool,
) -> RegistrationDecision:
    """Judge a challenger by its holdout and its golden set.

    It must gain in ranking, beyond doubt (the interval's lower bound); it must not lose in the
    proper score, beyond doubt; on the golden set it may lose no more than the tolerance. A first
    run is compared with the trivial predictor, which has no golden set to lose on.
    """
    needed = 0.0 if first_run else policy.min_improvement
    against = [
        *_no_gain(problem, holdout, needed),
        *_worse_proper(problem, holdout),
        *([] if first_run else _golden_loss(problem, golden, policy.max_golden_set_drop)),
    ]
    if against:
        return RegistrationDecision("refuse", tuple(against))
    title = SCORES[problem].ranking.title
    rival = "the trivial predictor" if first_run else "the champion"
    gain = holdout.ranking.difference
    reason = f"{title} beats {rival} by {gain.value:.4f} ({gain.low:+.4f} to {gain.high:+.4f})"
    return RegistrationDecision("register", (reason,))


def _no_gain(problem: ProblemType, holdout: ModelComparison, needed: float) -> list[str]:
    title, gain = SCORES[problem].ranking.title, holdout.ranking.difference
    if math.isnan(gain.value) or math.isnan(gain.low):
        return [f"{title} is not defined on the holdout: its labels do not vary"]
    if gain.low > needed:
        return []
    return [
        f"{title} gains {gain.value:+.4f} ({gain.low:+.4f} to {gain.high:+.4f}): the lower bound"
        f" must exceed {needed:g}"
    ]


def _worse_proper(problem: ProblemType, holdout: ModelComparison) -> list[str]:
    title, change = SCORES[problem].proper.title, holdout.proper.difference
    if not change.low > 0:
        return []
    return [f"{title} rises by {change.value:.4f} ({change.low:+.4f} to {change.high:+.4f})"]


def _golden_loss(
    problem: ProblemType, golden: ModelComparison | None, tolerance: float
) -> list[str]:
    if golden is None:
        return []
    title, change = SCORES[problem].ranking.title, golden.ranking.difference
    if math.isnan(change.value) or change.value >= -tolerance:
        return []
    return [f"{title} on the golden set falls by {-change.value:.4f}: {tolerance:g} are tolerated"]
