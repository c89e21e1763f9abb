"""Months of hourly windows without drift: how many false alarms they raise."""

from collections.abc import Iterator

import numpy as np

from benchmarks.simulations.detection import reference, share
from benchmarks.simulations.scope import Scope
from docs.generator.markdown import table
from driftloop.calibration.false_alarms import (
    MONTH,
    FalseAlarms,
    SimulatedTraffic,
    simulate_month_without_drift,
)
from driftloop.confidence_intervals import poisson_interval
from driftloop.detection import DriftPolicy

REFERENCE = 100_000
DAY = [int(20 + 19_980 * np.sin(np.pi * hour / 24) ** 4) for hour in range(24)]
RATES = (("300", [300]), ("1,000", [1000]), ("10,000", [10_000]), ("20 to 20,000, daily", DAY))


def months(scope: Scope) -> str:
    """The table."""
    head = [
        "records an hour",
        "months",
        "significant windows",
        "drifted windows",
        "alarms per month",
    ]
    caption = (
        f"Months of {MONTH} independent hourly windows, each with a reference of {REFERENCE:,} rows"
        " of its own; correlations are not drawn."
    )
    return f"{caption}\n\n{table(head, list(_rows(scope.months)))}"


def _rows(count: int) -> Iterator[list[str]]:
    baseline = reference(REFERENCE)
    drawn = SimulatedTraffic(baseline)
    for name, rates in RATES:
        random = np.random.default_rng([3, *rates])
        total = FalseAlarms(0, 0, 0, 0, 0)
        for _ in range(count):
            total = total + simulate_month_without_drift(
                baseline, drawn, DriftPolicy(), rates, random
            )
        low, high = (end / count for end in poisson_interval(total.alarms))
        yield [
            name,
            str(count),
            share(total.significant, total.simulated_windows),
            share(total.drifted, total.simulated_windows),
            f"{total.alarms / count:.2g} ({low:.2g} to {high:.2g})",
        ]
