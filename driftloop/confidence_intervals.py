"""Intervals of shares and counts."""

from scipy.special import betaincinv, gammaincinv


def binomial_interval(hits: int, runs: int, level: float = 0.95) -> tuple[float, float]:
    """The exact interval of a share (Clopper and Pearson, Biometrika 26, 1934)."""
    tail = (1 - level) / 2
    low = float(betaincinv(hits, runs - hits + 1, tail)) if hits else 0.0
    high = float(betaincinv(hits + 1, runs - hits, 1 - tail)) if hits < runs else 1.0
    return low, high


def poisson_interval(events: int, level: float = 0.95) -> tuple[float, float]:
    """The exact interval of an expected count (Garwood, Biometrika 28, 1936)."""
    tail = (1 - level) / 2
    low = float(gammaincinv(events, tail)) if events else 0.0
    return low, float(gammaincinv(events + 1, 1 - tail))
