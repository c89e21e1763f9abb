"""Rows that are counted: their checks, and what is known of each beside prediction and label."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from driftloop.errors import InputError
from driftloop.outcomes.segments import SegmentCodes, check_segments
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


@dataclass(frozen=True, slots=True, eq=False)
class RowDetails:
    """What is known of n rows beside prediction and label.

    Attributes:
        segments: The level of each row by column, in the order of the columns' names.
        label_ages: float64[n], seconds from prediction to label; None if unknown.
    """

    segments: Mapping[str, SegmentCodes]
    label_ages: Floats | None

    @classmethod
    def checked(
        cls, segments: Mapping[str, SegmentCodes] | None, label_ages: Floats | None, rows: int
    ) -> "RowDetails":
        """The details of a call's arguments; raises InputError if they are not of ``rows`` rows."""
        columns = dict(sorted(({} if segments is None else segments).items()))
        check_segments(columns, rows)
        ages = None if label_ages is None else as_floats(label_ages)
        if ages is not None:
            check_length("label_ages", ages, rows)
        return cls(columns, ages)

    def take(self, rows: slice | NDArray[np.intp]) -> "RowDetails":
        """The details of some rows."""
        return RowDetails(
            {name: one.take(rows) for name, one in self.segments.items()},
            None if self.label_ages is None else self.label_ages[rows],
        )
