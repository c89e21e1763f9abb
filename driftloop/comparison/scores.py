"""The results of a comparison. They measure changes; a policy decides which are drift."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from driftloop.comparison.association import AssociationDrift
from driftloop.comparison.correlation import CorrelationDrift
from driftloop.comparison.reference import ComparedColumn
from driftloop.profile.categorical import CategoricalBinning
from driftloop.schema import Kind

MAX_P_VALUE = 0.05
"""Largest p-value with which a change is listed."""

ChangeKind = Literal["category", "value", "below", "above"]
"""What a change of a share is about: a category, a value of a numeric column, or all values below
the smallest, or above the largest, of the reference."""


@dataclass(frozen=True, slots=True)
class CategoryChange:
    """A category whose share of the values changed from ``reference`` to ``current``.

    ``p_value`` is of its own hypergeometric test, times the number of categories; ``effect_size``
    is Cohen's h. ``kind`` says what ``category`` names: of ``below`` and ``above`` it is the
    reference's smallest or largest value.
    """

    category: str
    reference: float
    current: float
    effect_size: float
    p_value: float
    kind: ChangeKind = "category"

    @property
    def change(self) -> Literal["new", "disappeared", "increased", "decreased"]:
        """``new``, ``disappeared``, ``increased`` or ``decreased``."""
        if not self.reference or not self.current:
            return "disappeared" if self.reference else "new"
        return "increased" if self.current > self.reference else "decreased"


@dataclass(frozen=True, slots=True)
class ChangeBesideAtoms:
    """How the values other than ``atoms`` changed.

    ``effect_size`` is the mean shift, in standard deviations of these values, that would cause
    their Kolmogorov-Smirnov distance; ``p_value`` is of that distance, times the tested parts of
    the column.
    """

    atoms: tuple[float, ...]
    medians: tuple[float, float]
    effect_size: float
    p_value: float


@dataclass(frozen=True, slots=True)
class ColumnComparison:
    """The differences of one column.

    Values that can't be computed, such as those of a side without values, are None.

    Attributes:
        name: The column.
        kind: Numeric or categorical.
        records: Records of the window.
        missing_records: Records of the window without a value.
        invalid_records: Records of the window whose value is no number (no date). To the model they
            are without a value, and so they are to the test of missing values.
        metrics: The drift metrics by name.
        p_values: Of each test: ``ks``, ``chi_square``, ``ks_beside_atoms``, ``category``,
            ``spike``, ``tail``, ``missing``.
        ks_max_error: By how much the exact distance may exceed ``metrics["ks"]``.
        distribution_effect: Effect size of the distribution, read like a mean shift in standard
            deviations.
        distribution_p_value: The smaller p-value of Kolmogorov-Smirnov and chi-square.
        categories: Categories and single values that changed, the smallest p-value first.
        missing_effect: Cohen's h of the missing share, invalid values included.
        missing_p_value: P-value of Fisher's exact test of the missing share.
        missing_shares: Missing shares of reference and window.
        p_value: min(1, 3 x the smallest) over the three kinds of tests (Bonferroni).
        excluded_because: Why the column is not compared; None where it is.
        design_effect: By how much dependence of records inflates variance; 1 where it does not.
        beside_atoms: How the values other than the most frequent ones changed; None where no value
            holds much of the column.
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
    beside_atoms: ChangeBesideAtoms | None = None
    invalid_records: int = 0

    @property
    def effect_size(self) -> float | None:
        """The largest effect size of the column, significant or not."""
        sizes = [self.distribution_effect, self.missing_effect]
        sizes += [category.effect_size for category in self.categories]
        if self.beside_atoms is not None and self.beside_atoms.p_value <= MAX_P_VALUE:
            sizes.append(self.beside_atoms.effect_size)
        return max((size for size in sizes if size is not None), default=None)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The differences of all columns.

    ``prediction`` is None where none was captured or the baseline has none, ``multivariate`` where
    no pair of numeric features could be tested. ``associations`` are the pairs of features of any
    kinds whose association changed, the largest effect first.
    """

    records: int
    reference_records: int
    features: Mapping[str, ColumnComparison]
    prediction: ColumnComparison | None
    multivariate: CorrelationDrift | None = None
    associations: tuple[AssociationDrift, ...] = ()


def excluded_comparison(name: str, column: ComparedColumn, reason: str) -> ColumnComparison:
    """The comparison of an excluded column: its numbers of records, and no test or effect size."""
    reference, current = column.reference, column.current
    return ColumnComparison(
        name=name,
        kind=Kind.CATEGORICAL if isinstance(column.binning, CategoricalBinning) else Kind.NUMERIC,
        records=current.rows,
        missing_records=current.missing,
        metrics={},
        p_values={},
        ks_max_error=None,
        distribution_effect=None,
        distribution_p_value=1.0,
        categories=(),
        missing_effect=None,
        missing_p_value=1.0,
        missing_shares=(
            reference.without_value / max(reference.rows, 1),
            current.without_value / max(current.rows, 1),
        ),
        p_value=1.0,
        excluded_because=reason,
    )
