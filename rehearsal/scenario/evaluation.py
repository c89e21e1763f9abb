"""What a run's evaluation found, from the file that it left behind."""

from dataclasses import dataclass

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
    """What a run of the pipeline found; ``version`` is None where it registered nothing."""
    key = f"runs/{account.model}/{execution}/evaluate/evaluation/evaluation.json"
    found = account.read_json(account.bucket("artifacts"), key)
    ranking = found["holdout"]["ranking"]
    return EvaluationResult(
        version,
        found["decision"],
        ranking["score"],
        ranking["champion"]["value"],
        ranking["challenger"]["value"],
        ranking["difference"]["low"],
        ranking["difference"]["high"],
    )
