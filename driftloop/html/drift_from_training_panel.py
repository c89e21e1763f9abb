"""The panel on drift from training: each column's effect size, and its trend over the days."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec

from driftloop.daily.drift_from_training import DriftFromTraining
from driftloop.detection.policy import DriftPolicy
from driftloop.detection.window_outcome import WindowOutcome
from driftloop.html.chart import Trend
from driftloop.html.trend import trend
from driftloop.report.drift_from_training_text import drift_from_training_text, ranked_columns
from driftloop.report.formatting import format_count, format_number

MAX_ROWS = 15


@dataclass(frozen=True, slots=True)
class DriftFromTrainingRow:
    """A column: its effect size, that of all days together, its days and its values."""

    name: str
    persistent_effect_size: str
    effect_size: str
    days: str
    records: str


@dataclass(frozen=True, slots=True)
class DriftFromTrainingPanel:
    """The sentence, the columns, and the trend; None without earlier days."""

    sentence: str
    rows: tuple[DriftFromTrainingRow, ...]
    hidden: int
    trend: Trend | None


def drift_from_training_panel(
    found: DriftFromTraining | None, outcomes: Sequence[WindowOutcome], policy: DriftPolicy
) -> DriftFromTrainingPanel | None:
    """The panel.

    Args:
        found: How far the last days are from the training data.
        outcomes: Windows or days, oldest first, the current one last.
        policy: Has the effect size from which the gate is invoked.
    Returns:
        The panel; None where the daily rule did not decide.
    """
    if found is None:
        return None
    ranked = ranked_columns(found)
    return DriftFromTrainingPanel(
        sentence=drift_from_training_text(found, policy),
        rows=tuple(
            DriftFromTrainingRow(
                name,
                format_number(round(column.persistent_effect_size, 2)),
                format_number(round(column.effect_size, 2)),
                format_count(column.days),
                format_count(column.records),
            )
            for name, column in ranked[:MAX_ROWS]
        ),
        hidden=max(0, len(ranked) - MAX_ROWS),
        trend=_trend(outcomes, policy),
    )


def _trend(outcomes: Sequence[WindowOutcome], policy: DriftPolicy) -> Trend | None:
    known = [
        msgspec.structs.replace(outcome, effect_sizes=outcome.drift_from_training)
        for outcome in outcomes
        if outcome.drift_from_training and outcome.verdict.is_conclusive
    ]
    least = policy.min_drift_from_training or policy.min_effect_size
    found = trend(known, least, "day")
    return found and replace(found, minimum_text=f"the gate is invoked from {format_number(least)}")
