"""The scores of a model by problem type: one measures ranking, the other is a proper score."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driftloop.evaluation.log_loss import log_loss
from driftloop.evaluation.r_squared import r_squared
from driftloop.evaluation.rmse import rmse
from driftloop.evaluation.roc_auc import macro_roc_auc, roc_auc
from driftloop.evaluation.weighted import Floats, WeightedScore
from driftloop.schema import ProblemType


@dataclass(frozen=True, slots=True)
class GroundTruthValues:
    """The true values of n rows: float64[n] of a regression, else the codes of the classes.

    A prediction for these rows is float64[n] (the value, or the probability of the second class),
    or float64[n, classes] where there are more than two classes.
    """

    problem_type: ProblemType
    values: Floats

    @property
    def codes(self) -> NDArray[np.int64]:
        """Codes of the classes, int64[n]."""
        return self.values.astype(np.int64)

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True, slots=True)
class Score:
    """A score: its title in reports, and its function."""

    title: str
    prepare: Callable[[GroundTruthValues, Floats], WeightedScore]


@dataclass(frozen=True, slots=True)
class ScoreSet:
    """The scores of a problem type.

    ``ranking``: more is better; the challenger must improve it. ``proper``: less is better; the
    challenger must not worsen it.
    """

    ranking: Score
    proper: Score


def _both_classes(predicted: Floats) -> Floats:
    return np.column_stack([1 - predicted, predicted])


SCORES: dict[ProblemType, ScoreSet] = {
    ProblemType.BINARY_CLASSIFICATION: ScoreSet(
        Score("ROC AUC", lambda actual, p: roc_auc(actual.codes == 1, p)),
        Score("log-loss", lambda actual, p: log_loss(actual.codes, _both_classes(p))),
    ),
    ProblemType.MULTICLASS_CLASSIFICATION: ScoreSet(
        Score("macro ROC AUC", lambda actual, p: macro_roc_auc(actual.codes, p)),
        Score("log-loss", lambda actual, p: log_loss(actual.codes, p)),
    ),
    ProblemType.REGRESSION: ScoreSet(
        Score("R2", lambda actual, p: r_squared(actual.values, p)),
        Score("RMSE", lambda actual, p: rmse(actual.values, p)),
    ),
}


def scores_for(ground_truth: GroundTruthValues, predicted: Floats) -> dict[str, WeightedScore]:
    """Both scores of a prediction, prepared, by the names ``ranking`` and ``proper``."""
    chosen = SCORES[ground_truth.problem_type]
    return {
        "ranking": chosen.ranking.prepare(ground_truth, predicted),
        "proper": chosen.proper.prepare(ground_truth, predicted),
    }
