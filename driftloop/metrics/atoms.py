"""A column without its atoms: the values other than those that hold much of it by themselves.

Where 95% of a column are 0, whatever happens to the other values changes the Kolmogorov-Smirnov
distance of the whole by 0.05 at most. So such a column is compared as two: the share of the atom,
and the distribution of the other values (a two-part model: Duan, Manning, Morris and Newhouse,
J. Bus. Econ. Stat. 1, 1983).
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from driftloop.profile.column_pair import CdfPair

MIN_ATOM_SHARE = 0.2
"""Share of the reference's values from which one value is an atom."""

MIN_OTHER_VALUES = 20
"""Values beside the atoms that each side must have."""


class WithoutAtoms(NamedTuple):
    """The distribution functions of the values other than ``atoms``."""

    atoms: tuple[float, ...]
    cdfs: CdfPair

    @property
    def medians(self) -> tuple[float, float]:
        """The medians of reference and window, each the first split point that reaches a half."""
        points, last = self.cdfs.split_points, len(self.cdfs.split_points) - 1
        at = (self.cdfs.reference_at, self.cdfs.current_at)
        first, second = (float(points[min(int(np.searchsorted(s, 0.5)), last)]) for s in at)
        return first, second


def without_atoms(pair: CdfPair) -> WithoutAtoms | None:
    """Both sides without the atoms; None where there is no atom, or too few other values."""
    masses = pair.reference_at - pair.reference_left
    is_atom = masses >= MIN_ATOM_SHARE
    if not is_atom.any():
        return None
    sides = (
        (pair.reference_left, pair.reference_at, pair.reference_count),
        (pair.current_left, pair.current_at, pair.current_count),
    )
    functions, counts = [], []
    for left, at, count in sides:
        removed = np.cumsum(np.where(is_atom, at - left, 0.0))
        others = 1 - float(removed[-1])
        if round(others * count) < MIN_OTHER_VALUES:
            return None
        before = np.append(0.0, removed[:-1])
        functions += [
            np.clip((left - before) / others, 0, 1),
            np.clip((at - removed) / others, 0, 1),
        ]
        counts.append(round(others * count))
    return WithoutAtoms(
        tuple(pair.split_points[is_atom].tolist()),
        replace(
            pair,
            reference_left=functions[0],
            reference_at=functions[1],
            current_left=functions[2],
            current_at=functions[3],
            reference_count=counts[0],
            current_count=counts[1],
        ),
    )
