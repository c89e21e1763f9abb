"""The result of a pipeline execution's evaluation, from its ``evaluation.json``."""

from dataclasses import dataclass

from driftloop.contract.pipeline_reports import EVALUATION_FILE, read_evaluation_report
from rehearsal.scenario.account import Account


@dataclass(frozen=True, slots=True)
class EvaluationResult:
    """Champion and challenger on the same rows; ``low`` and ``high`` bound the difference."""

    version: int | None
    outcome: str
    metric: str
    champion: float
    challenger: float
    low: float
    high: float


def read_evaluation(account: Account, execution: str, version: int | None) -> EvaluationResult:
    """Read the evaluation of an execution; ``version`` is None where it registered nothing."""
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
