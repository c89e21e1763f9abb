"""Reads the captured requests of each version as that version was sent them, mapped by name.

A feature that a version did not have has no values in its records, as a column that is added to a
table has none in its older rows. Leaving these records out would leave nothing to train on: no
version is sent the new feature before one was trained with it. A feature that was removed since is
read, because it takes its place in the payload, and not used.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from driftloop.capture import (
    CategoricalColumn,
    Column,
    LineCounts,
    RecordBatch,
    count_lines,
    read_capture,
)
from driftloop.contract.pipeline_reports import CapturedVersion
from driftloop.contract.training_sources import TrainingSources
from driftloop.schema import Feature, Kind, Schema
from driftloop.window import Window
from pipelines.steps.capture_sources import CaptureListing, VersionCaptures
from pipelines.steps.s3 import iterate_chunks
from pipelines.steps.step_environment import StepSettings
from pipelines.steps.tables import TIME, iso_dates
from pipelines.steps.version_schema import (
    ColumnMapping,
    UnusableBaselineError,
    map_columns,
    read_schema,
)

EVENT_ID, INFERENCE_ID, POSITION = "__event_id__", "__inference_id__", "__position__"
"""Columns beside the features: the request's ids, and the record's position in its request."""
_IDENTITY = (EVENT_ID, INFERENCE_ID, POSITION, TIME)

UNUSABLE_BASELINE = "unusable_baseline"
"""Why the lines of a version are rejected whose columns are unknown."""


@dataclass(frozen=True, slots=True)
class CapturedRecords:
    """The records of all versions with the features of today, and what became of the lines.

    ``not_serving`` counts records of times in which their version did not serve: they are not in
    ``table``. ``rejected_lines`` are those of objects that are not of excluded windows alone.
    """

    table: pd.DataFrame
    line_counts: LineCounts
    versions: tuple[CapturedVersion, ...]
    not_serving: int
    rejected_lines: int


def read_captured_records(
    s3: Any,
    settings: StepSettings,
    *,
    bucket: str,
    listing: CaptureListing,
    sources: TrainingSources,
    excluded: Sequence[Window],
) -> CapturedRecords:
    """Read the listed objects of every version.

    A version whose baseline can't be read is left out: its lines count as rejected, and the others
    are read.
    """
    period = Window(sources.range.start, sources.range.end)
    reader = _Reader(s3, bucket, settings, period)
    line_counts, not_serving, rejected_lines = LineCounts(), 0, 0
    versions: list[CapturedVersion] = []
    parts: list[pd.DataFrame] = []
    for captures in listing.versions:
        try:
            mapping = map_columns(read_schema(s3, captures.source.baseline_uri), settings.schema)
        except UnusableBaselineError as error:
            rejected = reader.count_rejected(captures)
            line_counts += rejected
            rejected_lines += rejected.rejected_lines
            versions.append(_describe(captures, records=0, unusable_baseline=str(error)))
            continue
        tables = []
        for keys, counts_as_rejected in _split(captures, excluded):
            read, table = reader.read(keys, mapping)
            line_counts += read
            rejected_lines += read.rejected_lines if counts_as_rejected else 0
            tables.append(table)
        table = _concatenate(tables, settings.schema)
        spans = [Window(span.start, span.end) for span in captures.source.spans]
        is_serving = is_within(table[TIME].to_numpy(), spans)
        not_serving += len(table) - int(is_serving.sum())
        kept = table[is_serving]
        parts.append(kept)
        versions.append(_describe(captures, records=len(kept), mapping=mapping))
    table = _concatenate(parts, settings.schema)
    return CapturedRecords(table, line_counts, tuple(versions), not_serving, rejected_lines)


def is_within(times: np.ndarray, windows: Sequence[Window]) -> np.ndarray:
    """Whether times, in epoch seconds, lie in any of the windows: bool[n]."""
    result = np.zeros(len(times), dtype=bool)
    seconds = times.astype(np.float64)
    for window in windows:
        result |= (seconds >= window.start.timestamp()) & (seconds < window.end.timestamp())
    return result


@dataclass(frozen=True, slots=True)
class _Reader:
    s3: Any
    bucket: str
    settings: StepSettings
    period: Window

    def read(self, keys: Sequence[str], mapping: ColumnMapping) -> tuple[LineCounts, pd.DataFrame]:
        """The records of a version's objects in the period."""
        current = self.settings.schema
        line_counts = LineCounts()
        parts: list[pd.DataFrame] = []
        read_batches = read_capture(
            self._objects(keys),
            mapping.schema,
            window=self.period,
            mapping=self.settings.payload_mapping,
        )
        for read_batch in read_batches:
            line_counts += read_batch.line_counts
            if len(read_batch.batch):
                parts.append(_to_frame(read_batch.batch, current))
        return line_counts, _concatenate(parts, current)

    def count_rejected(self, captures: VersionCaptures) -> LineCounts:
        """The version's lines, all of them rejected."""
        lines = sum(count_lines(chunks) for _, chunks in self._objects(captures.keys))
        return LineCounts(read=lines, rejected={UNUSABLE_BASELINE: lines} if lines else {})

    def _objects(self, keys: Iterable[str]) -> Iterator[tuple[str, Iterator[bytes]]]:
        for key in keys:
            yield key, iterate_chunks(self.s3, self.bucket, key)


def _split(
    captures: VersionCaptures, excluded: Sequence[Window]
) -> tuple[tuple[list[str], bool], ...]:
    """The objects that have records of other windows than ``excluded``, and the remaining ones.

    Each with whether its rejected lines count: those of a window that is excluded for its invalid
    data are expected.
    """
    expected = captures.keys_of(excluded)
    others = [key for key in captures.keys if key not in expected]
    return (others, True), (sorted(expected), False)


def _describe(
    captures: VersionCaptures,
    *,
    records: int,
    mapping: ColumnMapping | None = None,
    unusable_baseline: str | None = None,
) -> CapturedVersion:
    return CapturedVersion(
        version=captures.source.version,
        objects=len(captures.keys),
        records=records,
        added_features=mapping.added if mapping else (),
        removed_features=mapping.removed if mapping else (),
        is_reordered=mapping.is_reordered if mapping else False,
        unusable_baseline=unusable_baseline,
    )


def _to_frame(batch: RecordBatch, current: Schema) -> pd.DataFrame:
    """The batch with the features of today: no values for those that it does not have."""
    identity = {
        EVENT_ID: np.array(batch.event_ids, dtype=object),
        INFERENCE_ID: np.array(batch.inference_ids, dtype=object),
        POSITION: batch.rows,
        TIME: batch.times,
    }
    cells = {
        feature.name: _cells(feature, batch.columns.get(feature.name), len(batch))
        for feature in current.features
    }
    return pd.DataFrame({**cells, **identity})


def _cells(feature: Feature, column: Column | None, count: int) -> np.ndarray:
    if column is None:
        is_number = feature.kind is Kind.NUMERIC
        return np.full(count, np.nan) if is_number else np.full(count, None, dtype=object)
    if isinstance(column, CategoricalColumn):
        return np.array([*column.categories, None], dtype=object)[column.codes]
    return iso_dates(column.values) if feature.kind is Kind.DATE else column.values


def _concatenate(parts: Sequence[pd.DataFrame], current: Schema) -> pd.DataFrame:
    filled = [part for part in parts if len(part)]
    if not filled:
        return pd.DataFrame(columns=[*current.names, *_IDENTITY])
    return pd.concat(filled, ignore_index=True)
