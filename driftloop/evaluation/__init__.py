"""Compares challenger and champion on the same rows, and decides whether to register."""

from driftloop.evaluation.clusters import Clusters, cluster_rows
from driftloop.evaluation.paired_comparison import ModelComparison, compare_models
from driftloop.evaluation.registration_decision import (
    EvaluationPolicy,
    RegistrationDecision,
    decide,
)
from driftloop.evaluation.scores import SCORES, GroundTruthValues, Score, ScoreSet, scores_for

__all__ = [
    "SCORES",
    "Clusters",
    "EvaluationPolicy",
    "GroundTruthValues",
    "ModelComparison",
    "RegistrationDecision",
    "Score",
    "ScoreSet",
    "cluster_rows",
    "compare_models",
    "decide",
    "scores_for",
]
