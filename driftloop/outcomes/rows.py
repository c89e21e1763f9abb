"""Checks of the rows that are counted."""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from driftloop.errors import InputError
from driftloop.outcomes.split_points import Counts, Floats

UNLABELED = -1
"""Code of a label that is not known."""


class _Binned(Protocol):
    @property
    def binning(self) -> str: ...


def as_floats(values: object) -> Floats:
    """float64[n] of anything array-like; infinities stay."""
    return np.asarray(values, dtype=np.float64)


def as_codes(codes: NDArray[np.integer[Any]], classes: int, name: str) -> Counts:
    """int64[n], each of them ``UNLABELED`` or a class; raises InputError."""
    found = np.asarray(codes).astype(np.int64)
    if len(found) and not UNLABELED <= found.min() <= found.max() < classes:
        raise InputError(
            f"{name}: codes from 0 to {classes - 1}, or {UNLABELED} where there is none (found"
            f" {found.min()} to {found.max()})"
        )
    return found


def check_length(name: str, values: NDArray[Any], rows: int) -> None:
    """Raise InputError if an argument has another number of rows than the predictions."""
    if len(values) != rows:
        raise InputError(f"{name}: {rows} rows, as many as predictions (found {len(values)})")


def check_same_binning(one: _Binned, other: _Binned) -> None:
    """Raise InputError if two outcomes were counted on different split points."""
    if one.binning != other.binning:
        raise InputError(
            f"outcomes of different split points ({one.binning} and {other.binning}) don't add up:"
            " count the records of both on the same ones"
        )
