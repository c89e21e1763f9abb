"""Challenger and champion on the same rows."""

from dataclasses import dataclass

import numpy as np

from driftloop.evaluation.bootstrap import PairedScore, data_seed, paired_bootstrap
from driftloop.evaluation.scores import GroundTruthValues, scores_for
from driftloop.evaluation.weighted import Floats
from driftloop.schema import ProblemType


@dataclass(frozen=True, slots=True)
class ModelComparison:
    """Scores of both models on ``rows`` rows, with intervals."""

    rows: int
    ranking: PairedScore
    proper: PairedScore


def compare_models(
    truth: GroundTruthValues,
    champion: Floats,
    challenger: Floats,
    *,
    samples: int,
    confidence: float,
) -> ModelComparison:
    """Compare two models' predictions; the intervals are seeded by the data."""
    paired = paired_bootstrap(
        scores_for(truth, champion),
        scores_for(truth, challenger),
        len(truth),
        samples=samples,
        confidence=confidence,
        seed=data_seed(truth.values, champion, challenger),
    )
    return ModelComparison(len(truth), paired["ranking"], paired["proper"])


def constant_prediction(truth: GroundTruthValues, classes: int) -> Floats:
    """What a model without any feature would say of n rows: the mean, or the classes' shares."""
    rows = len(truth)
    if truth.problem is ProblemType.MULTICLASS_CLASSIFICATION:
        shares = np.bincount(truth.codes, minlength=classes) / max(rows, 1)
        return np.tile(shares, (rows, 1))
    return np.full(rows, truth.values.mean() if rows else 0.0)
