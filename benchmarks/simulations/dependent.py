"""Months of dependent traffic without drift: alarms as if it were independent, and calibrated.

Each set of training weeks is drawn anew, calibrated, and followed by two live months. What a
calibrated rule still sees is measured on the same live days: a shift of one feature is put into
each day's counts, and is caught where that feature raises the alarm before the day is over.
"""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from benchmarks.simulations.dependent_power import DAY, POLICY, Days
from benchmarks.simulations.dependent_traffic import NAMES, SCHEMA, Drawn, Kind
from benchmarks.simulations.rule import share
from benchmarks.simulations.scope import Scope
from docs.generator.markdown import table
from driftloop.backtest.adjustment_fit import fit_adjustments
from driftloop.backtest.traffic import HourlyTraffic, score_replayed
from driftloop.calibration.population import shifted_by
from driftloop.calibration.power import POWER, smallest
from driftloop.capture import CategoricalColumn, Column, NumericColumn, RecordBatch
from driftloop.confidence_intervals import poisson_interval
from driftloop.profile import Baseline, fit_baseline
from driftloop.profile.columns import count_column
from driftloop.seasonality.hour_of_week import WEEK_HOURS
from driftloop.seasonality.hourly_counts import coarse_binnings
from driftloop.seasonality.windows import complete_windows

REFERENCE = 100_000
MONTH = 720
"""Hours of a month."""

LIVE_MONTHS = 2
MONTHS_A_SET = 4
"""Months of the scope that stand for one set of training weeks and its live months here."""

SHIFT = 0.3


class Case(NamedTuple):
    """A row of the table."""

    name: str
    kind: Kind
    rate: int
    weeks: int = 4


CASES = (
    Case("users", Kind(cycles=False), 1000),
    Case("cycles", Kind(users=False), 1000),
    Case("users, cycles", Kind(), 1000),
    Case("users, cycles, days 0.05", Kind(day_effect=0.05), 1000),
    Case("users, cycles, days 0.1", Kind(day_effect=0.1), 1000),
    Case("users, cycles, days 0.1", Kind(day_effect=0.1), 1000, 8),
    Case("users, cycles", Kind(), 10_000),
    Case("users, cycles, days 0.05", Kind(day_effect=0.05), 10_000),
    Case("users, cycles, days 0.1", Kind(day_effect=0.1), 10_000),
)


def dependent(scope: Scope) -> str:
    """Both tables."""
    sets = max(1, scope.months // MONTHS_A_SET)
    return tables([(case, [run(case, number) for number in range(sets)]) for case in CASES])


class Run(NamedTuple):
    """One set of training weeks and its live months.

    Counts, as if independent ("before") and calibrated; the mean factor of the floors of windows
    and of days; the smallest shift that is caught, before and calibrated (infinite where none is).
    """

    counts: Counter[str]
    factors: tuple[float, float]
    sizes: tuple[float, float]


def tables(found: Sequence[tuple[Case, Sequence[Run]]]) -> str:
    """What was raised, then what is still caught."""
    case = ["records depend on", "records an hour", "training weeks"]
    raised = [*case, "months", "windows drifted", "calibrated", "alarms a month", "calibrated"]
    caught = [
        *case,
        f"shift of {SHIFT} caught",
        "calibrated",
        f"smallest shift caught in {POWER:.0%} of days",
        "calibrated",
        "floor of windows",
        "of days",
    ]
    return "\n".join(
        [
            f"Each set of training weeks is followed by {LIVE_MONTHS} live months of {MONTH} hours"
            " without drift; 20 features; as if the records were independent (all training data is"
            " the reference, no allowance is made), then calibrated.\n",
            table(raised, [_raised(*one) for one in found]),
            "A shift of one feature, put into each of these days at midnight, is caught where the"
            " feature raises the alarm before the day is over. The smallest is the median of the"
            " sets.\n",
            table(caught, [_caught(*one) for one in found]),
        ]
    )


def _raised(case: Case, runs: Sequence[Run]) -> list[str]:
    found = sum((run.counts for run in runs), Counter[str]())
    months, windows = len(runs) * LIVE_MONTHS, len(runs) * LIVE_MONTHS * MONTH
    return [
        *_named(case),
        str(months),
        share(found["drifted before"], windows),
        share(found["drifted"], windows),
        _rate(found["alarms before"], months),
        _rate(found["alarms"], months),
    ]


def _caught(case: Case, runs: Sequence[Run]) -> list[str]:
    found = sum((run.counts for run in runs), Counter[str]())
    min_effect_sizes = POLICY.min_effect_size * np.mean([run.factors for run in runs], axis=0)
    return [
        *_named(case),
        share(found["caught before"], found["days"]),
        share(found["caught"], found["days"]),
        *(f"{size:.2f}" for size in np.median([run.sizes for run in runs], axis=0)),
        *(f"{floor:.2f}" for floor in min_effect_sizes),
    ]


def _named(case: Case) -> list[str]:
    return [case.name, f"{case.rate:,}", str(case.weeks)]


def _rate(events: int, months: int) -> str:
    low, high = (end / months for end in poisson_interval(events))
    return f"{events / months:.2g} ({low:.2g} to {high:.2g})"


def run(case: Case, number: int) -> Run:
    """Draw, calibrate, and count."""
    drawn = Drawn(case.kind, case.rate, [5, case.rate, case.weeks, number])
    baseline = _reference(case, number)
    first_live = case.weeks * WEEK_HOURS
    training = _traffic(baseline, drawn, 0, first_live)
    fitted = fit_adjustments(baseline, POLICY, training, 1)
    one = np.ones(len(NAMES))
    by_window, by_day = fitted.multipliers
    found: Counter[str] = Counter()
    before, days = Days(baseline), Days(baseline, training, fitted)
    for month in range(LIVE_MONTHS):
        live = _traffic(baseline, drawn, first_live + month * MONTH, MONTH)
        plain = score_replayed(baseline, POLICY, live, None, ({}, {}), 1)
        after = score_replayed(baseline, POLICY, live, training, fitted.design_effects, 1)
        found["drifted before"] += int(plain.drifted(one, one)[0].any(axis=1).sum())
        found["drifted"] += int(after.drifted(by_window, by_day)[0].any(axis=1).sum())
        found["alarms before"] += plain.alarms(one, one, POLICY)
        found["alarms"] += after.alarms(by_window, by_day, POLICY)
        before.add(live)
        days.add(live)
    found["caught before"] = round(before.caught(SHIFT) * before.count)
    found["caught"], found["days"] = round(days.caught(SHIFT) * days.count), days.count
    before_size, size = (smallest(one.changed, shifted_by, 0.05, 4.0)[0] for one in (before, days))
    sizes = before_size or np.inf, size or np.inf
    return Run(found, (by_window.mean(), by_day.mean()), sizes)


def _traffic(baseline: Baseline, drawn: Drawn, first: int, hours: int) -> HourlyTraffic:
    binnings = {
        name: one.binning
        for name, one in coarse_binnings(baseline.binnings, baseline.reference).items()
    }
    counts = {
        hour: {name: count_column(name, binnings[name], column) for name, column in columns.items()}
        for hour, columns in drawn.hours(first, hours)
    }
    span = range(first, first + hours)
    return HourlyTraffic(complete_windows(counts, span, 1), complete_windows(counts, span, DAY))


def _reference(case: Case, number: int) -> Baseline:
    """The baseline of some ``REFERENCE`` rows, spread over training weeks of the same kind."""
    hours = case.weeks * WEEK_HOURS
    rate = -(-REFERENCE // hours // 10) * 10
    drawn = Drawn(case.kind, rate, [6, case.rate, case.weeks, number])
    parts = [columns for _, columns in drawn.hours(0, hours)]
    columns = {name: _joined([part[name] for part in parts]) for name in NAMES}
    rows = rate * hours
    return fit_baseline(
        RecordBatch(
            schema=SCHEMA,
            columns=columns,
            prediction=None,
            event_ids=[""] * rows,
            inference_ids=[None] * rows,
            rows=np.arange(rows, dtype=np.int32),
            times=np.full(rows, np.nan),
        )
    )


def _joined(parts: list[Column]) -> Column:
    first = parts[0]
    if isinstance(first, NumericColumn):
        return NumericColumn(
            np.concatenate([p.values for p in parts if isinstance(p, NumericColumn)])
        )
    codes = [part.codes for part in parts if isinstance(part, CategoricalColumn)]
    return CategoricalColumn(np.concatenate(codes), first.categories)
