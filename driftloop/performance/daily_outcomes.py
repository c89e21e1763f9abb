"""Labeled predictions, counted by day in UTC."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import reduce
from operator import add
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from driftloop.labels.pending import PendingRecords, with_classes
from driftloop.outcomes import (
    UNLABELED,
    BinaryBinning,
    MulticlassBinning,
    OutcomeBinning,
    Outcomes,
    SegmentCodes,
    count_binary,
    count_multiclass,
    count_regression,
)
from driftloop.performance.label_values import LabelValues
from driftloop.profile.date_parts import DAY_SECONDS
from driftloop.schema import ProblemType

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class LabeledPredictions:
    """n records with a prediction, and their labels.

    Attributes:
        problem_type: What the model predicts.
        records: Ids, times, predictions, segments and groups.
        labels: float64[n]: codes of classes or true values; NaN where the label is unknown.
        classes: Keys of the classes by code; the second one of a binary model is positive.
        known_at: float64[n], epoch seconds by which the label was collected; NaN where unknown.
    """

    problem_type: ProblemType
    records: PendingRecords
    labels: Floats
    classes: tuple[str, ...]
    known_at: Floats

    @classmethod
    def of(
        cls,
        problem_type: ProblemType,
        records: PendingRecords,
        labels: LabelValues,
        known_at: Floats | None = None,
    ) -> "LabeledPredictions":
        """Records with their labels, both with the same codes of classes."""
        if problem_type is ProblemType.MULTICLASS_CLASSIFICATION:
            records = with_classes(records, labels.classes)
        times = np.full(len(records), np.nan) if known_at is None else known_at
        return cls(problem_type, records, labels.values, labels.classes, times)

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def is_known(self) -> NDArray[np.bool_]:
        """bool[n]: whether a record has a prediction and a label."""
        return ~np.isnan(self.labels) & ~np.isnan(self.records.predictions)

    @property
    def days(self) -> Floats:
        """float64[n], days since 1970; NaN for a record without a time."""
        return np.floor(self.records.times / DAY_SECONDS)

    def take(self, positions: NDArray[np.intp]) -> "LabeledPredictions":
        """The records at some positions (``intp[k]``), in their order."""
        return replace(
            self,
            records=self.records.take(positions),
            labels=self.labels[positions],
            known_at=self.known_at[positions],
        )


class DayOutcomes(NamedTuple):
    """The records of one day; ``number`` is None for records without a time."""

    number: int | None
    rows: LabeledPredictions
    outcomes: Outcomes


def count_days(binning: OutcomeBinning, rows: LabeledPredictions) -> tuple[DayOutcomes, ...]:
    """The outcomes of each day with records, oldest first; records without a time come last."""
    return tuple(
        DayOutcomes(number, part, count_rows(binning, part)) for number, part in split_days(rows)
    )


def split_days(rows: LabeledPredictions) -> Iterator[tuple[int | None, LabeledPredictions]]:
    """The records of each day, oldest first; those without a time come last."""
    days = rows.days
    order = np.argsort(days, kind="stable")  # NaN comes last
    known = days[order[: int(np.count_nonzero(~np.isnan(days)))]]
    bounds = [*(np.flatnonzero(np.diff(known)) + 1).tolist(), len(known)]
    for positions in np.split(order, bounds):
        if len(positions):
            day = days[positions[0]]
            yield None if np.isnan(day) else int(day), rows.take(positions)


def count_rows(binning: OutcomeBinning, rows: LabeledPredictions) -> Outcomes:
    """The outcomes of all records, with those of their segments."""
    records, segments = rows.records, _segments(rows)
    ages = rows.known_at - records.times
    if isinstance(binning, BinaryBinning):
        return count_binary(
            binning, records.predictions, _codes(rows.labels), segments=segments, label_ages=ages
        )
    if isinstance(binning, MulticlassBinning):
        has_probabilities = bool(binning.probabilities)
        return count_multiclass(
            binning,
            _codes(rows.labels),
            None if has_probabilities else _codes(records.predictions),
            probabilities=_probabilities(rows) if has_probabilities else None,
            segments=segments,
            label_ages=ages,
        )
    return count_regression(
        binning, records.predictions, rows.labels, segments=segments, label_ages=ages
    )


def _probabilities(rows: LabeledPredictions) -> Floats:
    records = rows.records
    if records.probabilities is not None:
        return records.probabilities
    return np.full((len(records), len(rows.classes)), np.nan)


def total(days: Sequence[DayOutcomes]) -> Outcomes:
    """The outcomes of all days together."""
    return reduce(add, [day.outcomes for day in days])


def day_text(number: int | None) -> str:
    """``2013-07-01``; of records without a time ``unknown``."""
    if number is None:
        return "unknown"
    return f"{datetime.fromtimestamp(number * DAY_SECONDS, UTC):%Y-%m-%d}"


def _segments(rows: LabeledPredictions) -> dict[str, SegmentCodes]:
    return {
        column.name: SegmentCodes(column.codes, column.levels) for column in rows.records.segments
    }


def _codes(values: Floats) -> NDArray[np.int64]:
    return np.where(np.isnan(values), UNLABELED, np.nan_to_num(values)).astype(np.int64)
