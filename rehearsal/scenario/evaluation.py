"""What the pipeline's evaluation found, from the file that the registry points at."""

from dataclasses import dataclass

from rehearsal.scenario.account import Account


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Champion and challenger on the same rows; ``low`` and ``high`` bound the difference."""

    version: int
    outcome: str
    metric: str
    champion: float
    challenger: float
    low: float
    high: float


def read_evaluation(account: Account, version: int) -> Evaluation:
    """The evaluation of a registered version against its champion."""
    package = account.client("sagemaker").describe_model_package(
        ModelPackageName=account.package_arn(version)
    )
    uri = package["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"]
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    found = account.read_json(bucket, key)
    ranking = found["holdout"]["ranking"]
    return Evaluation(
        version,
        found["decision"],
        ranking["score"],
        ranking["champion"]["value"],
        ranking["challenger"]["value"],
        ranking["difference"]["low"],
        ranking["difference"]["high"],
    )
