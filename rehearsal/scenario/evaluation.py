"""The result of a pipeline execution's evaluation, from its ``evaluation.json``."""

from dataclasses import dataclass

from driftloop.contract.pipeline_reports import EVALUATION_FILE, read_evaluation_report
from rehearsal.scenario.account import Account


@dataclass(frozen=True, slots=True)
class EvaluationResult:
    """Scores of champion and challenger on the same rows.

    ``difference_low`` and ``difference_high`` bound the confidence interval of challenger minus
    champion. ``version`` is None if the challenger was not registered.
    """

    version: int | None
    decision: str
    metric: str
    champion: float
    challenger: float
    difference_low: float
    difference_high: float

    @property
    def summary(self) -> str:
        """The scores and the interval of their difference, in one line."""
        return (
            f"{self.metric} {self.champion:.3f} (champion) and {self.challenger:.3f} (challenger), "
            f"difference {self.difference_low:+.3f} to {self.difference_high:+.3f}"
        )


def read_evaluation(account: Account, execution: str, version: int | None) -> EvaluationResult:
    """Read the evaluation of an execution; ``version`` is None if it registered no version."""
    key = f"runs/{account.model}/{execution}/evaluate/evaluation/{EVALUATION_FILE}"
    report = read_evaluation_report(account.read(account.bucket("artifacts"), key))
    ranking = report.holdout.ranking_score
    return EvaluationResult(
        version,
        report.decision,
        ranking.score,
        _require(ranking.champion.value),
        _require(ranking.challenger.value),
        _require(ranking.difference.low),
        _require(ranking.difference.high),
    )


def _require(number: float | None) -> float:
    if number is None:
        raise ValueError("the ranking score is not defined: the labels of the holdout do not vary")
    return number
