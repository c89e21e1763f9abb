"""Exact confidence intervals of proportions and of expected counts."""

from scipy.special import betaincinv, gammaincinv


def binomial_interval(
    successes: int, trials: int, confidence_level: float = 0.95
) -> tuple[float, float]:
    """The exact interval of a proportion, which contains it with at least ``confidence_level``.

    Clopper and Pearson, "The use of confidence or fiducial limits illustrated in the case of the
    binomial", Biometrika 26 (1934). The bounds are quantiles of beta distributions.

    Returns:
        Lower and upper bound, from 0 to 1.
    """
    tail = (1 - confidence_level) / 2
    low = float(betaincinv(successes, trials - successes + 1, tail)) if successes else 0.0
    high = (
        float(betaincinv(successes + 1, trials - successes, 1 - tail))
        if successes < trials
        else 1.0
    )
    return low, high


def poisson_interval(events: int, confidence_level: float = 0.95) -> tuple[float, float]:
    """The exact interval of the expected count of which ``events`` was observed.

    Garwood, "Fiducial limits for the Poisson distribution", Biometrika 28 (1936). The bounds are
    quantiles of gamma distributions.

    Returns:
        Lower and upper bound, as counts.
    """
    tail = (1 - confidence_level) / 2
    low = float(gammaincinv(events, tail)) if events else 0.0
    return low, float(gammaincinv(events + 1, 1 - tail))
