"""Comparisons of columns for tests of the decision rule; what a test does not set is unchanged."""

from collections.abc import Sequence

from driftloop.comparison import CategoryChange, ColumnComparison
from driftloop.schema import Kind


def score(
    name: str = "x",
    *,
    p: float = 1.0,
    effect: float | None = 0.0,
    categories: Sequence[CategoryChange] = (),
    missing_p: float = 1.0,
    missing_effect: float | None = 0.0,
    excluded_because: str | None = None,
) -> ColumnComparison:
    """A column with the p-value and effect size of each kind of test."""
    least = min([p, missing_p, *(category.p_value for category in categories)])
    return ColumnComparison(
        name=name,
        kind=Kind.CATEGORICAL if categories else Kind.NUMERIC,
        records=1000,
        missing_records=0,
        metrics={},
        p_values={},
        ks_max_error=0.0,
        distribution_effect=effect,
        distribution_p_value=p,
        categories=tuple(categories),
        missing_effect=missing_effect,
        missing_p_value=missing_p,
        missing_shares=(0.01, 0.12),
        p_value=min(1.0, 3 * least),
        excluded_because=excluded_because,
    )
