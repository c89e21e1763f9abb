"""Compares two halves of one month: ``python -m examples.flights.halves [MONTH] [SEEDS]``.

Random halves are samples of the same flights, so every significant change is a false alarm. Halves
by date have different weather, so their differences are drift. A baseline should therefore cover
the seasons of the windows that are compared with it.
"""

import sys
from pathlib import Path

import pandas as pd

from driftloop.capture import RecordBatch
from driftloop.confidence_intervals import binomial_interval
from driftloop.config import load_config
from driftloop.detection import DriftPolicy
from driftloop.profile import fit_baseline, profile_batch
from driftloop.report import WindowReport, build_report
from driftloop.window import Window, parse_time
from examples.flights.source import flights

FEBRUARY, SEEDS = 2, 100

_CONFIG = Path(__file__).parent / "driftloop.yaml"
_YEAR = Window(parse_time("2013-01-01T00:00:00Z"), parse_time("2014-01-01T00:00:00Z"))


def main(month: int = FEBRUARY, seeds: int = SEEDS) -> None:
    """Print how often random halves differ significantly, and how halves by date differ."""
    table = flights()
    rows = table[table["month"] == month]
    reports = [compare(*random_halves(rows, seed)) for seed in range(seeds)]
    _print_rate("random halves, any significant change", sum(map(has_change, reports)), seeds)
    drifted = sum(report.verdict == "drifted" for report in reports)
    _print_rate("random halves, verdict drifted", drifted, seeds)
    by_date = compare(*halves_by_date(rows))
    sys.stdout.write(f"halves by date: {by_date.verdict}\n")
    sys.stdout.writelines(f"  {reason}\n" for reason in by_date.reasons)


def random_halves(rows: pd.DataFrame, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows in two random halves."""
    shuffled = rows.sample(frac=1, random_state=seed)
    return shuffled.iloc[: len(shuffled) // 2], shuffled.iloc[len(shuffled) // 2 :]


def halves_by_date(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The earlier and the later half of the rows."""
    ordered = rows.sort_values("time", kind="stable")
    return ordered.iloc[: len(ordered) // 2], ordered.iloc[len(ordered) // 2 :]


def compare(reference: pd.DataFrame, current: pd.DataFrame) -> WindowReport:
    """The report on ``current`` with a baseline of ``reference`` and the default policy."""
    schema = load_config(_CONFIG.read_text()).models["flights"].schema_
    reference_batch, current_batch = (
        RecordBatch.from_columns(schema, {name: rows[name].to_numpy() for name in schema.names})
        for rows in (reference, current)
    )
    baseline = fit_baseline(reference_batch)
    profile = profile_batch(baseline, current_batch)
    return build_report(baseline, profile, window=_YEAR, policy=DriftPolicy(), model="flights")


def has_change(report: WindowReport) -> bool:
    """Whether the change of any feature is statistically significant."""
    return any(column.status.is_significant for column in report.features.values())


def _print_rate(what: str, count: int, seeds: int) -> None:
    low, high = binomial_interval(count, seeds)
    sys.stdout.write(f"{what}: {count} of {seeds} (95% interval {low:.1%} to {high:.1%})\n")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
