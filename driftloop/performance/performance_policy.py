"""Which fall of a score is a degradation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from driftloop.schema import ProblemType

if TYPE_CHECKING:
    from driftloop.config.sections import PerformanceSettings

RELATIVE_SCORES = frozenset({"log_loss", "brier", "rmse", "mae"})
"""Scores whose change is measured as a share of the reference: losses and errors. The others are
shares or areas themselves."""

BETTER_IF_HIGHER = frozenset({"roc_auc", "accuracy", "precision", "recall", "f1", "r2"})

DEFAULT_MIN_EFFECT_SIZES: Mapping[ProblemType, Mapping[str, float]] = {
    ProblemType.BINARY_CLASSIFICATION: {"roc_auc": 0.02, "log_loss": 0.1},
    ProblemType.MULTICLASS_CLASSIFICATION: {"accuracy": 0.02, "log_loss": 0.1},
    ProblemType.REGRESSION: {"rmse": 0.1, "mae": 0.1},
}
"""The scores that are compared, and by how much each has to be worse."""


@dataclass(frozen=True, slots=True)
class PerformancePolicy:
    """Settings of the comparison with the baseline's held-out records.

    Attributes:
        min_effect_sizes: Scores that are compared, with the smallest worsening that matters; empty
            for those of the problem type.
        window_days: Days that are compared together.
        datapoints_to_alarm: Of the last ``evaluation_periods`` days so many must end days that are
            worse.
        evaluation_periods: See ``datapoints_to_alarm``.
        confidence_level: Level of the printed intervals.
        false_discovery_rate: Share of false findings among the scores that are found worse.
    """

    min_effect_sizes: Mapping[str, float] = field(default_factory=dict)
    window_days: int = 7
    datapoints_to_alarm: int = 2
    evaluation_periods: int = 3
    confidence_level: float = 0.95
    false_discovery_rate: float = 0.01

    @classmethod
    def from_settings(cls, settings: "PerformanceSettings") -> "PerformancePolicy":
        """The policy of a model's settings."""
        return cls(
            min_effect_sizes={str(name): size for name, size in settings.min_effect_sizes.items()},
            window_days=settings.window_days,
            datapoints_to_alarm=settings.datapoints_to_alarm,
            evaluation_periods=settings.evaluation_periods,
        )

    def compared(self, problem_type: ProblemType) -> Mapping[str, float]:
        """The scores to compare, with the smallest worsening that matters."""
        return self.min_effect_sizes or DEFAULT_MIN_EFFECT_SIZES[problem_type]
