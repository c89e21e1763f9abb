"""Compares challenger and champion on the same rows."""

from dataclasses import dataclass

import numpy as np

from driftloop.evaluation.bootstrap import PairedScore, data_seed, paired_bootstrap
from driftloop.evaluation.scores import GroundTruthValues, scores_for
from driftloop.evaluation.weighted import Floats
from driftloop.schema import ProblemType


@dataclass(frozen=True, slots=True)
class ModelComparison:
    """Scores of both models on the same rows, with confidence intervals."""

    evaluated_rows: int
    ranking_score: PairedScore
    proper_score: PairedScore


def compare_models(
    ground_truth: GroundTruthValues,
    champion: Floats,
    challenger: Floats,
    *,
    resamples: int,
    confidence_level: float,
) -> ModelComparison:
    """Compare the predictions of two models.

    The seed of the bootstrap is computed from the data, so that the same rows give the same result.

    Args:
        ground_truth: The true values of n rows.
        champion: The champion's predictions, in the form that :class:`GroundTruthValues` describes.
        challenger: The challenger's predictions, in the same form.
        resamples: Number of bootstrap resamples.
        confidence_level: Coverage of the intervals, such as 0.95.
    """
    paired = paired_bootstrap(
        scores_for(ground_truth, champion),
        scores_for(ground_truth, challenger),
        len(ground_truth),
        resamples=resamples,
        confidence_level=confidence_level,
        seed=data_seed(ground_truth.values, champion, challenger),
    )
    return ModelComparison(len(ground_truth), paired["ranking"], paired["proper"])


def constant_prediction(ground_truth: GroundTruthValues, class_count: int) -> Floats:
    """The best prediction that uses no feature: the mean, or the shares of the classes."""
    rows = len(ground_truth)
    if ground_truth.problem_type is ProblemType.MULTICLASS_CLASSIFICATION:
        shares = np.bincount(ground_truth.codes, minlength=class_count) / max(rows, 1)
        return np.tile(shares, (rows, 1))
    return np.full(rows, ground_truth.values.mean() if rows else 0.0)
