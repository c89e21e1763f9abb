"""What is counted about a set of records, whoever they are: the reference's or a window's."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
import numpy as np

from driftloop.capture import Batch
from driftloop.errors import InputError
from driftloop.profile.calendar import with_dates
from driftloop.profile.columns import (
    ColumnCounts,
    Grid,
    StoredCounts,
    absent_column,
    add_columns,
    count_column,
    empty_column,
    load_counts,
    sampled,
    store_counts,
)
from driftloop.profile.packing import pack, unpack
from driftloop.profile.sample import (
    Sample,
    choose,
    empty_sample,
    make_sample,
    record_hashes,
)


@dataclass(frozen=True, slots=True, eq=False)
class Grids:
    """The frozen grids: features in payload order, and the prediction where there is one."""

    features: Mapping[str, Grid]
    prediction: Grid | None

    @property
    def width(self) -> int:
        """Columns of a sample: the features, then the prediction."""
        return len(self.features) + (self.prediction is not None)


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """Additive statistics of records; ``first`` and ``last`` are inference times (epoch seconds,
    inf and -inf where there is none)."""

    records: int
    features: Mapping[str, ColumnCounts]
    prediction: ColumnCounts | None
    sample: Sample
    first: float
    last: float

    def __add__(self, other: "Counted") -> "Counted":
        return Counted(
            records=self.records + other.records,
            features={
                name: add_columns(mine, other.features[name])
                for name, mine in self.features.items()
            },
            prediction=_add_optional(self.prediction, other.prediction),
            sample=self.sample + other.sample,
            first=min(self.first, other.first),
            last=max(self.last, other.last),
        )


class StoredCounted(msgspec.Struct, array_like=True):
    """:class:`Counted` as it is stored."""

    records: int
    features: dict[str, StoredCounts]
    prediction: StoredCounts | None
    hashes: bytes
    values: bytes
    first: float
    last: float


def empty_counted(grids: Grids) -> Counted:
    """The neutral element of adding."""
    return Counted(
        records=0,
        features={name: empty_column(grid) for name, grid in grids.features.items()},
        prediction=None if grids.prediction is None else empty_column(grids.prediction),
        sample=empty_sample(grids.width),
        first=float("inf"),
        last=float("-inf"),
    )


def count_batch(grids: Grids, batch: Batch, *, asked: bool = True) -> Counted:
    """Count a batch; raises InputError where it lacks a column of the grids.

    Where nothing answers, every prediction is missing: that does not depend on the split. Unless
    the model was not ``asked``: then no prediction is expected.
    """
    batch = with_dates(batch, grids.features)
    absent = [name for name in grids.features if name not in batch.columns]
    if absent:
        raise InputError(f"the records have no column {', '.join(absent)}, which the baseline has")
    times = batch.times[~np.isnan(batch.times)]
    return Counted(
        records=len(batch),
        features={
            name: count_column(name, grid, batch.columns[name])
            for name, grid in grids.features.items()
        },
        prediction=_count_prediction(grids.prediction, batch, asked=asked),
        sample=_sample(grids, batch),
        first=float(times.min()) if len(times) else float("inf"),
        last=float(times.max()) if len(times) else float("-inf"),
    )


def store_counted(counted: Counted) -> StoredCounted:
    """The form that is written."""
    return StoredCounted(
        records=counted.records,
        features={name: store_counts(counts) for name, counts in counted.features.items()},
        prediction=None if counted.prediction is None else store_counts(counted.prediction),
        hashes=pack(counted.sample.hashes, "<u8"),
        # column by column, where neighbours are alike and compress
        values=pack(np.ascontiguousarray(counted.sample.values.T), "<f4"),
        first=counted.first,
        last=counted.last,
    )


def load_counted(stored: StoredCounted, *, width: int) -> Counted:
    """The inverse of :func:`store_counted`; raises FormatError on damaged parts."""
    hashes = unpack(stored.hashes, "<u8")
    values = unpack(stored.values, "<f4")
    return Counted(
        records=stored.records,
        features={name: load_counts(counts) for name, counts in stored.features.items()},
        prediction=None if stored.prediction is None else load_counts(stored.prediction),
        sample=Sample(hashes, np.ascontiguousarray(values.reshape(width, len(hashes)).T)),
        first=stored.first,
        last=stored.last,
    )


def _count_prediction(grid: Grid | None, batch: Batch, *, asked: bool) -> ColumnCounts | None:
    if grid is None:
        return None
    if batch.prediction is None:
        return absent_column(grid, len(batch)) if asked else empty_column(grid)
    return count_column("prediction", grid, batch.prediction)


def _sample(grids: Grids, batch: Batch) -> Sample:
    hashes = record_hashes(batch.events, batch.rows)
    places = choose(hashes)
    values = np.full((len(places), grids.width), np.nan, dtype=np.float32)
    for column, (name, grid) in enumerate(grids.features.items()):
        values[:, column] = sampled(grid, batch.columns[name], places)
    if grids.prediction is not None and batch.prediction is not None:
        values[:, -1] = sampled(grids.prediction, batch.prediction, places)
    return make_sample(hashes[places], values)


def _add_optional(left: ColumnCounts | None, right: ColumnCounts | None) -> ColumnCounts | None:
    if left is None or right is None:
        return None
    return add_columns(left, right)
