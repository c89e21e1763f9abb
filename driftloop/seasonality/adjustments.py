"""What dependent traffic is granted: by how much each column's tests and floors give way."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

DAY_HOURS = 24


@dataclass(frozen=True, slots=True)
class Adjustment:
    """``design_effect`` (1 or more) divides test statistics and numbers of records;
    ``min_effect_multiplier`` (1 or more) multiplies the policy's floors."""

    design_effect: float = 1.0
    min_effect_multiplier: float = 1.0


NO_ADJUSTMENT = Adjustment()


@dataclass(frozen=True, slots=True)
class Adjustments:
    """By column, for windows of ``window_hours`` and for whole days.

    ``policy`` holds the settings that they were made for, ``replay`` what the replay counted.
    """

    window_hours: int
    window: Mapping[str, Adjustment]
    day: Mapping[str, Adjustment]
    policy: Mapping[str, Any] = field(default_factory=dict)
    replay: Mapping[str, Any] = field(default_factory=dict)

    def for_hours(self, hours: int) -> Mapping[str, Adjustment]:
        """Those of windows of so many hours: the day's from 24 hours on."""
        return self.day if hours >= DAY_HOURS else self.window
