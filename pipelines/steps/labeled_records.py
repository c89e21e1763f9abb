"""Reads the captured requests of a period from S3 and joins them with their labels."""

import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, BinaryIO

import numpy as np
import pandas as pd

from driftloop.capture import CategoricalColumn, Column, LineCounts, RecordBatch, read_capture
from driftloop.contract.training_sources import SourceSpan, TrainingSources
from driftloop.labels import GroundTruth, join_labels, read_labels, split_lines
from driftloop.schema import Feature, Kind
from driftloop.window import Window
from pipelines.steps.capture_sources import (
    HOUR_FORMAT,
    CaptureListing,
    VersionCaptures,
    list_captures,
)
from pipelines.steps.s3 import get, list_keys_between
from pipelines.steps.step_environment import StepSettings
from pipelines.steps.tables import TIME, iso_dates, to_canonical_table

EVENT_ID, INFERENCE_ID, POSITION = "__event_id__", "__inference_id__", "__position__"
"""Columns beside the features: the request's ids, and the record's position in its request."""
_IDENTITY = (EVENT_ID, INFERENCE_ID, POSITION, TIME)

CAPTURED_TWICE = "captured_twice"
CONTRADICTED = "captured_with_different_content"
EXCLUDED_WINDOW = "excluded_window"
UNUSABLE_LABEL = "label_unusable"
NOT_SERVING = "version_not_serving"


@dataclass(frozen=True, slots=True)
class LabeledRecords:
    """Labeled rows in canonical form, with counts of everything that was read.

    ``dropped`` counts rows by reason; ``listing`` has the objects of the capture bucket.
    """

    table: pd.DataFrame
    line_counts: LineCounts
    ground_truth: GroundTruth
    listing: CaptureListing
    dropped: dict[str, int]


def read_labeled_records(
    s3: Any,
    settings: StepSettings,
    *,
    sources: TrainingSources,
    capture_bucket: str,
    ground_truth_bucket: str,
    excluded: Sequence[Window],
) -> LabeledRecords:
    """The labeled rows of the versions in ``sources``, each request once.

    Rows of ``excluded`` windows are dropped, because their data was invalid.
    """
    period = Window(sources.range.start, sources.range.end)
    listing = list_captures(s3, capture_bucket, sources)
    ground_truth = _read_ground_truth(s3, ground_truth_bucket, settings, period)
    dropped: Counter[str] = Counter()
    line_counts, raw = _read_versions(s3, capture_bucket, listing, settings, period, dropped)
    raw = _drop_repeated(raw, settings.schema.names, dropped)
    labels, unlabeled = join_labels(
        raw[EVENT_ID].tolist(), raw[INFERENCE_ID].tolist(), raw[POSITION].tolist(), ground_truth
    )
    target = settings.schema.target
    raw[target] = pd.Series(labels, index=raw.index, dtype=object)
    raw = raw[raw[target].notna()]
    dropped += unlabeled
    raw = _keep(raw, ~_is_within(raw[TIME].to_numpy(), excluded), EXCLUDED_WINDOW, dropped)
    cells = {name: raw[name].tolist() for name in (*settings.schema.names, target)}
    table = to_canonical_table(settings.schema, cells, raw[TIME].tolist())
    dropped[UNUSABLE_LABEL] += len(raw) - len(table)
    counts = {reason: count for reason, count in dropped.items() if count}
    return LabeledRecords(table, line_counts, ground_truth, listing, counts)


def _drop_repeated(raw: pd.DataFrame, names: Sequence[str], dropped: Counter[str]) -> pd.DataFrame:
    """Each record once; requests that were captured with different content are dropped altogether.

    It is unknown which capture is the true one. A principal that may write to the capture bucket
    could otherwise replace the features of labeled requests.
    """
    content = [EVENT_ID, POSITION, INFERENCE_ID, TIME, *names]
    raw = _keep(raw, ~raw.duplicated(content), CAPTURED_TWICE, dropped)
    is_contradicted = raw.duplicated([EVENT_ID, POSITION], keep=False)
    contradicted = raw.loc[is_contradicted, EVENT_ID].unique()
    return _keep(raw, ~raw[EVENT_ID].isin(contradicted), CONTRADICTED, dropped)


def _read_ground_truth(s3: Any, bucket: str, settings: StepSettings, period: Window) -> GroundTruth:
    """Labels from the period's start until its last records' labels are final, oldest first."""
    final = period.end + timedelta(hours=settings.label_delay_hours)
    first, last = period.start.strftime(HOUR_FORMAT), final.strftime(HOUR_FORMAT)
    ground_truth = GroundTruth()
    for key in list_keys_between(s3, bucket, f"{settings.model}/", first, last):
        read_labels(split_lines([get(s3, bucket, key) or b""]), ground_truth)
    return ground_truth


def _read_versions(
    s3: Any,
    bucket: str,
    listing: CaptureListing,
    settings: StepSettings,
    period: Window,
    dropped: Counter[str],
) -> tuple[LineCounts, pd.DataFrame]:
    """All records of the versions from the times in which they served."""
    line_counts = LineCounts()
    parts = [pd.DataFrame(columns=[*settings.schema.names, *_IDENTITY])]
    for captures in listing.versions:
        read, table = _read_version(s3, bucket, captures, settings, period)
        line_counts = line_counts + read
        is_serving = _is_within(table[TIME].to_numpy(), _windows(captures.source.spans))
        parts.append(_keep(table, is_serving, NOT_SERVING, dropped))
    filled = [part for part in parts if len(part)]
    return line_counts, pd.concat(filled, ignore_index=True) if filled else parts[0]


def _read_version(
    s3: Any, bucket: str, captures: VersionCaptures, settings: StepSettings, period: Window
) -> tuple[LineCounts, pd.DataFrame]:
    line_counts = LineCounts()
    parts: list[pd.DataFrame] = []
    read_batches = read_capture(
        _objects(s3, bucket, captures.keys),
        settings.schema,
        window=period,
        prediction_key=settings.prediction_key,
    )
    for read_batch in read_batches:
        line_counts = line_counts + read_batch.line_counts
        if len(read_batch.batch):
            parts.append(_to_frame(read_batch.batch))
    empty = pd.DataFrame(columns=[*settings.schema.names, *_IDENTITY])
    return line_counts, pd.concat(parts, ignore_index=True) if parts else empty


def _windows(spans: Iterable[SourceSpan]) -> list[Window]:
    return [Window(span.start, span.end) for span in spans]


def _objects(s3: Any, bucket: str, keys: Iterable[str]) -> Iterator[tuple[str, BinaryIO]]:
    for key in keys:
        yield key, io.BytesIO(get(s3, bucket, key) or b"")


def _to_frame(batch: RecordBatch) -> pd.DataFrame:
    identity = {
        EVENT_ID: np.array(batch.event_ids, dtype=object),
        INFERENCE_ID: np.array(batch.inference_ids, dtype=object),
        POSITION: batch.rows,
        TIME: batch.times,
    }
    features = batch.schema.features
    cells = {feature.name: _cells(feature, batch.columns[feature.name]) for feature in features}
    return pd.DataFrame({**cells, **identity})


def _cells(feature: Feature, column: Column) -> np.ndarray:
    if isinstance(column, CategoricalColumn):
        return np.array([*column.categories, None], dtype=object)[column.codes]
    return iso_dates(column.values) if feature.kind is Kind.DATE else column.values


def _is_within(times: np.ndarray, windows: Sequence[Window]) -> np.ndarray:
    """Whether times, in epoch seconds, lie in any of the windows: bool[n]."""
    is_within = np.zeros(len(times), dtype=bool)
    seconds = times.astype(np.float64)
    for window in windows:
        is_within |= (seconds >= window.start.timestamp()) & (seconds < window.end.timestamp())
    return is_within


def _keep(table: pd.DataFrame, is_kept: Any, reason: str, dropped: Counter[str]) -> pd.DataFrame:
    """The rows that are kept; counts the others in ``dropped`` under ``reason``."""
    dropped[reason] += len(table) - int(is_kept.sum())
    kept: pd.DataFrame = table[is_kept].copy()
    return kept
