"""What a comparison finds. Nothing here says whether it is much: a policy does."""

from collections.abc import Mapping
from dataclasses import dataclass

from driftloop.compare.multivariate import PairChange
from driftloop.schema import Kind


@dataclass(frozen=True, slots=True)
class LevelChange:
    """A level whose share of the values changed, from ``before`` in the reference to ``now``.

    ``p_value`` is of its own hypergeometric test, times the number of levels; ``effect`` is Cohen's
    h.
    """

    level: str
    before: float
    now: float
    effect: float
    p_value: float

    @property
    def change(self) -> str:
        """``new``, ``vanished``, ``grown`` or ``shrunk``."""
        if not self.before or not self.now:
            return "vanished" if self.before else "new"
        return "grown" if self.now > self.before else "shrunk"


@dataclass(frozen=True, slots=True)
class ColumnScore:
    """One column's differences.

    ``shape_effect`` reads like a mean shift in standard deviations, ``missing_effect`` is Cohen's
    h. ``shape_p`` is the smaller p-value of the tests of shape (Kolmogorov-Smirnov, chi-square),
    uncorrected; ``p_value`` is min(1, 3 min p) over the column's three tests. ``ks_error`` is by
    how much the exact Kolmogorov-Smirnov distance may exceed the one in ``metrics``.
    ``design_effect`` is what the tests were corrected by, 1 for independent records. What can't be
    computed (no value on a side) is None. ``left_out`` says why a column is not compared at all.
    """

    name: str
    kind: Kind
    rows: int
    missing: int
    metrics: Mapping[str, float | None]
    tests: Mapping[str, float | None]
    ks_error: float | None
    shape_effect: float | None
    shape_p: float
    levels: tuple[LevelChange, ...]
    missing_effect: float | None
    missing_p: float
    missing_shares: tuple[float, float]
    p_value: float
    left_out: str | None = None
    design_effect: float = 1.0

    @property
    def effect(self) -> float | None:
        """The largest of the column's effects."""
        found = [e for e in (self.shape_effect, self.missing_effect) if e is not None]
        return max([*found, *(level.effect for level in self.levels)], default=None)


@dataclass(frozen=True, slots=True)
class Scores:
    """All columns; ``prediction`` is None where none was captured or the baseline has none.

    ``multivariate`` is None where no pair of features could be tested.
    """

    records: int
    reference_records: int
    features: Mapping[str, ColumnScore]
    prediction: ColumnScore | None
    multivariate: PairChange | None = None
