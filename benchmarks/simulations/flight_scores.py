"""Scores of flights by a model of February: beside scikit-learn's, and how often intervals hold.

    python -m benchmarks.simulations.flight_scores [--spans 200]

The first table has July's scores from counts, and those of scikit-learn from the rows. For the
second one, the days of a month are the population, and its scores the true values. Spans of its
days are drawn with replacement, and the share of their 95% intervals that contain the true value is
shown: by days, and of independent rows. Spans of fewer than seven days have intervals of rows with
the design effects of the month before.
"""

import argparse
from collections.abc import Mapping, Sequence
from functools import reduce
from operator import add

import numpy as np
import pandas as pd
from scipy.special import ndtri
from sklearn import metrics
from threadpoolctl import threadpool_limits

from docs.generator.markdown import table
from driftloop.outcomes import BinaryBinning, Outcomes, count_binary, fit_binary_binning
from driftloop.performance import learn_design_effects, score_intervals
from driftloop.scores import scores_for, scores_of, sums_of
from examples.flights.february import encode, february
from examples.flights.source import TARGET, flights

MONTHS = {"March": 3, "July": 7, "December": 12}
SPANS = (1, 3, 7, 14, 28)
NAMES = ("roc_auc", "log_loss", "brier", "accuracy", "precision", "recall", "f1")
GOAL_NAMES = NAMES[:4]
CONFIDENCE = 0.95
MIN_COVERAGE = 0.88
"""Goal of the first four scores over four weeks."""


def scored_flights() -> tuple[BinaryBinning, pd.DataFrame]:
    """Split points by February's predictions, and all flights with the model's scores."""
    whole = flights()
    with threadpool_limits(1):
        rows, model = february(whole)
        scores = model.predict_proba(encode(whole, rows))[:, 1].round(6)
    return fit_binary_binning(rows["score"].to_numpy()), whole.assign(score=scores)


def outcomes_of(binning: BinaryBinning, rows: pd.DataFrame) -> Outcomes:
    """The outcomes of some flights."""
    return count_binary(binning, rows["score"].to_numpy(), rows[TARGET].to_numpy())


def july(binning: BinaryBinning, rows: pd.DataFrame) -> str:
    """The table of July's scores."""
    scores, labels = rows["score"].to_numpy(), rows[TARGET].to_numpy()
    predicted = scores >= binning.decision_threshold
    expected = {
        "roc_auc": metrics.roc_auc_score(labels, scores),
        "log_loss": metrics.log_loss(labels, scores),
        "brier": metrics.brier_score_loss(labels, scores),
        "accuracy": metrics.accuracy_score(labels, predicted),
        "precision": metrics.precision_score(labels, predicted),
        "recall": metrics.recall_score(labels, predicted),
        "f1": metrics.f1_score(labels, predicted),
    }
    found = scores_of(binning, outcomes_of(binning, rows))
    lines = []
    for name, exact in expected.items():
        value = found[name].value
        if value is None:
            raise SystemExit(f"{name} is not defined in July")
        error, bound = f"{value - exact:+.1e}", f"{found[name].bound:.1e}"
        lines.append([f"`{name}`", f"{value:.6f}", f"{exact:.6f}", error, bound])
    head = ["score", "from counts", "scikit-learn", "error", "bound"]
    return f"July, {len(rows):,} flights.\n\n{table(head, lines)}"


def coverage(binning: BinaryBinning, rows: pd.DataFrame, spans: int) -> str:
    """The table of how often intervals contain the month's score."""
    lines = []
    for month, number in MONTHS.items():
        days = _days(binning, rows, number)
        true = _values(binning, days)
        effects = learn_design_effects(binning, _days(binning, rows, number - 1))
        for size in SPANS:
            rng = np.random.default_rng([number, size])
            drawn = [[days[i] for i in rng.integers(0, len(days), size)] for _ in range(spans)]
            found = [
                score_intervals(binning, span, names=NAMES, design_effects=effects)
                for span in drawn
            ]
            shares = {
                name: np.mean(
                    [_contains(one[name].low, one[name].high, true[name]) for one in found]
                )
                for name in NAMES
            }
            of_rows = [_row_intervals(binning, span) for span in drawn]
            without = [
                np.mean([_contains(*one[name], true[name]) for one in of_rows])
                for name in GOAL_NAMES
            ]
            shown = [f"{share:.0%}" for share in shares.values()]
            lines.append([month, str(size), *shown, f"{min(without):.0%} to {max(without):.0%}"])
            low = min(shares[name] for name in GOAL_NAMES)
            if size == max(SPANS) and low < MIN_COVERAGE:
                raise SystemExit(
                    f"{month}: the goal is {MIN_COVERAGE:.0%}, and {low:.0%} are covered"
                )
    head = ["month", "days", *(f"`{name}`" for name in NAMES), "independent rows, first four"]
    return f"{spans} spans each; 95% intervals.\n\n{table(head, lines)}"


def _days(binning: BinaryBinning, rows: pd.DataFrame, month: int) -> list[Outcomes]:
    flown = rows[rows["month"] == month]
    return [outcomes_of(binning, day) for _, day in flown.groupby(flown["time"].str[:10])]


def _values(binning: BinaryBinning, days: Sequence[Outcomes]) -> Mapping[str, float]:
    total = reduce(add, days)
    return {name: found.value or 0.0 for name, found in scores_of(binning, total).items()}


def _row_intervals(
    binning: BinaryBinning, days: Sequence[Outcomes]
) -> Mapping[str, tuple[float | None, float | None]]:
    sums, z = sums_of(binning, reduce(add, days)), float(ndtri((1 + CONFIDENCE) / 2))
    return {
        score.name: score.row_intervals[sums.problem_type](sums, z, 1.0) or (None, None)
        for score in scores_for(sums.problem_type)
        if score.name in GOAL_NAMES
    }


def _contains(low: float | None, high: float | None, value: float) -> bool:
    return low is not None and high is not None and low <= value <= high


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spans", type=int, default=200)
    options = parser.parse_args(arguments)
    binning, rows = scored_flights()
    print(july(binning, rows[rows["month"] == 7]))
    print()
    print(coverage(binning, rows, options.spans))


if __name__ == "__main__":
    main()
