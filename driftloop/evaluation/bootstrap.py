"""Paired bootstrap: how sure a difference between two models on the same rows is."""

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from driftloop.evaluation.weighted import Floats, Weighted, unweighted


@dataclass(frozen=True, slots=True)
class ConfidenceInterval:
    """An estimate with its interval and its standard error."""

    value: float
    low: float
    high: float
    error: float

    def to_dict(self) -> dict[str, float]:
        """Plain form."""
        return {"value": self.value, "low": self.low, "high": self.high, "error": self.error}


@dataclass(frozen=True, slots=True)
class PairedScore:
    """One score of both models and of their difference, challenger minus champion."""

    champion: ConfidenceInterval
    challenger: ConfidenceInterval
    difference: ConfidenceInterval


def data_seed(*arrays: Floats) -> int:
    """A seed that the data itself gives: the same rows give the same intervals."""
    digest = blake2b(digest_size=8)
    for array in arrays:
        digest.update(np.ascontiguousarray(array, dtype=np.float64).tobytes())
    return int.from_bytes(digest.digest(), "big")


def paired_bootstrap(
    champion: dict[str, Weighted],
    challenger: dict[str, Weighted],
    rows: int,
    *,
    samples: int,
    confidence: float,
    seed: int,
) -> dict[str, PairedScore]:
    """Percentile intervals of scores by name, with both models on the same resampled rows.

    Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapters 8 and 13.
    """
    draw = np.random.default_rng(seed)
    names = list(champion)
    found = np.empty((samples, len(names), 2))
    for sample in range(samples):
        counts = np.bincount(draw.integers(0, rows, rows), minlength=rows).astype(np.float64)
        for column, name in enumerate(names):
            found[sample, column] = champion[name](counts), challenger[name](counts)
    result = {}
    for column, name in enumerate(names):
        old, new = found[:, column, 0], found[:, column, 1]
        here = unweighted(champion[name], rows), unweighted(challenger[name], rows)
        result[name] = PairedScore(
            champion=_interval(here[0], old, confidence),
            challenger=_interval(here[1], new, confidence),
            difference=_interval(here[1] - here[0], new - old, confidence),
        )
    return result


def _interval(value: float, samples: Floats, confidence: float) -> ConfidenceInterval:
    defined = samples[np.isfinite(samples)]
    if not len(defined):
        return ConfidenceInterval(value, float("nan"), float("nan"), float("nan"))
    tail = (1 - confidence) / 2
    low, high = np.quantile(defined, [tail, 1 - tail])
    return ConfidenceInterval(value, float(low), float(high), float(defined.std()))
