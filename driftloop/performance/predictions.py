"""Captured batches as pending records: predictions with ids, times, and codes of segments."""

from collections.abc import Sequence

import numpy as np

from driftloop.capture import CategoricalColumn, Column, NumericColumn, RecordBatch
from driftloop.capture.record_batch import ClassProbabilities
from driftloop.errors import InputError
from driftloop.labels.join import record_ids
from driftloop.labels.pending import CodedColumn, PendingRecords
from driftloop.outcomes import SegmentColumn
from driftloop.performance.label_values import class_order
from driftloop.profile.date_parts import with_date_parts

MAX_GROUP_LEVELS = 250
"""Levels of a group column; there are more in a column of ids, which makes no groups."""

MISSING_LEVEL = "(missing)"


def pending_records(
    batch: RecordBatch,
    segments: Sequence[SegmentColumn] = (),
    groups: Sequence[SegmentColumn] = (),
    *,
    join_by_attribute: bool = False,
) -> PendingRecords:
    """What is kept of a batch until its labels arrive.

    Args:
        batch: Captured records. With ``join_by_attribute`` its entities are the values of the
            custom attribute by which labels name requests.
        segments: Columns of the baseline whose levels are kept.
        groups: The same for the columns of declared groups.
        join_by_attribute: Whether labels name a custom attribute instead of the requests' ids.
    """
    names = [column.name for column in (*segments, *groups)]
    columns = with_date_parts(batch, names).columns
    predictions, classes = _predictions(batch.prediction, len(batch))
    probabilities = None
    if batch.probabilities is not None:
        predictions, classes, probabilities = _with_probabilities(
            predictions, classes, batch.probabilities
        )
    clients: Sequence[str | None] = batch.inference_ids
    if join_by_attribute:
        clients = batch.entities if batch.entities is not None else [None] * len(batch)
    return PendingRecords(
        record_ids(batch.event_ids, clients, batch.rows, labels_name_events=not join_by_attribute),
        batch.times,
        predictions,
        classes,
        probabilities,
        segments=tuple(_coded(column, columns[column.name]) for column in segments),
        groups=tuple(_coded(column, columns[column.name]) for column in groups),
    )


def require_predictions(records: PendingRecords) -> None:
    """Raise InputError where no record has a prediction."""
    if len(records) and np.isnan(records.predictions).all():
        raise InputError(
            f"none of the {len(records):,} captured records has a prediction: capture the responses"
            " too, or set prediction_key if they have another form"
        )


def _with_probabilities(
    codes: np.ndarray, own: tuple[str, ...], found: ClassProbabilities
) -> tuple[np.ndarray, tuple[str, ...], np.ndarray]:
    """Predicted codes and probabilities of the classes of both."""
    classes = tuple(sorted({*own, *found.classes}, key=class_order))
    table = np.array([*(float(classes.index(name)) for name in own), np.nan])
    positions = np.where(np.isnan(codes), len(own), np.nan_to_num(codes)).astype(np.int64)
    values = np.zeros((len(codes), len(classes)))
    values[:, [classes.index(name) for name in found.classes]] = found.values
    values[np.isnan(found.values).any(axis=1)] = np.nan
    return table[positions], classes, values


def _coded(column: SegmentColumn, values: Column) -> CodedColumn:
    return CodedColumn(column.name, column.labels, column.codes(values))


def _predictions(column: Column | None, count: int) -> tuple[np.ndarray, tuple[str, ...]]:
    if column is None:
        return np.full(count, np.nan), ()
    if isinstance(column, NumericColumn):
        return np.where(np.isfinite(column.values), column.values, np.nan), ()
    assert isinstance(column, CategoricalColumn)  # noqa: S101  (a column is one or the other)
    classes = sorted(column.categories, key=class_order)
    position = {key: float(code) for code, key in enumerate(classes)}
    table = np.array([*(position[key] for key in column.categories), np.nan])
    return table[column.codes], (*classes,)
