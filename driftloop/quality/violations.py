"""How strictly constraints are kept, and what is found."""

from dataclasses import dataclass
from typing import Any


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
    """A constraint that a window does not keep; ``feature`` is None for whole lines."""

    column: str | None
    constraint: str
    observed: float
    expected: float
    message: str

    def to_dict(self) -> dict[str, Any]:
        """Plain form, for the report."""
        return {
            "feature": self.column,
            "constraint": self.constraint,
            "observed": self.observed,
            "expected": self.expected,
            "message": self.message,
        }


@dataclass(frozen=True, slots=True)
class QualityResult:
    """All violations; ``lines`` says why the lines can't be judged (None if they can), of which
    there were ``judged_lines``, and ``broken`` why single columns can't."""

    violations: tuple[Violation, ...]
    lines: str | None
    judged_lines: int
    broken: dict[str, str]
