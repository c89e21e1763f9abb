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


def wilson_interval(
    successes: float, trials: float, z: float, design_effect: float = 1.0
) -> tuple[float, float] | None:
    """The score interval of a proportion; None without trials.

    Wilson, "Probable inference, the law of succession, and statistical inference", J. Am. Stat.
    Assoc. 22 (1927).

    Args:
        successes: Trials that succeeded.
        trials: Trials; dependent ones count as ``trials / design_effect``.
        z: Quantile of the normal distribution, such as 1.96.
        design_effect: By how much dependence inflates the variance.

    Example:
        >>> low, high = wilson_interval(8, 10, 1.959964)
        >>> round(low, 4), round(high, 4)
        (0.4902, 0.9433)
    """
    if not trials > 0:
        return None
    n, share = trials / design_effect, successes / trials
    center = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)) ** 0.5
    return max(0.0, center - half), min(1.0, center + half)


def mean_interval(
    total: float, squares: float, count: float, z: float, design_effect: float = 1.0
) -> tuple[float, float] | None:
    """The normal interval of a mean by the sum of values and of their squares; None below two.

    Args:
        total: Sum of the values.
        squares: Sum of their squares.
        count: Number of values.
        z: Quantile of the normal distribution, such as 1.96.
        design_effect: By how much dependence inflates the variance.
    """
    if not count > 1:
        return None
    mean = total / count
    variance = max(0.0, squares / count - mean * mean) / (count - 1) * design_effect
    half = z * variance**0.5
    return mean - half, mean + half
