"""The comparison of a window's profile with its baseline."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from driftloop.comparison.category_changes import changed_categories
from driftloop.comparison.correlation import compare_correlations
from driftloop.comparison.reference import ComparedColumn, pair_with_reference
from driftloop.comparison.rounded_pair import pair_on_rounding_grid
from driftloop.comparison.scores import ColumnComparison, Comparison, excluded_comparison
from driftloop.errors import InputError
from driftloop.metrics import NAMES, compute_metrics
from driftloop.metrics.chi_square import chi_square_test
from driftloop.metrics.cohens_w import cohens_w
from driftloop.metrics.fisher import fisher_exact
from driftloop.metrics.ks import ks_max_error, ks_p_value
from driftloop.metrics.mean_shift import mean_shift
from driftloop.profile import Baseline, Profile
from driftloop.profile.categorical import CategoricalBinning
from driftloop.profile.column_pair import ColumnPair, MissingCounts, pair_columns
from driftloop.profile.columns import Binning, ColumnCounts
from driftloop.profile.numeric.counts import NumericBinning, NumericCounts
from driftloop.profile.numeric.precision import RoundingGrid
from driftloop.schema import Kind
from driftloop.seasonality.adjustments import Adjustment
from driftloop.seasonality.hourly_counts import PREDICTION
from driftloop.window import Window

NEEDED = frozenset({"ks", "missing_cohens_h"})
"""Metrics that effects are made of."""

TESTS_PER_COLUMN = 3
"""Tests of a column: shape (by distribution and by bins), single levels, missing values."""


def compare_profile(
    baseline: Baseline,
    profile: Profile,
    window: Window | None = None,
    excluded_features: Mapping[str, str] | None = None,
    rounding_grids: Mapping[str, RoundingGrid] | None = None,
    *,
    columns: Mapping[str, ComparedColumn] | None = None,
) -> Comparison:
    """Score every column; raises InputError where the profile is of another baseline.

    With the ``window`` that the records are from, and a rhythm that the baseline brings along,
    the reference is the same hours of the week. ``exclude_features`` says by name why features are
    not to
    be compared, ``rounding_grids`` what the window's values were rounded to. ``columns`` is the
    result of :func:`pair_with_reference` on the same arguments, where the caller has it.
    """
    excluded_features, rounding_grids = excluded_features or {}, rounding_grids or {}
    if profile.baseline != baseline.fingerprint:
        raise InputError(
            f"the profile was made on the baseline {profile.baseline}, not on "
            f"{baseline.fingerprint}: profile the records on the baseline that they are judged by"
        )
    columns = dict(columns or pair_with_reference(baseline, profile, window))
    answers = columns.pop(PREDICTION, None)
    return Comparison(
        records=profile.counts.records,
        reference_records=baseline.reference.records,
        features={
            name: excluded_comparison(name, column, excluded_features[name])
            if name in excluded_features
            else compare_prepared_column(name, column, rounding_grids.get(name))
            for name, column in columns.items()
        },
        prediction=None
        if answers is None
        else compare_prediction(answers, rounding_grids.get(PREDICTION)),
        multivariate=compare_correlations(baseline, profile, window, excluded_features),
    )


def compare_prepared_column(
    name: str,
    column: ComparedColumn,
    rounding_grid: RoundingGrid | None = None,
    metrics: Collection[str] = NAMES,
) -> ColumnComparison:
    """Score one feature as it is compared, with these metrics and those that verdicts need."""
    return _score_pair(name, column, _pair(column, rounding_grid), metrics)


def compare_prediction(
    answers: ComparedColumn,
    rounding_grid: RoundingGrid | None = None,
    metrics: Collection[str] = NAMES,
) -> ColumnComparison | None:
    """Score the prediction; None where a side has none."""
    if not answers.reference.present:
        return None
    if not answers.current.present:
        return None  # answers are not captured at all: that is a setting, not drift
    pair = _pair(answers, rounding_grid)
    pair = replace(pair, missing_counts=_unanswered(pair.missing_counts))
    return _score_pair("prediction", answers, pair, metrics)


def _unanswered(missing_counts: MissingCounts) -> MissingCounts:
    """Fewer answers missing than in the training data is no drift: rows of a training file may
    have none because the model was never asked for one."""
    before, now = _missing_shares(missing_counts)
    if now > before:
        return missing_counts
    return MissingCounts(0, missing_counts.reference_records, 0, missing_counts.current_records)


def compare_column(
    name: str,
    binning: Binning,
    reference: ColumnCounts,
    current: ColumnCounts,
    design_effect: float = 1.0,
) -> ColumnComparison:
    """Score one feature; both sides were counted on the grid.

    ``design_effect`` is by how much dependence makes shares vary more than in as many independent
    records (Rao and Scott, Ann. Stat. 12, 1984): tests take n and m divided by it.
    """
    column = ComparedColumn(binning, reference, current, adjustment=Adjustment(design_effect))
    return _score_pair(name, column, pair_columns(binning, reference, current))


def _pair(column: ComparedColumn, rounding_grid: RoundingGrid | None) -> ColumnPair:
    binning, reference, current = column.binning, column.reference, column.current
    if rounding_grid is None or not isinstance(binning, NumericBinning):
        return pair_columns(binning, reference, current)
    if not isinstance(reference, NumericCounts) or not isinstance(current, NumericCounts):
        raise TypeError("a numeric grid needs numeric counts")
    return pair_on_rounding_grid(binning, reference, current, rounding_grid)


def _score_pair(
    name: str,
    column: ComparedColumn,
    pair: ColumnPair,
    wanted: Collection[str] = NAMES,
) -> ColumnComparison:
    design_effect = column.adjustment.design_effect
    metrics = compute_metrics(pair, {*wanted, *NEEDED})
    distance, distributions = metrics["ks"], pair.cdfs
    distribution_test = None
    if distributions is not None and distance is not None:
        n, m = (
            distributions.reference_count / design_effect,
            distributions.current_count / design_effect,
        )
        distribution_test = ks_p_value(distance, n, m)
    by_bins = _by_bins(pair, design_effect)
    by_category, categories = changed_categories(column, pair)
    missing = fisher_exact(pair.missing_counts, design_effect)
    tests = {
        "ks": distribution_test,
        "chi_square": by_bins,
        "category": by_category,
        "missing": missing,
    }
    distribution_p_value = _least(distribution_test, by_bins)
    return ColumnComparison(
        name=name,
        kind=Kind.CATEGORICAL if isinstance(column.binning, CategoricalBinning) else Kind.NUMERIC,
        records=column.current.rows,
        missing_records=column.current.missing,
        metrics=metrics,
        p_values=tests,
        ks_max_error=None if distributions is None else ks_max_error(distributions),
        distribution_effect=_shape_effect(pair, distance, design_effect),
        distribution_p_value=distribution_p_value,
        categories=categories,
        missing_effect=metrics["missing_cohens_h"],
        missing_p_value=_least(missing),
        missing_shares=_missing_shares(pair.missing_counts),
        p_value=min(1.0, TESTS_PER_COLUMN * _least(distribution_p_value, by_category, missing)),
        design_effect=design_effect,
    )


def _by_bins(pair: ColumnPair, design_effect: float) -> float | None:
    """P-value of the bins: chi-square's, of two bins the exact one."""
    test = chi_square_test(pair.bins, design_effect)
    if test is None or test.dof > 1:
        return None if test is None else test.p_value
    (n, before), (m, now) = ((int(side.sum()), int(side[0])) for side in test.table)
    return fisher_exact(MissingCounts(before, n, now, m), design_effect)


def _shape_effect(pair: ColumnPair, distance: float | None, design_effect: float) -> float | None:
    """max(2 Phi^-1((1 + D) / 2), w): D sees where, w how differently shares lie."""
    by_bins = cohens_w(pair.bins, design_effect)
    if distance is None or pair.cdfs is None:
        return by_bins
    shifted = mean_shift(distance, pair.cdfs.reference_count, pair.cdfs.current_count)
    return max(shifted, by_bins or 0.0)


def _missing_shares(missing_counts: MissingCounts) -> tuple[float, float]:
    return (
        missing_counts.reference_missing / max(missing_counts.reference_records, 1),
        missing_counts.current_missing / max(missing_counts.current_records, 1),
    )


def _least(*p_values: float | None) -> float:
    return min((p for p in p_values if p is not None), default=1.0)
