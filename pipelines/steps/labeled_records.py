"""Captured requests of a time range with their labels, from S3."""

import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, BinaryIO

import numpy as np
import pandas as pd

from driftloop.capture import CategoricalColumn, Column, LineCounts, RecordBatch, read_capture
from driftloop.contract.resource_names import VARIANT
from driftloop.labels import GroundTruth, join_labels, read_labels
from driftloop.schema import Feature, Kind
from driftloop.window import HOUR, Window
from pipelines.steps.s3 import get, list_keys_between, list_prefixes
from pipelines.steps.step_environment import StepSettings
from pipelines.steps.tables import TIME, canonical, iso_dates

HOUR_FORM = "%Y/%m/%d/%H"
EVENT, INFERENCE_ID, ROW = "__event__", "__inference_id__", "__row__"


@dataclass(frozen=True, slots=True)
class Captured:
    """Labelled rows in canonical form, and what became of all that was read."""

    table: pd.DataFrame
    line_counts: LineCounts
    truth: GroundTruth
    objects: int
    dropped: dict[str, int]


def read_captured(
    s3: Any,
    settings: StepSettings,
    *,
    capture_bucket: str,
    truth_bucket: str,
    data: Window,
    excluded: Sequence[Window],
) -> Captured:
    """The labeled rows of every version that served within ``data``, each request once.

    Rows of ``excluded`` windows are left out: their data was broken.
    """
    keys = list(_capture_keys(s3, capture_bucket, settings.model, data))
    truth = _ground_truth(s3, truth_bucket, settings, data)
    line_counts, raw = _read(s3, capture_bucket, keys, settings, data)
    dropped: Counter[str] = Counter()
    raw = _counted(raw, ~raw.duplicated([EVENT, ROW]), "captured_twice", dropped)
    labels, why = join_labels(
        raw[EVENT].tolist(), raw[INFERENCE_ID].tolist(), raw[ROW].tolist(), truth
    )
    target = settings.schema.target
    raw[target] = pd.Series(labels, index=raw.index, dtype=object)
    raw = raw[raw[target].notna()]
    dropped += why
    raw = _counted(raw, ~_inside(raw[TIME].to_numpy(), excluded), "excluded_window", dropped)
    cells = {name: raw[name].tolist() for name in (*settings.schema.names, target)}
    table = canonical(settings.schema, cells, raw[TIME].tolist())
    dropped["label_unusable"] += len(raw) - len(table)
    return Captured(table, line_counts, truth, len(keys), {k: n for k, n in dropped.items() if n})


def _capture_keys(s3: Any, bucket: str, model: str, data: Window) -> Iterator[str]:
    """Objects that may hold records of ``data``: one begun in an hour may reach into the next."""
    first = (data.start - HOUR).strftime(HOUR_FORM)
    last = data.end.strftime(HOUR_FORM)
    for version in list_prefixes(s3, bucket, f"{model}/"):
        for endpoint in list_prefixes(s3, bucket, version):
            yield from list_keys_between(s3, bucket, f"{endpoint}{VARIANT}/", first, last)


def _ground_truth(s3: Any, bucket: str, settings: StepSettings, data: Window) -> GroundTruth:
    """Labels collected from the range's start until the last ones were final, the oldest first."""
    final = data.end + timedelta(hours=settings.label_delay_hours)
    first, last = data.start.strftime(HOUR_FORM), final.strftime(HOUR_FORM)
    truth = GroundTruth()
    for key in list_keys_between(s3, bucket, f"{settings.model}/", first, last):
        read_labels((get(s3, bucket, key) or b"").splitlines(), truth)
    return truth


def _read(
    s3: Any, bucket: str, keys: Sequence[str], settings: StepSettings, data: Window
) -> tuple[LineCounts, pd.DataFrame]:
    line_counts = LineCounts()
    parts: list[pd.DataFrame] = []
    chunks = read_capture(
        _objects(s3, bucket, keys),
        settings.schema,
        window=data,
        prediction_key=settings.prediction_key,
    )
    for chunk in chunks:
        line_counts = line_counts + chunk.line_counts
        if len(chunk.batch):
            parts.append(_frame(chunk.batch))
    empty = pd.DataFrame(columns=[*settings.schema.names, EVENT, INFERENCE_ID, ROW, TIME])
    return line_counts, pd.concat(parts, ignore_index=True) if parts else empty


def _objects(s3: Any, bucket: str, keys: Iterable[str]) -> Iterator[tuple[str, BinaryIO]]:
    for key in keys:
        yield key, io.BytesIO(get(s3, bucket, key) or b"")


def _frame(batch: RecordBatch) -> pd.DataFrame:
    own = {
        EVENT: np.array(batch.event_ids, dtype=object),
        INFERENCE_ID: np.array(batch.inference_ids, dtype=object),
        ROW: batch.rows,
        TIME: batch.times,
    }
    features = batch.schema.features
    return pd.DataFrame({**{f.name: _cells(f, batch.columns[f.name]) for f in features}, **own})


def _cells(feature: Feature, column: Column) -> np.ndarray:
    if isinstance(column, CategoricalColumn):
        return np.array([*column.categories, None], dtype=object)[column.codes]
    return iso_dates(column.values) if feature.kind is Kind.DATE else column.values


def _inside(times: np.ndarray, windows: Sequence[Window]) -> np.ndarray:
    inside = np.zeros(len(times), dtype=bool)
    moments = times.astype(np.float64)
    for window in windows:
        inside |= (moments >= window.start.timestamp()) & (moments < window.end.timestamp())
    return inside


def _counted(table: pd.DataFrame, kept: Any, reason: str, dropped: Counter[str]) -> pd.DataFrame:
    dropped[reason] += len(table) - int(kept.sum())
    chosen: pd.DataFrame = table[kept].copy()
    return chosen
