"""How much is simulated."""

from typing import NamedTuple

SIZES = (300, 1000, 10_000, 70_000, 100_000, 1_000_000)


class Scope(NamedTuple):
    """Runs of each row, months of each row, and records of the windows."""

    runs: int = 200
    months: int = 20
    sizes: tuple[int, ...] = SIZES


QUICK = Scope(runs=40, months=1, sizes=(300, 1000))
