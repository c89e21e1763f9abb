"""What a comparison finds. Nothing here says whether it is much: a policy does.

The score of a column that is not compared: what is there, and why nothing is said of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from driftloop.comparison.correlation import CorrelationDrift
from driftloop.comparison.reference import ComparedColumn
from driftloop.profile.categorical import CategoricalBinning
from driftloop.schema import Kind


@dataclass(frozen=True, slots=True)
class CategoryChange:
    """A level whose share of the values changed, from ``before`` in the reference to ``now``.

    ``p_value`` is of its own hypergeometric test, times the number of levels; ``effect`` is Cohen's
    h.
    """

    category: str
    reference: float
    current: float
    effect_size: float
    p_value: float

    @property
    def change(self) -> Literal["new", "disappeared", "increased", "decreased"]:
        """``new``, ``disappeared``, ``increased`` or ``decreased``."""
        if not self.reference or not self.current:
            return "disappeared" if self.reference else "new"
        return "increased" if self.current > self.reference else "decreased"


@dataclass(frozen=True, slots=True)
class ColumnComparison:
    """One column's differences.

    ``shape_effect`` reads like a mean shift in standard deviations, ``missing_effect`` is Cohen's
    h. ``distribution_p_value`` is the smaller p-value of the tests of shape (Kolmogorov-Smirnov,
    chi-square),
    uncorrected; ``p_value`` is min(1, 3 min p) over the column's three tests. ``ks_max_error`` is
    by
    how much the exact Kolmogorov-Smirnov distance may exceed the one in ``metrics``.
    ``design_effect`` is what the tests were corrected by, 1 for independent records. What can't be
    computed (no value on a side) is None. ``exclude_features`` says why a column is not compared
    at all.
    """

    name: str
    kind: Kind
    records: int
    missing_records: int
    metrics: Mapping[str, float | None]
    p_values: Mapping[str, float | None]
    ks_max_error: float | None
    distribution_effect: float | None
    distribution_p_value: float
    categories: tuple[CategoryChange, ...]
    missing_effect: float | None
    missing_p_value: float
    missing_shares: tuple[float, float]
    p_value: float
    excluded_because: str | None = None
    design_effect: float = 1.0

    @property
    def effect_size(self) -> float | None:
        """The largest of the column's effects."""
        found = [e for e in (self.distribution_effect, self.missing_effect) if e is not None]
        return max([*found, *(category.effect_size for category in self.categories)], default=None)


@dataclass(frozen=True, slots=True)
class Comparison:
    """All columns; ``prediction`` is None where none was captured or the baseline has none.

    ``multivariate`` is None where no pair of features could be tested.
    """

    records: int
    reference_records: int
    features: Mapping[str, ColumnComparison]
    prediction: ColumnComparison | None
    multivariate: CorrelationDrift | None = None


def excluded_comparison(name: str, column: ComparedColumn, why: str) -> ColumnComparison:
    """A score without effect or evidence."""
    before, now = column.reference, column.current
    return ColumnComparison(
        name=name,
        kind=Kind.CATEGORICAL if isinstance(column.binning, CategoricalBinning) else Kind.NUMERIC,
        records=now.rows,
        missing_records=now.missing,
        metrics={},
        p_values={},
        ks_max_error=None,
        distribution_effect=None,
        distribution_p_value=1.0,
        categories=(),
        missing_effect=None,
        missing_p_value=1.0,
        missing_shares=(before.missing / max(before.rows, 1), now.missing / max(now.rows, 1)),
        p_value=1.0,
        excluded_because=why,
    )
