"""Paired delete-one jackknife over blocks of time: the uncertainty of a difference between days."""

import numpy as np
from scipy.special import stdtrit

from driftloop.evaluation.clusters import Clusters
from driftloop.evaluation.paired_scores import ConfidenceInterval, PairedScore, ScoresByName
from driftloop.evaluation.weighted import Floats


def paired_jackknife(
    champion: ScoresByName,
    challenger: ScoresByName,
    clusters: Clusters,
    *,
    confidence_level: float,
) -> dict[str, PairedScore]:
    """Intervals of scores by name; both models omit the same cluster each time.

    With D clusters, theta_d the score without cluster d, and m the mean of all theta_d, the
    standard error is sqrt((D - 1) / D * sum (theta_d - m)^2): Efron and Stein, "The Jackknife
    Estimate of Variance", Annals of Statistics 9 (1981). The interval is the score +- t * the
    standard error, with the quantile of Student's t distribution of D - 1 degrees of freedom. It is
    NaN where the score is not defined without one of the clusters, such as the only day with a
    positive label.

    Args:
        champion: The champion's scores by name.
        challenger: The challenger's scores, with the same names.
        clusters: The cluster of each row; at least two clusters.
        confidence_level: Coverage of the intervals, such as 0.95.
    """
    names = list(champion)
    omitted = np.empty((clusters.count, len(names), 2))
    for cluster in range(clusters.count):
        weights = (clusters.codes != cluster).astype(np.float64)
        for column, name in enumerate(names):
            omitted[cluster, column] = champion[name](weights), challenger[name](weights)
    all_rows = np.ones(len(clusters.codes))
    quantile = float(stdtrit(clusters.count - 1, (1 + confidence_level) / 2))
    result = {}
    for column, name in enumerate(names):
        champion_values, challenger_values = omitted[:, column, 0], omitted[:, column, 1]
        champion_value, challenger_value = champion[name](all_rows), challenger[name](all_rows)
        result[name] = PairedScore(
            champion=_interval(champion_value, champion_values, quantile),
            challenger=_interval(challenger_value, challenger_values, quantile),
            difference=_interval(
                challenger_value - champion_value, challenger_values - champion_values, quantile
            ),
        )
    return result


def _interval(value: float, omitted: Floats, quantile: float) -> ConfidenceInterval:
    """The interval of a score from its values float64[D] without each cluster."""
    count = len(omitted)
    variance = (count - 1) / count * ((omitted - omitted.mean()) ** 2).sum()
    error = float(np.sqrt(variance))
    return ConfidenceInterval(value, value - quantile * error, value + quantile * error, error)
