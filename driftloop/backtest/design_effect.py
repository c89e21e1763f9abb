"""Design effects: by how much windows without drift differ more than independent records would."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri, kolmogi

from driftloop.comparison.reference import ComparedColumn
from driftloop.metrics.chi_square import chi_square_test
from driftloop.metrics.ks import ks
from driftloop.profile.column_pair import pair_columns

TAIL_QUANTILE = 0.99
"""Quantile over windows at which variation is compared with that of independent records."""

DesignEffects = Mapping[str, float]
"""Design effects by column, each 1 or more."""

Dispersion = tuple[float, float, float]
UNKNOWN_DISPERSION = (math.nan, math.nan, math.nan)


@dataclass(frozen=True, slots=True, eq=False)
class DispersionStatistics:
    """Dispersion of windows, in the order of time.

    ``values`` float64[windows, columns, 3] are those of :func:`dispersion_statistics`.
    """

    starts: tuple[int, ...]
    columns: tuple[str, ...]
    values: NDArray[np.float64]

    def design_effects(self, exclude: range | None = None) -> DesignEffects:
        """Design effects by column, without the windows that began in a range of hours.

        A design effect is the largest of: the mean of X^2 / df (Rao and Scott, J. Am. Stat. Assoc.
        76, 1981; Ann. Stat. 12, 1984), the ``TAIL_QUANTILE`` of X^2 over that of its distribution,
        the same of N D^2 and Kolmogorov's distribution, and 1. The mean alone is too small where
        dependence moves all records one way (a user, a day), since it is spread over all bins;
        tests decide in the tail. A column that no window allows to compare gets the largest design
        effect of the others.
        """
        kept = [exclude is None or start not in exclude for start in self.starts]
        known = {
            name: _design_effect(self.values[kept, position])
            for position, name in enumerate(self.columns)
            if not np.isnan(self.values[kept, position, 0]).all()
        }
        largest = max(known.values(), default=1.0)
        return {name: known.get(name, largest) for name in self.columns}


def dispersion_statistics(column: ComparedColumn) -> Dispersion:
    """X^2 / df, X^2 and N D^2, the latter two over their ``TAIL_QUANTILE``.

    0 for a test that the column does not have, NaN where a side has no value.
    """
    if not column.current.present or not column.reference.present:
        return UNKNOWN_DISPERSION
    pair = pair_columns(column.binning, column.reference, column.current)
    test = chi_square_test(pair.bins)
    mean_ratio, tail_ratio = 0.0, 0.0
    if test is not None:
        mean_ratio = test.statistic / test.dof
        tail_ratio = test.statistic / float(chdtri(test.dof, 1 - TAIL_QUANTILE))
    cdfs = pair.cdfs
    if cdfs is None:
        return mean_ratio, tail_ratio, 0.0
    size = cdfs.reference_count / (cdfs.reference_count + cdfs.current_count) * cdfs.current_count
    ks_ratio = float(size * ((ks(cdfs) or 0.0) / kolmogi(1 - TAIL_QUANTILE)) ** 2)
    return mean_ratio, tail_ratio, ks_ratio


def _design_effect(values: NDArray[np.float64]) -> float:
    """The design effect of one column, from its dispersion float64[windows, 3]."""
    known = values[~np.isnan(values[:, 0])]
    tails = np.quantile(known[:, 1:], TAIL_QUANTILE, axis=0)
    return float(max(1.0, known[:, 0].mean(), *tails))
