"""The comparison of a window's profile with its baseline."""

from collections.abc import Collection, Iterator, Mapping

import numpy as np

from driftloop.compare.multivariate import compare_pairs
from driftloop.compare.reference import Compared, compared
from driftloop.compare.scores import ColumnScore, LevelChange, Scores
from driftloop.compare.uncompared import uncompared
from driftloop.errors import InputError
from driftloop.metrics import NAMES, measure
from driftloop.metrics.absent_level import absent_level_p_values
from driftloop.metrics.chi_square import chi_square_test
from driftloop.metrics.fisher import fisher_exact
from driftloop.metrics.ks import ks_bound, ks_p_value
from driftloop.metrics.mean_shift import mean_shift
from driftloop.metrics.missingness import cohens_h
from driftloop.metrics.share_effect import share_effect
from driftloop.profile import Baseline, Profile
from driftloop.profile.categorical import CategoricalGrid
from driftloop.profile.coarse import coarse_pair
from driftloop.profile.columns import ColumnCounts, Grid
from driftloop.profile.lattice import Lattice
from driftloop.profile.numeric import NumericCounts, NumericGrid
from driftloop.profile.pair import OTHERS, Pair, Presence, make_pair
from driftloop.profile.thinned import PREDICTION
from driftloop.schema import Kind
from driftloop.window import Window

NEEDED = frozenset({"ks", "missing_h"})
"""Metrics that effects are made of."""

TESTS = 3
"""Tests of a column: shape by distribution or levels, shape by bins, missing."""

NOTABLE = 0.05
"""Levels are told one by one from this p-value on."""

MOST_LEVELS = 50


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
    effect = column.allowance.design_effect
    pair = _pair(column, lattice)
    return _score_pair(name, column.grid, pair, column.current, effect, metrics)


def score_prediction(
    answers: Compared, lattice: Lattice | None = None, metrics: Collection[str] = NAMES
) -> ColumnScore | None:
    """Score the prediction; None where a side has none."""
    grid, reference, current = answers.grid, answers.reference, answers.current
    if not reference.present:
        return None
    if not current.present:
        return None  # answers are not captured at all: that is a setting, not drift
    pair = _pair(answers, lattice)
    # rows of the reference without a prediction were not asked for one
    known = Presence(0, reference.present, pair.presence.current_missing, current.rows)
    pair = Pair(pair.bins, pair.labels, known, pair.distributions)
    effect = answers.allowance.design_effect
    return _score_pair("prediction", grid, pair, current, effect, metrics)


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
    return _score_pair(name, grid, make_pair(grid, reference, current), current, design_effect)


def _pair(column: Compared, lattice: Lattice | None) -> Pair:
    grid, reference, current = column.grid, column.reference, column.current
    if lattice is None or not isinstance(grid, NumericGrid):
        return make_pair(grid, reference, current)
    if not isinstance(reference, NumericCounts) or not isinstance(current, NumericCounts):
        raise TypeError("a numeric grid needs numeric counts")
    return coarse_pair(grid, reference, current, lattice)


def _score_pair(
    name: str,
    grid: Grid,
    pair: Pair,
    current: ColumnCounts,
    design_effect: float,
    wanted: Collection[str] = NAMES,
) -> ColumnScore:
    metrics = measure(pair, {*wanted, *NEEDED})
    distance, distributions = metrics["ks"], pair.distributions
    by_knots = None
    if distributions is not None and distance is not None:
        n, m = distributions.n / design_effect, distributions.m / design_effect
        by_knots = ks_p_value(distance, n, m)
    by_bins = chi_square_test(pair.bins, design_effect)
    every_level = None
    if isinstance(grid, CategoricalGrid):
        single = absent_level_p_values(pair.bins, design_effect)
        every_level = np.where(np.array(pair.labels) == OTHERS, 1.0, single)
    absent = None if every_level is None else float(every_level.min(initial=1.0))
    missing = fisher_exact(pair.presence, design_effect)
    tests = {
        "ks": by_knots,
        "chi_square": None if by_bins is None else by_bins.p_value,
        "levels": absent,
        "missing": missing,
    }
    shape_p = _least(by_knots, tests["chi_square"])
    return ColumnScore(
        name=name,
        kind=Kind.CATEGORICAL if isinstance(grid, CategoricalGrid) else Kind.NUMERIC,
        rows=current.rows,
        missing=current.missing,
        metrics=metrics,
        tests=tests,
        ks_error=None if distributions is None else ks_bound(distributions),
        shape_effect=_shape_effect(pair, distance, design_effect),
        shape_p=shape_p,
        levels=() if every_level is None else tuple(_level_changes(grid, pair, every_level)),
        missing_effect=metrics["missing_h"],
        missing_p=_least(missing),
        missing_shares=_missing_shares(pair.presence),
        p_value=min(1.0, TESTS * _least(shape_p, absent, missing)),
        design_effect=design_effect,
    )


def _shape_effect(pair: Pair, distance: float | None, design_effect: float) -> float | None:
    """max(2 Phi^-1((1 + D) / 2), w): D sees where, w how differently shares lie."""
    by_bins = share_effect(pair.bins, design_effect)
    if distance is None or pair.distributions is None:
        return by_bins
    shifted = mean_shift(distance, pair.distributions.n, pair.distributions.m)
    return max(shifted, by_bins or 0.0)


def _level_changes(
    grid: Grid, pair: Pair, p_values: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]"
) -> Iterator[LevelChange]:
    """New and vanished levels, the surest first; where levels were left out none can be new."""
    shares = pair.bins.shares()
    if shares is None or (isinstance(grid, CategoricalGrid) and not grid.levels):
        return
    before, now = shares
    order = np.argsort(p_values, kind="stable")[:MOST_LEVELS]
    for place in order[p_values[order] <= NOTABLE]:
        share = float(max(before[place], now[place]))
        change = "new" if before[place] == 0 else "vanished"
        effect = cohens_h(float(before[place]), float(now[place]))
        yield LevelChange(pair.labels[place], change, share, effect, float(p_values[place]))


def _missing_shares(presence: Presence) -> tuple[float, float]:
    return (
        presence.reference_missing / max(presence.reference_rows, 1),
        presence.current_missing / max(presence.current_rows, 1),
    )


def _least(*p_values: float | None) -> float:
    return min((p for p in p_values if p is not None), default=1.0)
