"""Which constraints there are, how strict they are, and what violates them."""

from dataclasses import dataclass
from enum import StrEnum


class Constraint(StrEnum):
    """What the baseline requires of a window's data."""

    DATA_TYPE = "data_type"
    COMPLETENESS = "completeness"
    VALUE_RANGE = "value_range"
    CATEGORICAL_VALUES = "categorical_values"
    ROUNDED_VALUES = "rounded_values"
    MISSING_COLUMN = "missing_column"
    EXTRA_COLUMN = "extra_column"
    READABLE_LINES = "readable_lines"


@dataclass(frozen=True, slots=True)
class QualityLimits:
    """The section ``quality`` of driftloop.yaml; its defaults and meanings are there."""

    max_invalid_type_share: float = 0.01
    max_completeness_drop: float = 0.3
    max_out_of_range_share: float = 0.1
    range_margin: float = 0.5
    max_unseen_category_share: float = 0.2
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
    """All violations; ``lines`` says why the lines can't be judged (None if they can), of which
    there were ``judged_lines``, and ``broken`` why single columns can't."""

    violations: tuple[Violation, ...]
    lines: str | None
    judged_lines: int
    broken: dict[str, str]
