"""Measures of how two columns differ, and the table of those that a report shows.

A new metric is one file with one formula, and one row here. Metrics know nothing of each other,
and none says whether a value is much: that is a policy's business.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from driftloop.metrics.chi_square import chi_square
from driftloop.metrics.cohens_h import missing_cohens_h
from driftloop.metrics.hellinger import hellinger
from driftloop.metrics.jensen_shannon import jensen_shannon
from driftloop.metrics.ks import ks
from driftloop.metrics.l_infinity import l_infinity
from driftloop.metrics.psi import psi, psi_corrected
from driftloop.metrics.wasserstein import wasserstein
from driftloop.profile.column_pair import BinnedCounts, CdfPair, ColumnPair, MissingCounts


@dataclass(frozen=True, slots=True)
class DriftMetric:
    """A row of the table: how a metric is computed and what is promised of it.

    ``of`` gives None where the metric is not defined (no such form of the column, an empty side).
    ``upper`` is the largest value, None where there is none. ``symmetric`` metrics give the same
    value when reference and window change places on the same bins or knots.
    """

    name: str
    compute: Callable[[ColumnPair], float | None]
    meaning: str
    symmetric: bool
    upper: float | None


def _on_bins(
    formula: Callable[[BinnedCounts], float | None],
) -> Callable[[ColumnPair], float | None]:
    return lambda pair: formula(pair.bins)


def _on_distributions(
    formula: Callable[[CdfPair], float | None],
) -> Callable[[ColumnPair], float | None]:
    return lambda pair: None if pair.cdfs is None else formula(pair.cdfs)


def _on_presence(
    formula: Callable[[MissingCounts], float | None],
) -> Callable[[ColumnPair], float | None]:
    return lambda pair: formula(pair.missing_counts)


METRICS: tuple[DriftMetric, ...] = (
    DriftMetric("ks", _on_distributions(ks), "Kolmogorov-Smirnov distance.", True, 1.0),
    DriftMetric("psi", _on_bins(psi), "Population stability index, natural logarithm.", True, None),
    DriftMetric(
        "psi_corrected", _on_bins(psi_corrected), "PSI less what chance alone gives.", True, None
    ),
    DriftMetric("js", _on_bins(jensen_shannon), "Jensen-Shannon distance, base 2.", True, 1.0),
    DriftMetric(
        "wasserstein",
        _on_distributions(wasserstein),
        "Wasserstein-1 distance in standard deviations of the reference.",
        False,
        None,
    ),
    DriftMetric("hellinger", _on_bins(hellinger), "Hellinger distance.", True, 1.0),
    DriftMetric("chi_square", _on_bins(chi_square), "Two-sample chi-square statistic.", True, None),
    DriftMetric("l_infinity", _on_bins(l_infinity), "Largest difference of a share.", True, 1.0),
    DriftMetric(
        "missing_cohens_h",
        _on_presence(missing_cohens_h),
        "Cohen's h of missing values.",
        True,
        3.15,
    ),
)


NAMES = tuple(metric.name for metric in METRICS)


def compute_metrics(pair: ColumnPair, names: Collection[str] = NAMES) -> Mapping[str, float | None]:
    """Registered metrics of a column by name, None where one is not defined."""
    return {metric.name: metric.compute(pair) for metric in METRICS if metric.name in names}
