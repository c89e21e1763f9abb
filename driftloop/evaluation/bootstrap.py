"""Paired bootstrap: the uncertainty of the difference between two models on the same rows."""

from hashlib import blake2b

import numpy as np

from driftloop.evaluation.clusters import Clusters
from driftloop.evaluation.paired_scores import ConfidenceInterval, PairedScore, ScoresByName
from driftloop.evaluation.weighted import Floats, unweighted


def data_seed(*arrays: Floats) -> int:
    """A seed computed from the data, so that the same rows give the same intervals."""
    digest = blake2b(digest_size=8)
    for array in arrays:
        digest.update(np.ascontiguousarray(array, dtype=np.float64).tobytes())
    return int.from_bytes(digest.digest(), "big")


def paired_bootstrap(
    champion: ScoresByName,
    challenger: ScoresByName,
    clusters: Clusters,
    *,
    resamples: int,
    confidence_level: float,
    seed: int,
) -> dict[str, PairedScore]:
    """Percentile intervals of scores by name, with both models on the same resampled clusters.

    Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapters 8 and 13.

    Args:
        champion: The champion's scores by name.
        challenger: The challenger's scores, with the same names.
        clusters: The cluster of each evaluated row; whole clusters are resampled.
        resamples: Number of bootstrap resamples.
        confidence_level: Coverage of the intervals, such as 0.95.
        seed: Seed of the random generator.
    """
    generator = np.random.default_rng(seed)
    names, count, rows = list(champion), clusters.count, len(clusters.codes)
    resampled = np.empty((resamples, len(names), 2))
    for resample in range(resamples):
        drawn = np.bincount(generator.integers(0, count, count), minlength=count)
        counts = drawn[clusters.codes].astype(np.float64)
        for column, name in enumerate(names):
            resampled[resample, column] = champion[name](counts), challenger[name](counts)
    result = {}
    for column, name in enumerate(names):
        champion_values, challenger_values = resampled[:, column, 0], resampled[:, column, 1]
        champion_value = unweighted(champion[name], rows)
        challenger_value = unweighted(challenger[name], rows)
        result[name] = PairedScore(
            champion=_interval(champion_value, champion_values, confidence_level),
            challenger=_interval(challenger_value, challenger_values, confidence_level),
            difference=_interval(
                challenger_value - champion_value,
                challenger_values - champion_values,
                confidence_level,
            ),
        )
    return result


def _interval(value: float, resampled: Floats, confidence_level: float) -> ConfidenceInterval:
    """The percentile interval of resampled values float64[n]; NaN ones are ignored."""
    defined = resampled[np.isfinite(resampled)]
    if not len(defined):
        return ConfidenceInterval(value, float("nan"), float("nan"), float("nan"))
    tail = (1 - confidence_level) / 2
    low, high = np.quantile(defined, [tail, 1 - tail])
    return ConfidenceInterval(value, float(low), float(high), float(defined.std()))
