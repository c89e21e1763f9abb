"""Challenger and champion on the same rows."""

from dataclasses import dataclass

import numpy as np

from driftloop.evaluation.bootstrap import Paired, paired_bootstrap, seed_of
from driftloop.evaluation.scores import Truth, scores_of
from driftloop.evaluation.weighted import Floats
from driftloop.schema import Problem


@dataclass(frozen=True, slots=True)
class Comparison:
    """Scores of both models on ``rows`` rows, with intervals."""

    rows: int
    ranking: Paired
    proper: Paired


def compare_models(
    truth: Truth, champion: Floats, challenger: Floats, *, samples: int, confidence: float
) -> Comparison:
    """Compare two models' predictions; the intervals are seeded by the data."""
    paired = paired_bootstrap(
        scores_of(truth, champion),
        scores_of(truth, challenger),
        len(truth),
        samples=samples,
        confidence=confidence,
        seed=seed_of(truth.values, champion, challenger),
    )
    return Comparison(len(truth), paired["ranking"], paired["proper"])


def trivial_prediction(truth: Truth, classes: int) -> Floats:
    """What a model without any feature would say of n rows: the mean, or the classes' shares."""
    rows = len(truth)
    if truth.problem is Problem.MULTICLASS_CLASSIFICATION:
        shares = np.bincount(truth.codes, minlength=classes) / max(rows, 1)
        return np.tile(shares, (rows, 1))
    return np.full(rows, truth.values.mean() if rows else 0.0)
