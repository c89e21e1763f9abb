"""The comparison of a window's profile with its reference, column by column."""

from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np

from driftloop.comparison.association import compare_associations
from driftloop.comparison.category_changes import changed_categories
from driftloop.comparison.correlation import compare_correlations
from driftloop.comparison.reference import ComparedColumn, PairedColumns
from driftloop.comparison.rounded_pair import pair_on_rounding_grid
from driftloop.comparison.scores import ColumnComparison, Comparison, excluded_comparison
from driftloop.comparison.value_changes import (
    ValueChanges,
    change_beside_atoms,
    changed_values,
)
from driftloop.metrics import NAMES, compute_metrics
from driftloop.metrics.chi_square import chi_square_test
from driftloop.metrics.cohens_w import cohens_w
from driftloop.metrics.fisher import fisher_exact
from driftloop.metrics.ks import ks_max_error, ks_p_value
from driftloop.metrics.mean_shift import mean_shift
from driftloop.profile.categorical import CategoricalBinning
from driftloop.profile.column_pair import ColumnPair, MissingCounts, pair_columns
from driftloop.profile.columns import Binning, ColumnCounts
from driftloop.profile.numeric.counts import NumericBinning, NumericCounts
from driftloop.profile.numeric.precision import Floats, RoundingGrid
from driftloop.schema import Kind
from driftloop.seasonality.adjustments import Adjustment
from driftloop.seasonality.hourly_counts import PREDICTION

EFFECT_SIZE_METRICS = frozenset({"ks", "missing_cohens_h"})
"""Metrics from which effect sizes are computed."""

TESTS_PER_COLUMN = 3
"""Kinds of tests of a column: distribution, categories or single values, missing values."""

PARTS_WITH_ATOMS = 2
"""Parts of the test of the distribution where a column has atoms: the whole, and the other values.
Their p-values are multiplied by it."""

Sampled = tuple[Floats, Floats]
"""A column's values in the samples of reference and window, NaN where missing."""


def compare_profile(
    columns: PairedColumns,
    excluded_features: Mapping[str, str] | None = None,
    rounding_grids: Mapping[str, RoundingGrid] | None = None,
    metrics: Collection[str] = NAMES,
) -> Comparison:
    """Compare every column of a window with its reference.

    Args:
        columns: The result of :func:`driftloop.comparison.pair_with_reference`.
        excluded_features: Features that are not compared, with the reason.
        rounding_grids: By column, the grid to which the window's values were rounded.
        metrics: Names of the metrics to compute, beside those that effect sizes need.
    """
    excluded_features, rounding_grids = excluded_features or {}, rounding_grids or {}
    sampled = _sampled(columns)
    features = {
        name: excluded_comparison(name, column, excluded_features[name])
        if name in excluded_features
        else compare_prepared_column(
            name, column, rounding_grids.get(name), metrics, sampled=sampled.get(name)
        )
        for name, column in columns.items()
        if name != PREDICTION
    }
    prediction = columns.get(PREDICTION)
    return Comparison(
        records=columns.profile.counts.records,
        reference_records=columns.baseline.reference.records,
        features=features,
        prediction=None
        if prediction is None
        else compare_prediction(
            prediction,
            rounding_grids.get(PREDICTION),
            metrics,
            sampled=sampled.get(PREDICTION),
            has_responses=columns.profile.line_counts.has_responses,
        ),
        multivariate=compare_correlations(columns, excluded_features),
        associations=compare_associations(columns, excluded_features),
    )


def compare_prepared_column(
    name: str,
    column: ComparedColumn,
    rounding_grid: RoundingGrid | None = None,
    metrics: Collection[str] = NAMES,
    sampled: Sampled | None = None,
) -> ColumnComparison:
    """Compare one feature that is paired with its reference.

    Args:
        name: The feature.
        column: Both sides.
        rounding_grid: The grid to which the window's values were rounded.
        metrics: Names of the metrics to compute, beside those that effect sizes need.
        sampled: The column's values in both samples; None where single values can't be compared.
    """
    return _compare_pair(
        name, column, _pair(column, rounding_grid), metrics, _usable(column, sampled, rounding_grid)
    )


def compare_prediction(
    column: ComparedColumn,
    rounding_grid: RoundingGrid | None = None,
    metrics: Collection[str] = NAMES,
    sampled: Sampled | None = None,
    has_responses: bool = False,
) -> ColumnComparison | None:
    """Compare the prediction; None where a side has none at all.

    A window without any response means that data capture does not record them: that is a setting,
    not drift. Responses that have no prediction are: the model gives none any more.

    Args:
        column: Both sides.
        rounding_grid: As in :func:`compare_prepared_column`.
        metrics: As in :func:`compare_prepared_column`.
        sampled: As in :func:`compare_prepared_column`.
        has_responses: Whether the window has responses, even if they can't be read.
    """
    has_none = not column.current.present and not (has_responses and column.current.rows)
    if not column.reference.present or has_none:
        return None
    pair = _pair(column, rounding_grid)
    pair = replace(pair, missing_counts=_without_decrease(pair.missing_counts))
    return _compare_pair(
        "prediction", column, pair, metrics, _usable(column, sampled, rounding_grid)
    )


def _without_decrease(missing_counts: MissingCounts) -> MissingCounts:
    """Fewer missing predictions than in the training data are no drift: training rows may have no
    prediction because the model was never invoked for them."""
    reference, current = _missing_shares(missing_counts)
    if current > reference:
        return missing_counts
    return MissingCounts(0, missing_counts.reference_records, 0, missing_counts.current_records)


def compare_column(
    name: str,
    binning: Binning,
    reference: ColumnCounts,
    current: ColumnCounts,
    design_effect: float = 1.0,
    metrics: Collection[str] = NAMES,
) -> ColumnComparison:
    """Compare one feature whose sides were counted on the same binning.

    Args:
        name: The feature.
        binning: The binning.
        reference: Counts of the reference.
        current: Counts of the window.
        design_effect: By how much dependence of records inflates the variance of shares, 1 or more
            (Rao and Scott, Ann. Stat. 12, 1984): tests divide n and m by it.
        metrics: Names of the metrics to compute, beside those that effect sizes need.
    """
    column = ComparedColumn(binning, reference, current, adjustment=Adjustment(design_effect))
    return _compare_pair(name, column, pair_columns(binning, reference, current), metrics)


def _pair(column: ComparedColumn, rounding_grid: RoundingGrid | None) -> ColumnPair:
    binning, reference, current = column.binning, column.reference, column.current
    if rounding_grid is None or not isinstance(binning, NumericBinning):
        return pair_columns(binning, reference, current)
    if not isinstance(reference, NumericCounts) or not isinstance(current, NumericCounts):
        raise TypeError("a numeric binning needs numeric counts")
    return pair_on_rounding_grid(binning, reference, current, rounding_grid)


def _sampled(columns: PairedColumns) -> Mapping[str, Sampled]:
    """Both samples of each column whose reference is all of the training data."""
    reference = columns.baseline.reference.sample.values
    current = columns.profile.counts.sample.values
    return {
        name: (reference[:, position].astype(np.float64), current[:, position].astype(np.float64))
        for position, (name, column) in enumerate(columns.items())
        if not column.weeks
    }


def _usable(
    column: ComparedColumn, sampled: Sampled | None, rounding_grid: RoundingGrid | None
) -> Sampled | None:
    """The samples, empty where the window's values were rounded: those equal each other."""
    if sampled is None or not isinstance(column.binning, NumericBinning):
        return None
    return sampled if rounding_grid is None else (np.empty(0), np.empty(0))


def _compare_pair(
    name: str,
    column: ComparedColumn,
    pair: ColumnPair,
    wanted: Collection[str] = NAMES,
    sampled: Sampled | None = None,
) -> ColumnComparison:
    design_effect = column.adjustment.design_effect
    metrics = compute_metrics(pair, {*wanted, *EFFECT_SIZE_METRICS})
    ks_p = _ks_p_value(pair, metrics["ks"], design_effect)
    bins_p = _bins_p_value(pair, design_effect)
    category_p, categories = changed_categories(column, pair)
    values = ValueChanges() if sampled is None else changed_values(column, pair, sampled)
    beside_atoms = (
        None if sampled is None else change_beside_atoms(pair, design_effect, PARTS_WITH_ATOMS)
    )
    missing_p = fisher_exact(pair.missing_counts, design_effect)
    distribution_p = _smallest(ks_p, bins_p)
    if beside_atoms is not None:
        distribution_p = min(1.0, PARTS_WITH_ATOMS * distribution_p)
    return ColumnComparison(
        name=name,
        kind=Kind.CATEGORICAL if isinstance(column.binning, CategoricalBinning) else Kind.NUMERIC,
        records=column.current.rows,
        missing_records=column.current.missing,
        invalid_records=column.current.without_value - column.current.missing,
        metrics=metrics,
        p_values={
            "ks": ks_p,
            "chi_square": bins_p,
            "ks_beside_atoms": None if beside_atoms is None else beside_atoms.p_value,
            "category": category_p,
            "spike": values.spike,
            "tail": values.tail,
            "missing": missing_p,
        },
        ks_max_error=None if pair.cdfs is None else ks_max_error(pair.cdfs),
        distribution_effect=_distribution_effect(pair, metrics["ks"], design_effect),
        distribution_p_value=distribution_p,
        categories=(*categories, *values.changes),
        missing_effect=metrics["missing_cohens_h"],
        missing_p_value=_smallest(missing_p),
        missing_shares=_missing_shares(pair.missing_counts),
        p_value=min(
            1.0,
            TESTS_PER_COLUMN
            * _smallest(
                distribution_p,
                None if beside_atoms is None else beside_atoms.p_value,
                category_p,
                values.spike,
                values.tail,
                missing_p,
            ),
        ),
        design_effect=design_effect,
        beside_atoms=beside_atoms,
    )


def _ks_p_value(pair: ColumnPair, distance: float | None, design_effect: float) -> float | None:
    if pair.cdfs is None or distance is None:
        return None
    n, m = pair.cdfs.reference_count / design_effect, pair.cdfs.current_count / design_effect
    return ks_p_value(distance, n, m)


def _bins_p_value(pair: ColumnPair, design_effect: float) -> float | None:
    """P-value of the chi-square test; where two bins are left, of Fisher's exact test."""
    test = chi_square_test(pair.bins, design_effect)
    if test is None or test.dof > 1:
        return None if test is None else test.p_value
    (n, reference), (m, current) = ((int(side.sum()), int(side[0])) for side in test.table)
    return fisher_exact(MissingCounts(reference, n, current, m), design_effect)


def _distribution_effect(
    pair: ColumnPair, distance: float | None, design_effect: float
) -> float | None:
    """The larger of the mean shift that D stands for and Cohen's w.

    D is large where values moved, w where shares of bins differ.
    """
    w = cohens_w(pair.bins, design_effect)
    if distance is None or pair.cdfs is None:
        return w
    shift = mean_shift(distance, pair.cdfs.reference_count, pair.cdfs.current_count)
    return max(shift, w or 0.0)


def _missing_shares(missing_counts: MissingCounts) -> tuple[float, float]:
    return (
        missing_counts.reference_missing / max(missing_counts.reference_records, 1),
        missing_counts.current_missing / max(missing_counts.current_records, 1),
    )


def _smallest(*p_values: float | None) -> float:
    return min((p for p in p_values if p is not None), default=1.0)
