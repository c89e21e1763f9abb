"""How much is simulated."""

from typing import NamedTuple

SIZES = (300, 1000, 10_000, 100_000, 1_000_000)

LARGE = 1_000_000
"""Windows from this size on have a tenth of the runs."""


class Scope(NamedTuple):
    """Runs of each row, months of each row, and records of the windows."""

    runs: int = 200
    months: int = 20
    sizes: tuple[int, ...] = SIZES

    def runs_of(self, size: int) -> int:
        """Runs of a window of so many records."""
        return self.runs if size < LARGE else self.runs // 10


QUICK = Scope(runs=40, months=1, sizes=(300, 1000))
