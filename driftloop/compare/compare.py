"""The comparison of a window's profile with its baseline."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from driftloop.compare.levels import changed_levels
from driftloop.compare.multivariate import compare_pairs
from driftloop.compare.reference import Compared, compared
from driftloop.compare.scores import ColumnScore, Scores
from driftloop.compare.uncompared import uncompared
from driftloop.errors import InputError
from driftloop.metrics import NAMES, measure
from driftloop.metrics.chi_square import chi_square_test
from driftloop.metrics.fisher import fisher_exact
from driftloop.metrics.ks import ks_bound, ks_p_value
from driftloop.metrics.mean_shift import mean_shift
from driftloop.metrics.share_effect import share_effect
from driftloop.profile import Baseline, Profile
from driftloop.profile.allowances import Allowance
from driftloop.profile.categorical import CategoricalGrid
from driftloop.profile.coarse import coarse_pair
from driftloop.profile.columns import ColumnCounts, Grid
from driftloop.profile.lattice import Lattice
from driftloop.profile.numeric import NumericCounts, NumericGrid
from driftloop.profile.pair import Pair, Presence, make_pair
from driftloop.profile.thinned import PREDICTION
from driftloop.schema import Kind
from driftloop.window import Window

NEEDED = frozenset({"ks", "missing_h"})
"""Metrics that effects are made of."""

TESTS = 3
"""Tests of a column: shape (by distribution and by bins), single levels, missing values."""


def compare(
    baseline: Baseline,
    profile: Profile,
    window: Window | None = None,
    left_out: Mapping[str, str] | None = None,
    lattices: Mapping[str, Lattice] | None = None,
) -> Scores:
    """Score every column; raises InputError where the profile is of another baseline.

    With the ``window`` that the records are from, and a rhythm that the baseline brings along,
    the reference is the same hours of the week. ``left_out`` says by name why features are not to
    be compared, ``lattices`` what the window's values were rounded to.
    """
    left_out, lattices = left_out or {}, lattices or {}
    if profile.baseline != baseline.fingerprint:
        raise InputError(
            f"the profile was made on the baseline {profile.baseline}, not on "
            f"{baseline.fingerprint}: profile the records on the baseline that they are judged by"
        )
    columns = dict(compared(baseline, profile, window))
    answers = columns.pop(PREDICTION, None)
    return Scores(
        records=profile.counted.records,
        reference_records=baseline.reference.records,
        features={
            name: uncompared(name, column, left_out[name])
            if name in left_out
            else score_compared(name, column, lattices.get(name))
            for name, column in columns.items()
        },
        prediction=None if answers is None else score_prediction(answers, lattices.get(PREDICTION)),
        multivariate=compare_pairs(baseline, profile, window, left_out),
    )


def score_compared(
    name: str,
    column: Compared,
    lattice: Lattice | None = None,
    metrics: Collection[str] = NAMES,
) -> ColumnScore:
    """Score one feature as it is compared, with these metrics and those that verdicts need."""
    return _score_pair(name, column, _pair(column, lattice), metrics)


def score_prediction(
    answers: Compared, lattice: Lattice | None = None, metrics: Collection[str] = NAMES
) -> ColumnScore | None:
    """Score the prediction; None where a side has none."""
    if not answers.reference.present:
        return None
    if not answers.current.present:
        return None  # answers are not captured at all: that is a setting, not drift
    pair = _pair(answers, lattice)
    pair = replace(pair, presence=_unanswered(pair.presence))
    return _score_pair("prediction", answers, pair, metrics)


def _unanswered(presence: Presence) -> Presence:
    """Fewer answers missing than in the training data is no drift: rows of a training file may
    have none because the model was never asked for one."""
    before, now = _missing_shares(presence)
    if now > before:
        return presence
    return Presence(0, presence.reference_rows, 0, presence.current_rows)


def score_column(
    name: str,
    grid: Grid,
    reference: ColumnCounts,
    current: ColumnCounts,
    design_effect: float = 1.0,
) -> ColumnScore:
    """Score one feature; both sides were counted on the grid.

    ``design_effect`` is by how much dependence makes shares vary more than in as many independent
    records (Rao and Scott, Ann. Stat. 12, 1984): tests take n and m divided by it.
    """
    column = Compared(grid, reference, current, allowance=Allowance(design_effect))
    return _score_pair(name, column, make_pair(grid, reference, current))


def _pair(column: Compared, lattice: Lattice | None) -> Pair:
    grid, reference, current = column.grid, column.reference, column.current
    if lattice is None or not isinstance(grid, NumericGrid):
        return make_pair(grid, reference, current)
    if not isinstance(reference, NumericCounts) or not isinstance(current, NumericCounts):
        raise TypeError("a numeric grid needs numeric counts")
    return coarse_pair(grid, reference, current, lattice)


def _score_pair(
    name: str,
    column: Compared,
    pair: Pair,
    wanted: Collection[str] = NAMES,
) -> ColumnScore:
    design_effect = column.allowance.design_effect
    metrics = measure(pair, {*wanted, *NEEDED})
    distance, distributions = metrics["ks"], pair.distributions
    by_knots = None
    if distributions is not None and distance is not None:
        n, m = distributions.n / design_effect, distributions.m / design_effect
        by_knots = ks_p_value(distance, n, m)
    by_bins = _by_bins(pair, design_effect)
    by_level, levels = changed_levels(column, pair)
    missing = fisher_exact(pair.presence, design_effect)
    tests = {
        "ks": by_knots,
        "chi_square": by_bins,
        "levels": by_level,
        "missing": missing,
    }
    shape_p = _least(by_knots, by_bins)
    return ColumnScore(
        name=name,
        kind=Kind.CATEGORICAL if isinstance(column.grid, CategoricalGrid) else Kind.NUMERIC,
        rows=column.current.rows,
        missing=column.current.missing,
        metrics=metrics,
        tests=tests,
        ks_error=None if distributions is None else ks_bound(distributions),
        shape_effect=_shape_effect(pair, distance, design_effect),
        shape_p=shape_p,
        levels=levels,
        missing_effect=metrics["missing_h"],
        missing_p=_least(missing),
        missing_shares=_missing_shares(pair.presence),
        p_value=min(1.0, TESTS * _least(shape_p, by_level, missing)),
        design_effect=design_effect,
    )


def _by_bins(pair: Pair, design_effect: float) -> float | None:
    """P-value of the bins: chi-square's, of two bins the exact one."""
    test = chi_square_test(pair.bins, design_effect)
    if test is None or test.freedom > 1:
        return None if test is None else test.p_value
    (n, before), (m, now) = ((int(side.sum()), int(side[0])) for side in test.table)
    return fisher_exact(Presence(before, n, now, m), design_effect)


def _shape_effect(pair: Pair, distance: float | None, design_effect: float) -> float | None:
    """max(2 Phi^-1((1 + D) / 2), w): D sees where, w how differently shares lie."""
    by_bins = share_effect(pair.bins, design_effect)
    if distance is None or pair.distributions is None:
        return by_bins
    shifted = mean_shift(distance, pair.distributions.n, pair.distributions.m)
    return max(shifted, by_bins or 0.0)


def _missing_shares(presence: Presence) -> tuple[float, float]:
    return (
        presence.reference_missing / max(presence.reference_rows, 1),
        presence.current_missing / max(presence.current_rows, 1),
    )


def _least(*p_values: float | None) -> float:
    return min((p for p in p_values if p is not None), default=1.0)
