"""Which constraints there are, how strict they are, and what violates them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from driftloop.quality.spelling import Spelling


class Constraint(StrEnum):
    """What the baseline requires of a window's data."""

    DATA_TYPE = "data_type"
    COMPLETENESS = "completeness"
    VALUE_RANGE = "value_range"
    CATEGORICAL_VALUES = "categorical_values"
    SPELLING = "spelling"
    ROUNDED_VALUES = "rounded_values"
    MISSING_COLUMN = "missing_column"
    EXTRA_COLUMN = "extra_column"
    READABLE_LINES = "readable_lines"
    REPEATED_RECORDS = "repeated_records"
    READABLE_RESPONSES = "readable_responses"
    CLOCK = "clock"
    ORDER = "order"
    CONSTANT = "constant"
    UNSEEN_VALUES = "unseen_values"


@dataclass(frozen=True, slots=True)
class QualityLimits:
    """How far data may deviate from the constraints of the baseline; all shares are 0 to 1.

    Attributes:
        max_invalid_type_share: Share of values that can't be read as the column's type.
        max_completeness_drop: Drop of completeness below the reference's.
        max_out_of_range_share: Share of numeric values outside of the widened range.
        range_margin: Share of its width by which the reference's range is widened on each side.
        max_unseen_category_share: Share of values whose category is not in the reference.
        max_repeated_share: Share of records that repeat the values of another, beyond the share
            that training data lets expect, from which the verdict is ``invalid_data``.
        max_invalid_record_share: Share of rejected or violating records above which the verdict is
            ``invalid_data``.
    Example:
        >>> import driftloop as dl
        >>> limits = dl.QualityLimits(max_unseen_category_share=0.3)
        >>> report = dl.compare(*dl.load_example(), policy=dl.DriftPolicy(quality=limits))
        >>> report.data_quality.violations
        ()
    """

    max_invalid_type_share: float = 0.01
    max_completeness_drop: float = 0.3
    max_out_of_range_share: float = 0.1
    range_margin: float = 0.5
    max_unseen_category_share: float = 0.2
    max_repeated_share: float = 0.05
    max_invalid_record_share: float = 0.5


@dataclass(frozen=True, slots=True)
class Violation:
    """One breach of a constraint; ``column`` is None where it is about whole lines."""

    column: str | None
    constraint: Constraint
    observed: float
    expected: float
    message: str


@dataclass(frozen=True, slots=True)
class QualityResult:
    """The result of all checks.

    Attributes:
        violations: What violates a constraint.
        invalid_lines: Why the lines are invalid, so that the window is no evidence; None where they
            are valid.
        checked_lines: Lines that count in the window, and rejected ones.
        repeated_records: Why the records are no sample, since many repeat another; None where they
            do not.
        invalid_columns: By column, why it is invalid.
        clocks: The invalid columns that disagree with the clock.
        spellings: By column, its new categories that are known ones spelled otherwise.
    """

    violations: tuple[Violation, ...]
    invalid_lines: str | None
    checked_lines: int
    invalid_columns: Mapping[str, str]
    clocks: frozenset[str] = frozenset()
    spellings: Mapping[str, tuple[Spelling, ...]] = field(default_factory=dict)
    repeated_records: str | None = None


def percent(share: float) -> str:
    """A share as a percentage of two digits, for sentences: ``0.062`` is ``6.2%``."""
    if share >= 1:
        return "100%"
    return f"{100 * share:.2g}%" if share < 0.995 else f"{100 * share:.4g}%"
