"""Challenger against champion on the same rows: scores, paired intervals, a decision in words."""

from driftloop.evaluation.compare import Comparison, compare_models
from driftloop.evaluation.decision import Decision, EvaluationPolicy, decide
from driftloop.evaluation.scores import SCORES, Score, ScoreSet, Truth, scores_of

__all__ = [
    "SCORES",
    "Comparison",
    "Decision",
    "EvaluationPolicy",
    "Score",
    "ScoreSet",
    "Truth",
    "compare_models",
    "decide",
    "scores_of",
]
