"""The reference of performance: how good the model was on records that it was not trained on.

A baseline keeps the outcomes of the rows that it has predictions of. These are held-out rows: a
model's predictions for its own training rows are better than any later ones. The outcomes are kept
by day where the rows have times, so that their errors are those of days.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec
import numpy as np
from numpy.typing import NDArray

from driftloop.capture import RecordBatch
from driftloop.errors import FormatError
from driftloop.file_format import REFERENCE_OUTCOMES_VERSION, decode, encode
from driftloop.outcomes import (
    OutcomeBinning,
    Outcomes,
    fit_binary_binning,
    fit_multiclass_binning,
    fit_regression_binning,
    outcomes_from_bytes,
    outcomes_to_bytes,
    segment_columns,
)
from driftloop.outcomes.binning import binning_from_bytes
from driftloop.performance.daily_outcomes import LabeledPredictions, count_days
from driftloop.performance.label_values import label_values
from driftloop.performance.predictions import pending_records
from driftloop.profile import Baseline
from driftloop.schema import ProblemType

KIND = "reference-outcomes"

MIN_ROWS = 50
"""Rows with prediction and label; of fewer a score says little."""


class _Stored(msgspec.Struct, array_like=True):
    binning: bytes
    classes: tuple[str, ...]
    days: list[tuple[int | None, bytes]]


@dataclass(frozen=True, slots=True, eq=False)
class ReferenceOutcomes:
    """Outcomes of a baseline's held-out rows.

    Attributes:
        binning: Frozen split points, on which live outcomes are counted too.
        classes: Keys of the classes by code; empty for a regression.
        days: Outcomes by day, numbered from 1970; None for rows without a time.
    """

    binning: OutcomeBinning
    classes: tuple[str, ...]
    days: tuple[tuple[int | None, Outcomes], ...]

    def to_bytes(self) -> bytes:
        """The stored form: versioned and compressed; equal outcomes give equal bytes."""
        stored = _Stored(
            self.binning.to_bytes(),
            self.classes,
            [(day, outcomes_to_bytes(outcomes)) for day, outcomes in self.days],
        )
        return encode(KIND, REFERENCE_OUTCOMES_VERSION, msgspec.msgpack.encode(stored))

    @classmethod
    def from_bytes(cls, data: bytes) -> "ReferenceOutcomes":
        """Read stored outcomes; raises FormatError if they are damaged or of another version."""
        body = decode(KIND, REFERENCE_OUTCOMES_VERSION, data)
        try:
            stored = msgspec.msgpack.decode(body, type=_Stored)
        except msgspec.DecodeError as error:
            raise FormatError(f"these {KIND} are damaged: {error}") from error
        days = tuple((day, outcomes_from_bytes(outcomes)) for day, outcomes in stored.days)
        return cls(binning_from_bytes(stored.binning), stored.classes, days)


def reference_outcomes(baseline: Baseline) -> ReferenceOutcomes | None:
    """The held-out outcomes of a baseline; None where it has none."""
    data = baseline.outcomes_bytes
    return None if data is None else ReferenceOutcomes.from_bytes(data)


def with_reference_outcomes(
    baseline: Baseline,
    batches: Sequence[RecordBatch],
    labels: Sequence[Sequence[object]],
    *,
    positive_class: str | None = None,
    decision_threshold: float = 0.5,
) -> Baseline:
    """Add the outcomes of held-out rows to a baseline; its fingerprint stays.

    Args:
        baseline: The baseline.
        batches: Rows, of which those with a prediction were held out.
        labels: Their labels, as cells of any type, batch by batch.
        positive_class: The positive class of a binary model; None for the second one of the two.
        decision_threshold: A row is predicted positive where its score is at least this.

    Returns:
        The baseline with outcomes; without them where fewer than ``MIN_ROWS`` rows have both.

    Raises:
        InputError: The labels have a number of classes that the model can't have.
    """
    parts = [
        _labeled(baseline, batch, own, positive_class)
        for batch, own in zip(batches, labels, strict=True)
        if batch.prediction is not None and len(batch)
    ]
    if len(parts) != 1:
        return baseline
    (rows,) = parts
    known = ~np.isnan(rows.labels) & ~np.isnan(rows.records.predictions)
    if int(known.sum()) < MIN_ROWS:
        return baseline
    rows = rows.take(np.flatnonzero(known))
    binning = fit_binning(rows, decision_threshold)
    days = count_days(binning, rows)
    outcomes = ReferenceOutcomes(
        binning, rows.classes, tuple((day.number, day.outcomes) for day in days)
    )
    return replace(baseline, outcomes_bytes=outcomes.to_bytes())


def fit_binning(rows: LabeledPredictions, decision_threshold: float) -> OutcomeBinning:
    """Split points of records themselves, where there is no baseline that froze some."""
    records = rows.records
    if rows.problem_type is ProblemType.BINARY_CLASSIFICATION:
        return fit_binary_binning(records.predictions, decision_threshold=decision_threshold)
    if rows.problem_type is ProblemType.REGRESSION:
        errors = np.abs(records.predictions - rows.labels)
        return fit_regression_binning(errors[~np.isnan(errors)])
    probabilities = records.probabilities
    if probabilities is not None:
        probabilities = probabilities[~np.isnan(probabilities).any(axis=1)]
    return fit_multiclass_binning(rows.classes, probabilities)


def _labeled(
    baseline: Baseline, batch: RecordBatch, cells: Sequence[object], positive_class: str | None
) -> LabeledPredictions:
    schema = baseline.schema
    records = pending_records(batch, segment_columns(baseline))
    texts = ["" if cell is None else str(cell) for cell in cells]
    distinct = sorted({*texts})
    position = {text: code for code, text in enumerate(distinct)}
    codes: NDArray[np.int32] = np.array([position[text] for text in texts], dtype=np.int32)
    values = label_values(
        codes,
        distinct,
        schema.problem_type,
        missing_texts=schema.label_missing_texts,
        positive_class=positive_class,
        known_classes=records.classes,
    )
    return LabeledPredictions.of(schema.problem_type, records, values)
