"""Changes of a few values of a numeric column, which its distribution as a whole does not show.

Values beyond all of the reference, single values whose share changed, and, where one value holds
much of the column, the distribution of the others. They are tested where the reference is all of
the training data: values of one hour may lie beyond the same hours of the training weeks, and equal
each other, only because of the weather.
"""

from dataclasses import dataclass

import numpy as np

from driftloop.comparison.category_changes import MAX_CATEGORIES
from driftloop.comparison.reference import ComparedColumn
from driftloop.comparison.scores import (
    MAX_P_VALUE,
    CategoryChange,
    ChangeBesideAtoms,
    ChangeKind,
)
from driftloop.metrics.atoms import without_atoms
from driftloop.metrics.category_tests import category_p_values
from driftloop.metrics.cohens_h import cohens_h
from driftloop.metrics.ks import ks, ks_p_value
from driftloop.metrics.mean_shift import mean_shift
from driftloop.metrics.spikes import frequent_values, has_frequent_values
from driftloop.metrics.tails import tails
from driftloop.profile.column_pair import BinnedCounts, CdfPair, ColumnPair, value_labels
from driftloop.profile.numeric.counts import NumericBinning
from driftloop.profile.numeric.precision import Floats, round_to_resolution

VALUE_TESTS = 2
"""Tests of single values, the tails and the spikes, by which their p-values are multiplied."""


@dataclass(frozen=True, slots=True)
class ValueChanges:
    """What was tested of a numeric column's single values.

    ``spike`` and ``tail`` are the smallest p-value of each test, None where it was not made;
    ``changes`` are the values with a p-value of at most ``MAX_P_VALUE``, the smallest first.
    """

    spike: float | None = None
    tail: float | None = None
    changes: tuple[CategoryChange, ...] = ()


def changed_values(
    column: ComparedColumn, pair: ColumnPair, sampled: tuple[Floats, Floats]
) -> ValueChanges:
    """Test a numeric column's tails, and its single values.

    Args:
        column: The column and its design effect.
        pair: The column as it is compared.
        sampled: The column's values in the samples of reference and window, NaN where missing;
            both empty where single values can't be compared.
    """
    binning, design_effect = column.binning, column.adjustment.design_effect
    if not isinstance(binning, NumericBinning) or binning.has_few_values or pair.cdfs is None:
        return ValueChanges()
    beyond = _beyond(pair.cdfs, design_effect)
    single = _single(binning, sampled, design_effect)
    changes = sorted([*beyond, *single], key=lambda change: change.p_value)
    return ValueChanges(
        spike=min((change.p_value for change in single), default=None),
        tail=min(change.p_value for change in beyond),
        changes=tuple(c for c in changes if c.p_value <= MAX_P_VALUE)[:MAX_CATEGORIES],
    )


def change_beside_atoms(
    pair: ColumnPair, design_effect: float, parts: int
) -> ChangeBesideAtoms | None:
    """Test the values beside the atoms; None where the column has none, or too few other values.

    Args:
        pair: The column as it is compared.
        design_effect: By how much dependence of records inflates variance, 1 or more.
        parts: Tests of the distribution's parts, by which the p-value is multiplied.
    """
    others = None if pair.cdfs is None else without_atoms(pair.cdfs)
    distance = None if others is None else ks(others.cdfs)
    if others is None or distance is None:
        return None
    n, m = others.cdfs.reference_count, others.cdfs.current_count
    p_value = ks_p_value(distance, n / design_effect, m / design_effect)
    return ChangeBesideAtoms(
        others.atoms, others.medians, mean_shift(distance, n, m), min(1.0, parts * p_value)
    )


def _beyond(pair: CdfPair, design_effect: float) -> list[CategoryChange]:
    found = tails(pair)
    below, _, above = _changes(found.bins, design_effect)
    low, high = value_labels(np.array([found.low, found.high]))
    return [_change(low, *below, "below"), _change(high, *above, "above")]


def _single(
    binning: NumericBinning, sampled: tuple[Floats, Floats], design_effect: float
) -> list[CategoryChange]:
    sides = [side[~np.isnan(side)] for side in sampled]
    if not all(map(len, sides)) or not has_frequent_values(np.concatenate(sides)):
        return []
    reference, current = (
        round_to_resolution(side, resolution=binning.resolution) for side in sides
    )
    found = frequent_values(reference, current)
    # a sample clips infinite values
    is_clipped = np.abs(found.values) >= 0.9999 * float(np.finfo(np.float32).max)
    values = np.where(is_clipped, np.copysign(np.inf, found.values), found.values)
    return [
        _change(label, *change, "value")
        for label, change in zip(
            value_labels(values), _changes(found.bins, design_effect)[:-1], strict=True
        )
    ]


def _changes(bins: BinnedCounts, design_effect: float) -> list[tuple[float, float, float]]:
    """Share of reference and window in each bin, and the p-value."""
    n, m = max(int(bins.reference.sum()), 1), max(int(bins.current.sum()), 1)
    p_values = category_p_values(bins, design_effect)
    return list(
        zip(
            (bins.reference / n).tolist(),
            (bins.current / m).tolist(),
            p_values.tolist(),
            strict=True,
        )
    )


def _change(
    label: str, reference: float, current: float, p_value: float, kind: ChangeKind
) -> CategoryChange:
    effect_size = cohens_h(reference, current)
    adjusted = min(1.0, VALUE_TESTS * p_value)
    return CategoryChange(label, reference, current, effect_size, adjusted, kind)
