"""Measures of how two columns differ, and the table of those that a report shows.

A new metric is one file with one formula, and one row here. Metrics know nothing of each other,
and none says whether a value is much: that is a policy's business.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from driftloop.metrics.chi_square import chi_square
from driftloop.metrics.hellinger import hellinger
from driftloop.metrics.jensen_shannon import jensen_shannon
from driftloop.metrics.ks import ks
from driftloop.metrics.l_infinity import l_infinity
from driftloop.metrics.missingness import missingness
from driftloop.metrics.psi import psi
from driftloop.metrics.psi_corrected import psi_corrected
from driftloop.metrics.wasserstein import wasserstein
from driftloop.profile.pair import Bins, Distributions, Pair, Presence


@dataclass(frozen=True, slots=True)
class Metric:
    """A row of the table: how a metric is computed and what is promised of it.

    ``of`` gives None where the metric is not defined (no such form of the column, an empty side).
    ``upper`` is the largest value, None where there is none. ``symmetric`` metrics give the same
    value when reference and window change places on the same bins or knots.
    """

    name: str
    of: Callable[[Pair], float | None]
    meaning: str
    symmetric: bool
    upper: float | None


def _on_bins(formula: Callable[[Bins], float | None]) -> Callable[[Pair], float | None]:
    return lambda pair: formula(pair.bins)


def _on_distributions(
    formula: Callable[[Distributions], float | None],
) -> Callable[[Pair], float | None]:
    return lambda pair: None if pair.distributions is None else formula(pair.distributions)


def _on_presence(formula: Callable[[Presence], float | None]) -> Callable[[Pair], float | None]:
    return lambda pair: formula(pair.presence)


METRICS: tuple[Metric, ...] = (
    Metric("ks", _on_distributions(ks), "Kolmogorov-Smirnov distance.", True, 1.0),
    Metric("psi", _on_bins(psi), "Population stability index, natural logarithm.", True, None),
    Metric(
        "psi_corrected", _on_bins(psi_corrected), "PSI less what chance alone gives.", True, None
    ),
    Metric("js", _on_bins(jensen_shannon), "Jensen-Shannon distance, base 2.", True, 1.0),
    Metric(
        "wasserstein",
        _on_distributions(wasserstein),
        "Wasserstein-1 distance in standard deviations of the reference.",
        False,
        None,
    ),
    Metric("hellinger", _on_bins(hellinger), "Hellinger distance.", True, 1.0),
    Metric("chi_square", _on_bins(chi_square), "Two-sample chi-square statistic.", True, None),
    Metric("l_infinity", _on_bins(l_infinity), "Largest difference of a share.", True, 1.0),
    Metric("missing_h", _on_presence(missingness), "Cohen's h of missing values.", True, 3.15),
)


NAMES = tuple(metric.name for metric in METRICS)


def measure(pair: Pair, names: Collection[str] = NAMES) -> Mapping[str, float | None]:
    """Registered metrics of a column by name, None where one is not defined."""
    return {metric.name: metric.of(pair) for metric in METRICS if metric.name in names}
