"""Reads the captured requests of a period from S3 and joins them with their labels."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pandas as pd

from driftloop.contract.training_sources import TrainingSources
from driftloop.labels import GroundTruth, read_labels, split_lines
from driftloop.labels.join import join_labels
from driftloop.window import Window
from pipelines.steps.capture_sources import HOUR_FORMAT, CaptureListing, list_captures
from pipelines.steps.captured_records import (
    EVENT_ID,
    INFERENCE_ID,
    POSITION,
    CapturedRecords,
    is_within,
    read_captured_records,
)
from pipelines.steps.omitted_records import (
    CAPTURED_TWICE,
    CONTRADICTED,
    EXCLUDED_WINDOW,
    NOT_SERVING,
    UNREADABLE_LINE,
    UNUSABLE_LABEL,
    OmittedRecords,
    describe_sources,
)
from pipelines.steps.s3 import iterate_chunks, list_keys_between
from pipelines.steps.step_environment import StepSettings
from pipelines.steps.tables import TIME, to_canonical_table


@dataclass(frozen=True, slots=True)
class LabeledRecords:
    """Labeled rows in canonical form, with counts of everything that was read.

    ``dropped`` counts rows by reason; ``listing`` has the objects of the capture bucket.
    """

    table: pd.DataFrame
    captured: CapturedRecords
    ground_truth: GroundTruth
    listing: CaptureListing
    dropped: dict[str, int]

    @property
    def omitted(self) -> OmittedRecords:
        """What is not used of all that was captured in the training range."""
        captured, listing = self.captured, self.listing
        rejected = captured.rejected_lines
        return OmittedRecords(
            source="captured requests",
            records=captured.line_counts.records + rejected,
            dropped={**self.dropped, **({UNREADABLE_LINE: rejected} if rejected else {})},
            details=describe_sources(
                captured.versions, listing.ignored, listing.rolled_back_versions
            ),
        )


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
    captured = read_captured_records(
        s3, settings, bucket=capture_bucket, listing=listing, sources=sources, excluded=excluded
    )
    dropped: Counter[str] = Counter({NOT_SERVING: captured.not_serving})
    raw = _drop_repeated(captured.table, settings.schema.names, dropped)
    labels, unlabeled = join_labels(
        raw[EVENT_ID].tolist(), raw[INFERENCE_ID].tolist(), raw[POSITION].tolist(), ground_truth
    )
    target = settings.schema.target
    raw[target] = pd.Series(labels, index=raw.index, dtype=object)
    raw = raw[raw[target].notna()]
    dropped += unlabeled
    raw = _keep(raw, ~is_within(raw[TIME].to_numpy(), excluded), EXCLUDED_WINDOW, dropped)
    cells = {name: raw[name].tolist() for name in (*settings.schema.names, target)}
    table = to_canonical_table(settings.schema, cells, raw[TIME].tolist())
    dropped[UNUSABLE_LABEL] += len(raw) - len(table)
    counts = {reason: count for reason, count in dropped.items() if count}
    return LabeledRecords(table, captured, ground_truth, listing, counts)


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
        read_labels(split_lines(iterate_chunks(s3, bucket, key)), ground_truth)
    return ground_truth


def _keep(table: pd.DataFrame, is_kept: Any, reason: str, dropped: Counter[str]) -> pd.DataFrame:
    """The rows that are kept; counts the others in ``dropped`` under ``reason``."""
    dropped[reason] += len(table) - int(is_kept.sum())
    kept: pd.DataFrame = table[is_kept].copy()
    return kept
