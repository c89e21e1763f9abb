"""Compares challenger and champion on the same rows, and decides whether to register."""

from driftloop.evaluation.paired_comparison import ModelComparison, compare_models
from driftloop.evaluation.registration_decision import (
    EvaluationPolicy,
    RegistrationDecision,
    decide,
)
from driftloop.evaluation.scores import SCORES, GroundTruthValues, Score, ScoreSet, scores_for

__all__ = [
    "SCORES",
    "EvaluationPolicy",
    "GroundTruthValues",
    "ModelComparison",
    "RegistrationDecision",
    "Score",
    "ScoreSet",
    "compare_models",
    "decide",
    "scores_for",
]
