"""Labels that arrive late: the bias of weighted estimates, and the check of the delay.

``python -m benchmarks.simulations.label_maturity`` looks at the flights of March to July by the
model of February, on 20 days of June and July, with labels that arrive with a delay that is drawn.
Each time the days that are old enough are learned from, and the younger days are weighted.
"""

import sys
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from driftloop.labels import LabelPolicy
from driftloop.labels.join import RecordIds
from driftloop.labels.pending import PendingRecords
from driftloop.outcomes import fit_binary_binning
from driftloop.performance.counted_days import count_mature_and_weighted, day_intervals
from driftloop.performance.daily_outcomes import LabeledPredictions, count_days
from driftloop.performance.label_values import LabelValues
from driftloop.performance.performance_report import DayStatus
from driftloop.schema import ProblemType
from examples.flights.february import MONTHS, encode, february
from examples.flights.source import TARGET, flights

Floats = NDArray[np.float64]
Delay = Callable[[Floats, Floats, np.random.Generator], Floats]

HOUR, DAY = 3600.0, 86_400.0
RUNS = 20
HISTORY_DAYS = 63
MAX_AGE_HOURS = 168.0


def by_class(positive_hours: float, negative_hours: float) -> Delay:
    """Exponential delays with a mean for each class."""
    return lambda _, labels, draw: draw.exponential(
        np.where(labels == 1, positive_hours, negative_hours)
    )


def hard_cases(scores: Floats, labels: Floats, draw: np.random.Generator) -> Floats:
    """Records whose score is far from their label get it later."""
    return draw.exponential(12 + 72 * np.abs(scores - labels))


class Scenario(NamedTuple):
    """Delays that are learned, and those of the younger days."""

    name: str
    learned: Delay
    current: Delay


SCENARIOS = (
    Scenario("equal", by_class(36, 36), by_class(36, 36)),
    Scenario("positives earlier", by_class(12, 48), by_class(12, 48)),
    Scenario("hard cases later", hard_cases, hard_cases),
    Scenario("all 1.5 times as long", by_class(12, 48), by_class(18, 72)),
    Scenario("negatives 1.5 times as long", by_class(12, 48), by_class(12, 72)),
    Scenario("positives half as long", by_class(12, 48), by_class(6, 48)),
)


class Flights(NamedTuple):
    """Times, scores and labels of flights."""

    times: Floats
    scores: Floats
    labels: Floats


def load() -> Flights:
    """The flights of the example's months, scored by its model of February."""
    with threadpool_limits(1):
        table = flights()
        known, model = february(table)
        served = table[table["month"].isin(MONTHS)]
        scores = model.predict_proba(encode(served, known))[:, 1].round(6)
    seconds = served["time"].str[:-1].to_numpy().astype("M8[s]").astype(np.float64)
    return Flights(seconds, scores, served[TARGET].to_numpy().astype(np.float64))


class Run(NamedTuple):
    """One look: whether it was refused, and the errors of both estimates of the log-loss."""

    is_refused: bool
    known_share: float
    naive_bias: float
    weighted_bias: float


def look(data: Flights, scenario: Scenario, as_of: float, seed: int) -> Run:
    """What is said of the days that are not mature at a time."""
    draw = np.random.default_rng(seed)
    own = (data.times < as_of) & (data.times >= as_of - HISTORY_DAYS * DAY)
    times, scores, labels = (values[own] for values in data)
    young = times >= as_of - (MAX_AGE_HOURS + 24) * HOUR
    delays = np.where(
        young,
        scenario.current(scores, labels, draw),
        scenario.learned(scores, labels, draw),
    )
    delays = np.minimum(delays, MAX_AGE_HOURS) * HOUR
    arrived = times + delays <= as_of
    rows = LabeledPredictions.of(
        ProblemType.BINARY_CLASSIFICATION,
        PendingRecords(
            RecordIds(
                np.arange(len(times), dtype=np.uint64), None, np.zeros(len(times), dtype=np.int32)
            ),
            times,
            scores,
        ),
        LabelValues(np.where(arrived, labels, np.nan), ("0", "1")),
        np.where(arrived, times + delays, np.nan),
    )
    binning = fit_binary_binning(scores)
    policy = LabelPolicy(max_label_age_hours=MAX_AGE_HOURS)
    counted = count_mature_and_weighted(binning, count_days(binning, rows), policy, as_of)
    refused = counted.mass is not None and counted.mass.has_changed
    weighted = [day for day in counted.days if day.status is DayStatus.WEIGHTED]
    if refused or not weighted:
        return Run(refused, np.nan, np.nan, np.nan)
    numbers = [day.day.number for day in weighted if day.day.number is not None]
    chosen = np.isin(np.floor(times / DAY), numbers)
    losses = -np.where(labels == 1, np.log(scores), np.log1p(-scores))
    true = losses[chosen].mean()
    estimate = day_intervals(
        binning, weighted, design_effects={}, confidence_level=0.95, names=["log_loss"]
    )["log_loss"].value
    if estimate is None:
        raise RuntimeError("the log-loss of weighted days is not defined")
    return Run(
        refused,
        float(arrived[chosen].mean()),
        float(losses[chosen & arrived].mean() - true),
        float(estimate - true),
    )


def main() -> None:
    """Print a table: a row for each scenario."""
    data = load()
    last = np.floor(data.times.max() / DAY) * DAY
    moments = [last - 2.5 * DAY * number for number in range(RUNS)]
    sys.stdout.write(
        "| delays | known | bias of known labels | bias of weighted labels | refused |\n"
        "| --- | --- | --- | --- | --- |\n"
    )
    for scenario in SCENARIOS:
        runs = [look(data, scenario, as_of, seed) for seed, as_of in enumerate(moments)]
        kept = [run for run in runs if not run.is_refused and not np.isnan(run.weighted_bias)]
        refused = sum(run.is_refused for run in runs)
        cells = "– | – | –"
        if kept:
            share, naive, weighted = (
                float(np.mean([getattr(run, name) for run in kept]))
                for name in ("known_share", "naive_bias", "weighted_bias")
            )
            cells = f"{share:.0%} | {naive:+.3f} | {weighted:+.4f}"
        sys.stdout.write(f"| {scenario.name} | {cells} | {refused} of {RUNS} |\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
