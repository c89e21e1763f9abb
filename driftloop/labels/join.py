"""Joins labels with captured records, by 64-bit hashes of the requests' ids.

In a window of a million requests the chance that two different ids have the same hash is about 1 in
37 million.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driftloop.capture.event_ids import EventIds, Hashes, hash_ids
from driftloop.labels.parse import GroundTruth
from driftloop.labels.resolved import BLANK, ResolvedLabels, resolved_from_cells

NO_LABEL = "no_label"
LABEL_COUNT_MISMATCH = "label_row_count"
REUSED_INFERENCE_ID = "reused_inference_id"
BEFORE_PREDICTION = "label_before_prediction"

REASONS = ("", NO_LABEL, LABEL_COUNT_MISMATCH, REUSED_INFERENCE_ID, BEFORE_PREDICTION)
"""Why a record has no label, by code; 0 for a record that has one."""

_NO_LABEL, _COUNT_MISMATCH, _REUSED, _BEFORE = range(1, len(REASONS))

NO_ID = np.uint64(0)
"""Hash of the empty id: the request has none."""


@dataclass(frozen=True, slots=True, eq=False)
class RecordIds:
    """The ids by which labels name the requests of n records.

    Attributes:
        event_ids: uint64[n], hashes of the eventIds.
        client_ids: uint64[n], hashes of the ids that clients chose: the inferenceId, or the value
            of a custom attribute; ``NO_ID`` where there is none. None if no request has one.
        rows: int32[n], the records' positions in their requests, from 0.
        labels_name_events: Whether labels may name the eventId. They may not where a custom
            attribute was configured.
    """

    event_ids: Hashes
    client_ids: Hashes | None
    rows: NDArray[np.int32]
    labels_name_events: bool = True

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, slots=True, eq=False)
class JoinedLabels:
    """The labels of n records.

    Attributes:
        codes: int32[n], positions in ``values``; -1 where a record has no label.
        values: The distinct labels as text.
        first_collected: float64[n], epoch seconds by which the request's first label was
            collected; NaN where unknown or without a label.
        reasons: uint8[n], why a record has no label: positions in ``REASONS``.
        unmatched: Labeled requests of which there is no record.
    """

    codes: NDArray[np.int32]
    values: tuple[str, ...]
    first_collected: NDArray[np.float64]
    reasons: NDArray[np.uint8]
    unmatched: int

    @property
    def unlabeled(self) -> dict[str, int]:
        """The number of records without a label, by reason."""
        counts = np.bincount(self.reasons, minlength=len(REASONS)).tolist()
        return {reason: n for reason, n in zip(REASONS[1:], counts[1:], strict=True) if n}


def record_ids(
    event_ids: Sequence[str],
    client_ids: Sequence[str | None],
    rows: NDArray[np.int32],
    *,
    labels_name_events: bool = True,
) -> RecordIds:
    """The hashes of the ids of n records, given as text."""
    has_client_ids = any(client_ids)
    return RecordIds(
        EventIds.from_strings(event_ids).hashes,
        hash_ids([one or "" for one in client_ids]) if has_client_ids else None,
        rows,
        labels_name_events,
    )


def join(
    records: RecordIds, labels: ResolvedLabels, times: NDArray[np.float64] | None = None
) -> JoinedLabels:
    """The label of each of n records.

    A label names a request by the id that the client chose or by its eventId; the client's id takes
    precedence. The labels of a request are used only if there are as many labels as records: if one
    is missing, it is unknown which. The labels of an id that two requests have are not used,
    because they could belong to either.

    Args:
        records: Pass all records of a request together.
        labels: The labels that were read.
        times: float64[n], the records' times in epoch seconds. Labels that were collected before
            them are refused: they can't be an outcome of the prediction.
    """
    request = np.full(len(records), -1, dtype=np.int64)
    reasons = np.zeros(len(records), dtype=np.uint8)
    if records.labels_name_events:
        request = _find(labels.ids, records.event_ids)
    if records.client_ids is not None:
        named = _find(labels.ids, records.client_ids)
        named[records.client_ids == NO_ID] = -1
        request = np.where(named >= 0, named, request)
        reasons[(named >= 0) & _is_reused(records.client_ids, records.event_ids)] = _REUSED
    matched = np.zeros(len(labels), dtype=np.bool_)
    matched[request[request >= 0]] = True
    reasons[request < 0] = _NO_LABEL
    known = np.maximum(request, 0)
    if len(labels):
        sizes = labels.sizes[known]
        is_wrong = (sizes != _request_sizes(records)) | (records.rows >= sizes)
        reasons[(reasons == 0) & is_wrong] = _COUNT_MISMATCH
    codes = np.full(len(records), BLANK, dtype=np.int32)
    first = np.full(len(records), np.nan)
    usable = np.flatnonzero(reasons == 0)
    codes[usable] = labels.codes[labels.starts[known[usable]] + records.rows[usable]]
    reasons[(reasons == 0) & (codes == BLANK)] = _NO_LABEL
    if times is not None and len(labels):
        too_early = (reasons == 0) & (labels.collected[known] < times)
        reasons[too_early] = _BEFORE
        codes[too_early] = BLANK
    usable = np.flatnonzero(reasons == 0)
    first[usable] = labels.first_collected[known[usable]]
    return JoinedLabels(codes, labels.values, first, reasons, int((~matched).sum()))


def join_labels(
    event_ids: Sequence[str],
    inference_ids: Sequence[str | None],
    positions: Sequence[int],
    ground_truth: GroundTruth,
) -> tuple[list[str | None], Counter[str]]:
    """The label of each of n captured records as text, None where it has none.

    Args:
        event_ids: The eventId of each record's request. Pass all records of a request together.
        inference_ids: The inferenceId of each record's request, None where it has none.
        positions: The position of each record in its request, from 0.
        ground_truth: The labels that were read.

    Returns:
        The labels, and the number of records without a label by reason.
    """
    records = record_ids(event_ids, inference_ids, np.array(positions, dtype=np.int32))
    joined = join(records, resolved_from_cells(ground_truth.labels))
    texts: list[str | None] = [*joined.values, None]
    return [texts[code] for code in joined.codes.tolist()], Counter(joined.unlabeled)


def _find(ids: Hashes, wanted: Hashes) -> NDArray[np.int64]:
    """int64[n]: positions of hashes among sorted ids, -1 where they are absent."""
    if not len(ids):
        return np.full(len(wanted), -1, dtype=np.int64)
    order = np.argsort(wanted)  # searching in ascending order reads memory in order
    ascending = wanted[order]
    found = np.searchsorted(ids, ascending)
    found[ids.take(found, mode="clip") != ascending] = -1
    positions = np.empty(len(wanted), dtype=np.int64)
    positions[order] = found
    return positions


def _request_sizes(records: RecordIds) -> NDArray[np.int64]:
    """int64[n]: the number of records of each record's request."""
    order, starts = _groups(records.event_ids)
    counts = np.diff(np.append(starts, len(order)))
    sizes = np.empty(len(order), dtype=np.int64)
    sizes[order] = np.repeat(counts, counts)
    return sizes


def _is_reused(client_ids: Hashes, event_ids: Hashes) -> NDArray[np.bool_]:
    """bool[n]: whether two requests have the client's id of a record's request."""
    order, starts = _groups(client_ids)
    events = event_ids[order]
    if not len(events):
        return np.zeros(0, dtype=np.bool_)
    differs = np.minimum.reduceat(events, starts) != np.maximum.reduceat(events, starts)
    is_reused = np.empty(len(order), dtype=np.bool_)
    is_reused[order] = np.repeat(differs, np.diff(np.append(starts, len(order))))
    return is_reused


def _groups(keys: Hashes) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The order that brings equal keys together, and where each group of them begins."""
    order = np.argsort(keys)
    ascending = keys[order]
    is_first = np.ones(len(keys), dtype=np.bool_)
    is_first[1:] = ascending[1:] != ascending[:-1]
    return order, np.flatnonzero(is_first)
