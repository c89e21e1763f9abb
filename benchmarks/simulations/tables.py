"""The tables: planted drift, quiet windows, months without drift."""

from collections import Counter
from collections.abc import Iterator

import numpy as np

from benchmarks.simulations import traffic
from docs.generator.markdown import table
from driftloop.calibration.false_alarms import FalseAlarms, Traffic, is_flagged, quiet_month
from driftloop.calibration.intervals import binomial_interval, poisson_interval
from driftloop.compare import compare
from driftloop.judge import Policy, Verdict, judge
from driftloop.profile import Baseline, fit_baseline, profile_batch
from driftloop.quality import Limits, check_quality

PLANTED = (
    ("mean + 0.3 sigma", "n0", traffic.mean_shift(0.3)),
    ("log-normal x 1.3", "n9", traffic.factor(1.3)),
    ("new level of 1%", "c1", traffic.new_level(0.01)),
    ("flattened Zipf mix", "c2", traffic.flattened(0.8)),
    ("mean + 0.05 sigma", "n0", traffic.mean_shift(0.05)),
    ("mean + 0.1 sigma (KS 0.04)", "n0", traffic.mean_shift(0.1)),
)
DAY = [int(20 + 19_980 * np.sin(np.pi * hour / 24) ** 4) for hour in range(24)]
RATES = (("300", [300]), ("1,000", [1000]), ("10,000", [10_000]), ("20 to 20,000, daily", DAY))


def reference(rows: int, seed: int = 0) -> Baseline:
    """A baseline of ``rows`` records without drift."""
    return fit_baseline(traffic.batch(np.random.default_rng([seed, rows]), rows))


def verdict(baseline: Baseline, seed: list[int], rows: int, change: traffic.Change) -> Verdict:
    """The whole rule on one window."""
    profile = profile_batch(baseline, traffic.batch(np.random.default_rng(seed), rows, change))
    quality = check_quality(baseline, profile, Limits())
    return judge(compare(baseline, profile), quality, Policy())


def planted(baseline: Baseline, sizes: list[int], runs: int) -> str:
    """Status of the planted feature, and whether any other was flagged."""
    rows = []
    for name, feature, change in PLANTED:
        for size in sizes:
            found = [verdict(baseline, [1, run, size], size, change) for run in range(runs)]
            status = Counter(one.features[feature].status for one in found)
            others = sum(_flagged_but(one, feature) for one in found)
            rows.append(
                [name, f"{size:,}", *(_share(n, runs) for n in (status["drifted"], others))]
            )
            rows[-1].insert(3, _share(status["drifted"] + status["shifted"], runs))
    head = ["planted", "records", "drifted", "drifted or shifted", "another feature flagged"]
    return table(head, rows)


def quiet(references: list[int], sizes: list[int], runs: int) -> str:
    """Windows without drift in which anything was flagged, and those judged drifted.

    Each tenth of the runs has a reference of its own: one for all would be one throw of the dice.
    """
    rows = []
    for count in references:
        baselines = [reference(count, seed) for seed in range(10)]
        for size in sizes:
            found = [
                verdict(baselines[run % 10], [2, run, size], size, traffic.nothing)
                for run in range(runs)
            ]
            counts = sum(map(is_flagged, found)), sum(one.verdict == "drifted" for one in found)
            together = sum(bool(one.multivariate) for one in found)
            shares = [_share(n, runs) for n in (*counts, together)]
            rows.append([f"{count:,}", f"{size:,}", *shares])
    head = ["reference", "records", "any feature flagged", "verdict drifted", "by correlation"]
    return table(head, rows)


def months(baseline: Baseline, count: int) -> str:
    """Alarms in months of 720 windows without drift."""
    return table(
        ["records an hour", "months", "windows flagged", "windows drifted", "alarms a month"],
        list(_months(baseline, count)),
    )


def _months(baseline: Baseline, count: int) -> Iterator[list[str]]:
    drawn = Traffic(baseline)
    for name, rates in RATES:
        random = np.random.default_rng([3, *rates])
        total = FalseAlarms(0, 0, 0, 0, 0)
        for _ in range(count):
            total = total + quiet_month(baseline, drawn, Policy(), rates, random)
        low, high = (end / count for end in poisson_interval(total.alarms))
        yield [
            name,
            str(count),
            _share(total.flagged, total.windows),
            _share(total.drifted, total.windows),
            f"{total.alarms / count:.2g} ({low:.2g} to {high:.2g})",
        ]


def _flagged_but(one: Verdict, feature: str) -> bool:
    statuses = (column.status for name, column in one.features.items() if name != feature)
    return any(status in ("drifted", "shifted") for status in statuses)


def _share(hits: int, runs: int) -> str:
    low, high = binomial_interval(hits, runs)
    return f"{100 * hits / runs:.1f}% ({100 * low:.1f} to {100 * high:.1f})"
