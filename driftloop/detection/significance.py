"""Which changes of columns are statistically significant, and how large significant effects are.

Within a column, the p-value is Bonferroni-adjusted over its three kinds of tests. Over all columns
Benjamini-Hochberg holds the false discovery rate, weighted by feature weights. Each test of a
significant column is then held to the column's cutoff divided by three.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from driftloop.comparison import ColumnComparison
from driftloop.comparison.profiles import TESTS_PER_COLUMN
from driftloop.detection.benjamini_hochberg import cutoff, q_values, weighted_p_value, weights
from driftloop.detection.policy import DriftPolicy, MinEffectSizes


class SignificanceResult(NamedTuple):
    """Whether a column's change is significant, its q-value, and the cutoff of its tests."""

    is_significant: bool
    q_value: float
    p_value_cutoff: float


def normalized_weights(names: Sequence[str], policy: DriftPolicy) -> dict[str, float]:
    """The weight of each column of a family of tests, 1 on average."""
    importances = [policy.feature_weights.get(name, 1.0) for name in names]
    return dict(zip(names, weights(importances), strict=True))


def assess_significance(
    p_values: Mapping[str, float], policy: DriftPolicy
) -> dict[str, SignificanceResult]:
    """Apply weighted Benjamini-Hochberg to a window's columns.

    Args:
        p_values: One p-value per column, adjusted over the column's tests.
        policy: Has the false discovery rate and the feature weights.
    """
    weight = list(normalized_weights(list(p_values), policy).values())
    results = _assess(list(p_values.values()), weight, policy.false_discovery_rate)
    return dict(zip(p_values, results, strict=True))


def assess_single_column(
    p_value: float, columns: int, policy: DriftPolicy, weight: float
) -> SignificanceResult:
    """The result for a column of this weight among ``columns``, no other of which has changed."""
    p_values = [p_value, *[1.0] * (columns - 1)]
    return _assess(p_values, [weight] * columns, policy.false_discovery_rate)[0]


def _assess(
    p_values: Sequence[float], weight: Sequence[float], rate: float
) -> list[SignificanceResult]:
    weighted = [weighted_p_value(p, w, rate) for p, w in zip(p_values, weight, strict=True)]
    limit = cutoff(weighted, rate)
    return [
        SignificanceResult(p <= limit, q, min(limit * w, rate) / TESTS_PER_COLUMN)
        for p, q, w in zip(weighted, q_values(weighted), weight, strict=True)
    ]


def relative_effect_size(
    column: ColumnComparison, p_value_cutoff: float, min_effect_sizes: MinEffectSizes
) -> float:
    """The largest significant effect, in minimum effect sizes of its kind; 0 without any.

    Args:
        column: The column's tests and effect sizes.
        p_value_cutoff: What the test of an effect must not exceed.
        min_effect_sizes: The unit of each kind of effect.
    """
    return max(_significant_effects(column, p_value_cutoff, min_effect_sizes), default=0.0)


def _significant_effects(
    column: ColumnComparison, p_value_cutoff: float, min_effect_sizes: MinEffectSizes
) -> Iterator[float]:
    distribution_effect, missing_effect = column.distribution_effect, column.missing_effect
    if column.distribution_p_value <= p_value_cutoff and distribution_effect is not None:
        yield distribution_effect / min_effect_sizes.distribution
    others = column.beside_atoms
    if others is not None and others.p_value <= p_value_cutoff:
        yield others.effect_size / min_effect_sizes.distribution
    for category in column.categories:
        if category.p_value <= p_value_cutoff:
            yield category.effect_size / min_effect_sizes.for_category(category)
    if column.missing_p_value <= p_value_cutoff and missing_effect is not None:
        yield missing_effect / min_effect_sizes.share
