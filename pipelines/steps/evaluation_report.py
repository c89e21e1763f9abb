"""Builds ``evaluation.json``: the decision, sentences for the approver, and the scores."""

import math
from collections.abc import Sequence

from driftloop.contract.pipeline_reports import (
    EvaluationReport,
    EvaluationSummary,
    RowSetScores,
    ScoreComparison,
    ScoreInterval,
)
from driftloop.evaluation import SCORES, ModelComparison, RegistrationDecision
from driftloop.evaluation.paired_scores import ConfidenceInterval, PairedScore
from driftloop.metadata_text import NONE, metadata_text
from driftloop.schema import ProblemType


def make_report(
    problem_type: ProblemType,
    decision: RegistrationDecision,
    holdout: ModelComparison,
    golden_set: ModelComparison | None,
    *,
    champion_version: str,
    challenger_sha256: str,
    has_champion: bool,
    removed_features: Sequence[str] = (),
) -> EvaluationReport:
    """The report on a decision and the comparisons that it is based on.

    Args:
        problem_type: Determines the scores.
        decision: The decision with its reasons.
        holdout: The comparison on the holdout.
        golden_set: The comparison on the golden set, None where that has no rows.
        champion_version: The champion's version, ``none`` in an initial training.
        challenger_sha256: SHA-256 of the challenger's archive, in hexadecimal.
        has_champion: False where the challenger was compared with a constant prediction.
        removed_features: Features of the champion that the rows do not have any more.
    """
    other = f"version {champion_version}" if has_champion else "a constant prediction"
    if removed_features:
        other += f" without values of {' - '.join(removed_features)}"
    return EvaluationReport(
        decision=decision.decision,
        reasons=decision.reasons,
        summary=summarize(problem_type, decision, holdout, golden_set, other),
        champion_version=champion_version,
        challenger_sha256=challenger_sha256,
        holdout=score_details(problem_type, holdout),
        golden_set=score_details(problem_type, golden_set) if golden_set else None,
    )


def summarize(
    problem_type: ProblemType,
    decision: RegistrationDecision,
    holdout: ModelComparison,
    golden_set: ModelComparison | None,
    other: str,
) -> EvaluationSummary:
    """Sentences that the registry's console shows; ``other`` names what was compared with."""
    titles = SCORES[problem_type]
    golden_text, golden_rows = NONE, 0
    if golden_set is not None:
        golden_text = _describe_pair(titles.ranking.title, golden_set.ranking_score)
        golden_rows = golden_set.evaluated_rows
    sentences = {
        "decision_summary": f"{decision.decision}: " + " / ".join(decision.reasons),
        "ranking_score": _describe_pair(titles.ranking.title, holdout.ranking_score),
        "proper_score": _describe_pair(titles.proper.title, holdout.proper_score),
        "golden_set": golden_text,
        "evaluated_rows": (
            f"{_describe_rows(holdout)} and {golden_rows} golden set rows, compared with {other}"
        ),
    }
    return EvaluationSummary(
        **{name: metadata_text(sentence) for name, sentence in sentences.items()}
    )


def score_details(problem_type: ProblemType, comparison: ModelComparison) -> RowSetScores:
    """All scores of both models with their confidence intervals."""
    titles = SCORES[problem_type]
    return RowSetScores(
        evaluated_rows=comparison.evaluated_rows,
        ranking_score=_score_comparison(titles.ranking.title, comparison.ranking_score),
        proper_score=_score_comparison(titles.proper.title, comparison.proper_score),
        cluster_kind=comparison.cluster_kind,
        clusters=comparison.clusters,
    )


def to_json_number(value: float) -> float | None:
    """The number, or None where it is not finite: JSON has no NaN."""
    return value if math.isfinite(value) else None


def _score_comparison(title: str, pair: PairedScore) -> ScoreComparison:
    return ScoreComparison(
        score=title,
        champion=_score_interval(pair.champion),
        challenger=_score_interval(pair.challenger),
        difference=_score_interval(pair.difference),
    )


def _score_interval(interval: ConfidenceInterval) -> ScoreInterval:
    return ScoreInterval(
        value=to_json_number(interval.value),
        low=to_json_number(interval.low),
        high=to_json_number(interval.high),
        standard_error=to_json_number(interval.standard_error),
    )


def _describe_rows(holdout: ModelComparison) -> str:
    """The holdout rows, and what the intervals take as independent where that is not a row."""
    if holdout.cluster_kind == "row":
        return f"{holdout.evaluated_rows} holdout rows"
    plural = "entities" if holdout.cluster_kind == "entity" else f"{holdout.cluster_kind}s"
    return f"{holdout.evaluated_rows} holdout rows of {holdout.clusters} {plural}"


def _describe_pair(title: str, pair: PairedScore) -> str:
    difference = pair.difference
    return (
        f"{title} {pair.challenger.value:.4f} against {pair.champion.value:.4f}: difference"
        f" {difference.value:+.4f} from {difference.low:+.4f} to {difference.high:+.4f}"
    )
