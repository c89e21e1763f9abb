"""The values of this package: an interval of a score, and the scores of two models."""

from collections.abc import Mapping
from dataclasses import dataclass

from driftloop.evaluation.weighted import WeightedScore

ScoresByName = Mapping[str, WeightedScore]


@dataclass(frozen=True, slots=True)
class ConfidenceInterval:
    """An estimate with the bounds of its confidence interval and its standard error."""

    value: float
    low: float
    high: float
    standard_error: float


@dataclass(frozen=True, slots=True)
class PairedScore:
    """One score of both models, and of their difference: challenger minus champion."""

    champion: ConfidenceInterval
    challenger: ConfidenceInterval
    difference: ConfidenceInterval
