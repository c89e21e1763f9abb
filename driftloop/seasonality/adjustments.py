"""Adjustments for dependent records: by column, how much tests and minimum effect sizes change."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

DAY_HOURS = 24
"""Hours of a day: windows of a day or longer use the adjustments for days."""


@dataclass(frozen=True, slots=True)
class Adjustment:
    """The adjustment of one column.

    Attributes:
        design_effect: Variance of dependent records over that of independent ones, 1 or more. It
            divides test statistics and numbers of records.
        min_effect_multiplier: Multiplies the column's minimum effect size, 1 or more.
    """

    design_effect: float = 1.0
    min_effect_multiplier: float = 1.0


NO_ADJUSTMENT = Adjustment()


@dataclass(frozen=True, slots=True)
class Adjustments:
    """The adjustments of all columns.

    Attributes:
        window_hours: Length of a window in hours.
        window: Adjustments by column for windows of that length.
        day: Adjustments by column for days.
        policy: The settings for which they were fitted.
        replay: Results of the backtest.
    """

    window_hours: int
    window: Mapping[str, Adjustment]
    day: Mapping[str, Adjustment]
    policy: Mapping[str, Any] = field(default_factory=dict)
    replay: Mapping[str, Any] = field(default_factory=dict)

    def for_hours(self, hours: int) -> Mapping[str, Adjustment]:
        """Choose the adjustments for a length of window.

        Args:
            hours: Length of the window.

        Returns:
            Adjustments by column: those for days from 24 hours on.
        """
        return self.day if hours >= DAY_HOURS else self.window
