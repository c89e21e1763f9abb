"""What values were rounded to: multiples of a step, or so many significant digits."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driftloop.profile.significant import DIGITS, Floats, power_below

NEAR = 2e-7
"""Relative error of a sampled value, which is kept in float32."""


NEARLY_ALL = 0.95


@dataclass(frozen=True, slots=True)
class RoundingGrid:
    """All multiples of ``step``; where that is None, all numbers of so many significant digits."""

    step: float | None = None
    digits: int | None = None

    def __str__(self) -> str:
        if self.step is not None:
            return f"multiples of {self.step:g}"
        return f"numbers of {self.digits} significant digit{'' if self.digits == 1 else 's'}"

    def spacing(self, values: Floats) -> Floats:
        """How far apart neighbors lie at each of finite float64[n]."""
        if self.step is not None:
            return np.full(len(values), self.step)
        return power_below(np.abs(values), (self.digits or DIGITS) - 1)

    def is_evident(self, values: Floats) -> bool:
        """Whether nearly all of float64[n] could lie off it in six significant digits."""
        small = np.abs(values) < 10.0 ** (DIGITS - 1) * self.spacing(values)
        return bool(np.mean(small) >= NEARLY_ALL)

    def contains(self, values: Floats) -> NDArray[np.bool_]:
        """Which of finite float64[n] lie on it, bool[n]."""
        steps = values / self.spacing(values)
        return np.asarray(np.abs(steps - np.rint(steps)) <= NEAR * np.abs(steps))

    def neighbors(self, values: Floats) -> tuple[Floats, Floats]:
        """The neighbors below each of finite float64[n], and at or above it."""
        spacing = self.spacing(values)
        steps = np.ceil(values / spacing)
        return (steps - 1) * spacing, steps * spacing
