"""Two halves of one month: ``python -m examples.flights.halves [MONTH] [SEEDS]``.

Random halves are draws from the same flights, so whatever is flagged is a false alarm. Halves by
date have other weather, so they differ: that is drift, and the reason why a baseline should span
what it is to be compared with.
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
    """Print how often random halves are flagged, and what is said of halves by date."""
    table = flights()
    rows = table[table["month"] == month]
    reports = [compared(*random_halves(rows, seed)) for seed in range(seeds)]
    _say("random halves, any feature flagged", sum(map(is_flagged, reports)), seeds)
    _say("random halves, verdict drifted", sum(r.verdict == "drifted" for r in reports), seeds)
    by_date = compared(*halves_by_date(rows))
    sys.stdout.write(f"halves by date: {by_date.verdict}\n")
    sys.stdout.writelines(f"  {reason}\n" for reason in by_date.reasons)


def random_halves(rows: pd.DataFrame, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows dealt into two halves by chance."""
    mixed = rows.sample(frac=1, random_state=seed)
    return mixed.iloc[: len(mixed) // 2], mixed.iloc[len(mixed) // 2 :]


def halves_by_date(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The earlier rows and the later ones."""
    ordered = rows.sort_values("time", kind="stable")
    return ordered.iloc[: len(ordered) // 2], ordered.iloc[len(ordered) // 2 :]


def compared(reference: pd.DataFrame, current: pd.DataFrame) -> WindowReport:
    """The report on ``current``, compared with a baseline of ``reference``, default policy."""
    schema = load_config(_CONFIG.read_text()).models["flights"].schema_
    baseline = fit_baseline(RecordBatch.from_columns(schema, reference))
    profile = profile_batch(baseline, RecordBatch.from_columns(schema, current))
    return build_report(baseline, profile, window=_YEAR, policy=DriftPolicy(), model="flights")


def is_flagged(report: WindowReport) -> bool:
    """Whether any feature has a statistically significant change."""
    return any(column.status.is_significant for column in report.features.values())


def _say(what: str, hits: int, seeds: int) -> None:
    low, high = binomial_interval(hits, seeds)
    sys.stdout.write(f"{what}: {hits} of {seeds} (95% interval {low:.1%} to {high:.1%})\n")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
