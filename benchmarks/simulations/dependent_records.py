"""Months of dependent traffic without drift: alarms without and with fitted adjustments.

Each set of training weeks is drawn anew, adjustments are fitted to it, and two live months follow.
The power of the adjusted rule is measured on the same live days: a shift of one feature is injected
into each day's counts, and is detected where that feature raises the alarm before the day is over.
"""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from benchmarks.simulations.dependent_traffic import NAMES, SCHEMA, Drawn, TrafficKind
from benchmarks.simulations.detection import share
from benchmarks.simulations.live_days import DAY, POLICY, LiveDays
from benchmarks.simulations.scope import Scope
from docs.generator.markdown import table
from driftloop.backtest.adjustment_fit import fit_adjustments
from driftloop.backtest.traffic import HourlyTraffic, score_replayed
from driftloop.calibration.population import shifted_by
from driftloop.calibration.power import POWER, find_smallest
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
"""Months of the scope that one set of training weeks with its live months counts as."""

SHIFT = 0.3


class Case(NamedTuple):
    """A row of the table."""

    name: str
    kind: TrafficKind
    rate: int
    weeks: int = 4


CASES = (
    Case("users", TrafficKind(cycles=False), 1000),
    Case("cycles", TrafficKind(users=False), 1000),
    Case("users, cycles", TrafficKind(), 1000),
    Case("users, cycles, days 0.05", TrafficKind(day_effect=0.05), 1000),
    Case("users, cycles, days 0.1", TrafficKind(day_effect=0.1), 1000),
    Case("users, cycles, days 0.1", TrafficKind(day_effect=0.1), 1000, 8),
    Case("users, cycles", TrafficKind(), 10_000),
    Case("users, cycles, days 0.05", TrafficKind(day_effect=0.05), 10_000),
    Case("users, cycles, days 0.1", TrafficKind(day_effect=0.1), 10_000),
)


def dependent(scope: Scope) -> str:
    """Both tables."""
    sets = max(1, scope.months // MONTHS_A_SET)
    return tables([(case, [run(case, number) for number in range(sets)]) for case in CASES])


class Run(NamedTuple):
    """One set of training weeks and its live months.

    Counts without adjustments ("unadjusted ...") and with them; the mean multiplier of minimum
    effect sizes of windows and of days; the minimum detectable shift without and with adjustments
    (infinite where no shift is detected).
    """

    counts: Counter[str]
    multipliers: tuple[float, float]
    sizes: tuple[float, float]


def tables(found: Sequence[tuple[Case, Sequence[Run]]]) -> str:
    """Alarms, then detectable shifts."""
    case = ["records depend on", "records an hour", "training weeks"]
    alarms = [*case, "months", "drifted windows", "adjusted", "alarms per month", "adjusted"]
    power = [
        *case,
        f"shift of {SHIFT} detected",
        "adjusted",
        f"smallest shift detected in {POWER:.0%} of days",
        "adjusted",
        "minimum effect size of windows",
        "of days",
    ]
    return "\n".join(
        [
            f"Each set of training weeks is followed by {LIVE_MONTHS} live months of {MONTH} hours"
            " without drift; 20 features; first as if the records were independent (the reference"
            " is all training data, without adjustments), then adjusted.\n",
            table(alarms, [_alarm_cells(*row) for row in found]),
            "A shift of one feature, injected into each of these days at midnight, is detected"
            " where the feature raises the alarm before the day is over. The smallest shift is the"
            " median of the sets.\n",
            table(power, [_power_cells(*row) for row in found]),
        ]
    )


def _alarm_cells(case: Case, runs: Sequence[Run]) -> list[str]:
    counts = sum((run.counts for run in runs), Counter[str]())
    months, windows = len(runs) * LIVE_MONTHS, len(runs) * LIVE_MONTHS * MONTH
    return [
        *_case_cells(case),
        str(months),
        share(counts["unadjusted drifted"], windows),
        share(counts["drifted"], windows),
        _rate(counts["unadjusted alarms"], months),
        _rate(counts["alarms"], months),
    ]


def _power_cells(case: Case, runs: Sequence[Run]) -> list[str]:
    counts = sum((run.counts for run in runs), Counter[str]())
    min_effect_sizes = POLICY.min_effect_size * np.mean([run.multipliers for run in runs], axis=0)
    return [
        *_case_cells(case),
        share(counts["unadjusted detected"], counts["days"]),
        share(counts["detected"], counts["days"]),
        *(f"{size:.2f}" for size in np.median([run.sizes for run in runs], axis=0)),
        *(f"{size:.2f}" for size in min_effect_sizes),
    ]


def _case_cells(case: Case) -> list[str]:
    return [case.name, f"{case.rate:,}", str(case.weeks)]


def _rate(events: int, months: int) -> str:
    low, high = (end / months for end in poisson_interval(events))
    return f"{events / months:.2g} ({low:.2g} to {high:.2g})"


def run(case: Case, number: int) -> Run:
    """Draw, fit adjustments, and count."""
    drawn = Drawn(case.kind, case.rate, [5, case.rate, case.weeks, number])
    baseline = _reference(case, number)
    first_live = case.weeks * WEEK_HOURS
    training = _traffic(baseline, drawn, 0, first_live)
    fitted = fit_adjustments(baseline, POLICY, training, 1)
    ones = np.ones(len(NAMES))
    by_window, by_day = fitted.multipliers
    counts: Counter[str] = Counter()
    unadjusted_days = LiveDays(baseline)
    days = LiveDays(baseline, training, fitted)
    for month in range(LIVE_MONTHS):
        live = _traffic(baseline, drawn, first_live + month * MONTH, MONTH)
        unadjusted = score_replayed(baseline, POLICY, live, None, ({}, {}), 1)
        adjusted = score_replayed(baseline, POLICY, live, training, fitted.design_effects, 1)
        counts["unadjusted drifted"] += int(unadjusted.drifted(ones, ones)[0].any(axis=1).sum())
        counts["drifted"] += int(adjusted.drifted(by_window, by_day)[0].any(axis=1).sum())
        counts["unadjusted alarms"] += unadjusted.alarms(ones, ones, POLICY)
        counts["alarms"] += adjusted.alarms(by_window, by_day, POLICY)
        unadjusted_days.add(live)
        days.add(live)
    counts["unadjusted detected"] = round(
        unadjusted_days.power_of_shift(SHIFT) * unadjusted_days.count
    )
    counts["detected"] = round(days.power_of_shift(SHIFT) * days.count)
    counts["days"] = days.count
    sizes = [
        find_smallest(rule.power, shifted_by, 0.05, 4.0)[0] or np.inf
        for rule in (unadjusted_days, days)
    ]
    return Run(counts, (by_window.mean(), by_day.mean()), (sizes[0], sizes[1]))


def _traffic(baseline: Baseline, drawn: Drawn, first: int, hours: int) -> HourlyTraffic:
    binnings = {
        name: column.binning
        for name, column in coarse_binnings(baseline.binnings, baseline.reference).items()
    }
    counts = {
        hour: {name: count_column(name, binnings[name], column) for name, column in columns.items()}
        for hour, columns in drawn.hours(first, hours)
    }
    span = range(first, first + hours)
    return HourlyTraffic(complete_windows(counts, span, 1), complete_windows(counts, span, DAY))


def _reference(case: Case, number: int) -> Baseline:
    """The baseline of some ``REFERENCE`` records, spread over training weeks of the same kind."""
    hours = case.weeks * WEEK_HOURS
    rate = -(-REFERENCE // hours // 10) * 10
    drawn = Drawn(case.kind, rate, [6, case.rate, case.weeks, number])
    parts = [columns for _, columns in drawn.hours(0, hours)]
    columns = {name: _concatenate([part[name] for part in parts]) for name in NAMES}
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


def _concatenate(parts: list[Column]) -> Column:
    first = parts[0]
    if isinstance(first, NumericColumn):
        return NumericColumn(
            np.concatenate([p.values for p in parts if isinstance(p, NumericColumn)])
        )
    codes = [part.codes for part in parts if isinstance(part, CategoricalColumn)]
    return CategoricalColumn(np.concatenate(codes), first.categories)
