"""Which scores judge a model, by problem: one that ranks and one that is proper."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driftloop.evaluation.log_loss import log_loss
from driftloop.evaluation.r_squared import r_squared
from driftloop.evaluation.rmse import rmse
from driftloop.evaluation.roc_auc import macro_roc_auc, roc_auc
from driftloop.evaluation.weighted import Floats, Weighted
from driftloop.schema import ProblemType


@dataclass(frozen=True, slots=True)
class GroundTruthValues:
    """What was true of n rows: values float64[n] of a regression, else codes of classes.

    A prediction is float64[n] (value, or probability of the second class), float64[n, k] for k > 2
    classes.
    """

    problem: ProblemType
    values: Floats

    @property
    def codes(self) -> NDArray[np.int64]:
        """Class numbers int64[n]."""
        return self.values.astype(np.int64)

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True, slots=True)
class Score:
    """A score: its key in SageMaker's statistics, how people call it, how it is prepared."""

    key: str
    title: str
    prepare: Callable[[GroundTruthValues, Floats], Weighted]


@dataclass(frozen=True, slots=True)
class ScoreSet:
    """``ranking``: more is better, decides. ``proper``: less is better, must not get worse."""

    ranking: Score
    proper: Score


def _both(predicted: Floats) -> Floats:
    return np.column_stack([1 - predicted, predicted])


SCORES: dict[ProblemType, ScoreSet] = {
    ProblemType.BINARY_CLASSIFICATION: ScoreSet(
        Score("auc", "ROC AUC", lambda truth, p: roc_auc(truth.codes == 1, p)),
        Score("log_loss", "log-loss", lambda truth, p: log_loss(truth.codes, _both(p))),
    ),
    ProblemType.MULTICLASS_CLASSIFICATION: ScoreSet(
        Score("macro_auc", "macro ROC AUC", lambda truth, p: macro_roc_auc(truth.codes, p)),
        Score("log_loss", "log-loss", lambda truth, p: log_loss(truth.codes, p)),
    ),
    ProblemType.REGRESSION: ScoreSet(
        Score("r2", "R2", lambda truth, p: r_squared(truth.values, p)),
        Score("rmse", "RMSE", lambda truth, p: rmse(truth.values, p)),
    ),
}


def scores_for(truth: GroundTruthValues, predicted: Floats) -> dict[str, Weighted]:
    """The scores of the truth's problem, prepared: ``ranking`` and ``proper``."""
    chosen = SCORES[truth.problem]
    return {
        "ranking": chosen.ranking.prepare(truth, predicted),
        "proper": chosen.proper.prepare(truth, predicted),
    }
