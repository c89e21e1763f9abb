"""Compares challenger and champion on the same rows."""

from dataclasses import dataclass

import numpy as np

from driftloop.evaluation.bootstrap import data_seed, paired_bootstrap
from driftloop.evaluation.clusters import ClusterKind, Clusters
from driftloop.evaluation.jackknife import paired_jackknife
from driftloop.evaluation.paired_scores import PairedScore
from driftloop.evaluation.scores import GroundTruthValues, scores_for
from driftloop.evaluation.weighted import Floats
from driftloop.schema import ProblemType


@dataclass(frozen=True, slots=True)
class ModelComparison:
    """Scores of both models on the same rows, with confidence intervals.

    The intervals take the ``clusters`` clusters of kind ``cluster_kind`` as independent.
    """

    evaluated_rows: int
    cluster_kind: ClusterKind
    clusters: int
    ranking_score: PairedScore
    proper_score: PairedScore


def compare_models(
    ground_truth: GroundTruthValues,
    champion: Floats,
    challenger: Floats,
    clusters: Clusters,
    *,
    resamples: int,
    confidence_level: float,
) -> ModelComparison:
    """Compare the predictions of two models.

    Days and hours are few, so that their intervals come from a jackknife with Student's t
    distribution; entities and rows are many and are resampled. The seed of the bootstrap is
    computed from the data, so that the same rows give the same result.

    Args:
        ground_truth: The true values of n rows.
        champion: The champion's predictions, in the form that :class:`GroundTruthValues` describes.
        challenger: The challenger's predictions, in the same form.
        clusters: The cluster of each row, from ``cluster_rows``.
        resamples: Number of bootstrap resamples of entities or rows.
        confidence_level: Coverage of the intervals, such as 0.95.
    """
    scores = scores_for(ground_truth, champion), scores_for(ground_truth, challenger)
    if clusters.is_time_block:
        paired = paired_jackknife(*scores, clusters, confidence_level=confidence_level)
    else:
        paired = paired_bootstrap(
            *scores,
            clusters,
            resamples=resamples,
            confidence_level=confidence_level,
            seed=data_seed(ground_truth.values, champion, challenger),
        )
    return ModelComparison(
        len(ground_truth), clusters.kind, clusters.count, paired["ranking"], paired["proper"]
    )


def constant_prediction(ground_truth: GroundTruthValues, class_count: int) -> Floats:
    """The best prediction that uses no feature: the mean, or the shares of the classes."""
    rows = len(ground_truth)
    if ground_truth.problem_type is ProblemType.MULTICLASS_CLASSIFICATION:
        shares = np.bincount(ground_truth.codes, minlength=class_count) / max(rows, 1)
        return np.tile(shares, (rows, 1))
    return np.full(rows, ground_truth.values.mean() if rows else 0.0)
