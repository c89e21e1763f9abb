"""Shared by the tables: a reference, detection on a window, shares with their intervals."""

from dataclasses import replace

import numpy as np

from benchmarks.simulations import traffic
from driftloop.capture import LineCounts
from driftloop.comparison import compare_profile, pair_with_reference
from driftloop.confidence_intervals import binomial_interval
from driftloop.detection import DriftPolicy, Verdict, detect_drift
from driftloop.profile import Baseline, Profile, fit_baseline
from driftloop.profile.columns import count_column
from driftloop.profile.record_counts import RecordCounts
from driftloop.quality import QualityLimits, check_constraints


def reference(records: int, seed: int = 0) -> Baseline:
    """A baseline of so many records without drift."""
    return fit_baseline(traffic.batch(np.random.default_rng([seed, records]), records))


def verdict(baseline: Baseline, counts: RecordCounts) -> Verdict:
    """Compare a window and apply the rule."""
    profile = Profile(baseline.fingerprint, LineCounts(), counts)
    quality = check_constraints(baseline, profile, QualityLimits())
    comparison = compare_profile(pair_with_reference(baseline, profile))
    return detect_drift(comparison, quality, DriftPolicy())


def with_column(
    baseline: Baseline, counts: RecordCounts, name: str, cells: traffic.Cells
) -> RecordCounts:
    """The same records with other values of one feature; the sample keeps the first values."""
    binning = baseline.binnings.features[name]
    changed = count_column(name, binning, traffic.as_column(name, cells))
    return replace(counts, features={**counts.features, name: changed})


def share(hits: int, runs: int) -> str:
    """A share in percent with its 95% interval."""
    low, high = binomial_interval(hits, runs)
    return f"{100 * hits / runs:.1f}% ({100 * low:.1f} to {100 * high:.1f})"
