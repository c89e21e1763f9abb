"""How often Evaluate registers a challenger that is no better than the champion, on flights.

    python -m benchmarks.simulations.equal_models [--draws 200]

Champion and challenger are trained on random halves of the same flights of March and April. Each
draw is a span of consecutive days from May on, in which the two models change places on half of the
days, at random: neither is better in expectation, and the flights of a day keep what they have in
common. The share of the draws in which the registration's rule registers is shown: with days as the
units, and with single rows, which a bootstrap resamples.
"""

import argparse
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from docs.generator.markdown import table
from driftloop.evaluation import (
    Clusters,
    EvaluationPolicy,
    GroundTruthValues,
    cluster_rows,
    compare_models,
    decide,
)
from driftloop.schema import ProblemType
from examples.flights.february import classifier, encode
from examples.flights.source import TARGET, flights

SPANS = (7, 14, 28)
PAIRS = 4
TRAINING_MONTHS = (3, 4)
SHARE = 0.3
"""Share of the flights from May on that is evaluated."""

POLICY = EvaluationPolicy(
    min_improvement=0.0, max_golden_set_drop=0.02, confidence_level=0.95, bootstrap_resamples=100
)
DAY_SECONDS = np.float64(86_400)
BINARY = ProblemType.BINARY_CLASSIFICATION
Floats = NDArray[np.float64]
Predictions = tuple[Floats, Floats]


def equal_models(whole: pd.DataFrame, later: pd.DataFrame) -> list[Predictions]:
    """Predictions for later flights by pairs of models of the same flights' random halves."""
    known = whole[whole["month"].isin(TRAINING_MONTHS)]
    inputs, pairs = encode(later, known), []
    for seed in range(PAIRS):
        is_first = np.random.default_rng(seed).random(len(known)) < 0.5
        models = [
            classifier().fit(encode(half, known), half[TARGET])
            for half in (known[is_first], known[~is_first])
        ]
        first, second = (model.predict_proba(inputs)[:, 1] for model in models)
        pairs.append((first, second))
    return pairs


def is_registered(
    labels: Floats, pair: Predictions, clusters: Clusters, policy: EvaluationPolicy = POLICY
) -> bool:
    """Whether the registration's rule registers the pair's second model."""
    comparison = compare_models(
        GroundTruthValues(BINARY, labels),
        *pair,
        clusters,
        resamples=policy.bootstrap_resamples,
        confidence_level=policy.confidence_level,
    )
    decision = decide(BINARY, comparison, None, policy, is_initial_training=False)
    return decision.decision == "register"


def registrations(draws: int) -> str:
    """The table of how often an equal model is registered."""
    whole = flights()
    later = whole[~whole["month"].isin(range(1, 5))].sample(frac=SHARE, random_state=0)
    with threadpool_limits(1):
        pairs = equal_models(whole, later)
    labels = later[TARGET].to_numpy(dtype=np.float64)
    time = pd.to_datetime(later["time"]).dt.tz_localize(None).to_numpy()
    day = time.astype("datetime64[D]").astype(np.int64)
    days = np.unique(day)
    lines = []
    for span in SPANS:
        rng = np.random.default_rng(span)
        registered = np.zeros((draws, 2))
        for draw in range(draws):
            begin = rng.integers(0, len(days) - span)
            rows = np.flatnonzero((day >= days[begin]) & (day < days[begin + span]))
            is_swapped = (rng.random(len(days)) < 0.5)[np.searchsorted(days, day[rows])]
            first, second = (one[rows] for one in pairs[draw % PAIRS])
            pair = np.where(is_swapped, second, first), np.where(is_swapped, first, second)
            by_day = cluster_rows(len(rows), day[rows] * DAY_SECONDS)
            for column, clusters in enumerate((by_day, cluster_rows(len(rows)))):
                registered[draw, column] = is_registered(labels[rows], pair, clusters)
        shares = registered.mean(axis=0)
        lines.append([str(span), *(f"{share:.1%}" for share in shares)])
    head = ["days", "registered, by days", "registered, by rows"]
    return f"{draws} draws each.\n\n{table(head, lines)}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=200)
    options = parser.parse_args(arguments)
    print(registrations(options.draws))


if __name__ == "__main__":
    main()
