"""Joins labels with captured records."""

from collections import Counter
from collections.abc import Sequence

from driftloop.labels.parse import GroundTruth

NO_LABEL = "no_label"
LABEL_COUNT_MISMATCH = "label_row_count"
REUSED_INFERENCE_ID = "reused_inference_id"


def join_labels(
    event_ids: Sequence[str],
    inference_ids: Sequence[str | None],
    positions: Sequence[int],
    ground_truth: GroundTruth,
) -> tuple[list[str | None], Counter[str]]:
    """The label of each of n captured records, None where it has none.

    A label file names a request by its inferenceId or by its eventId. The labels of a request are
    used only if there are as many labels as records: if one is missing, it is unknown which. The
    labels of an inferenceId are not used if two requests have it, because they could belong to
    either.

    Args:
        event_ids: The eventId of each record's request. Pass all records of a request together.
        inference_ids: The inferenceId of each record's request, None where it has none.
        positions: The position of each record in its request, from 0.
        ground_truth: The labels that were read.

    Returns:
        The labels, and the number of records without a label by reason.
    """
    sizes = Counter(event_ids)
    requests = _requests_by_inference_id(event_ids, inference_ids)
    unlabeled: Counter[str] = Counter()
    labels: list[str | None] = []
    for event_id, inference_id, position in zip(event_ids, inference_ids, positions, strict=True):
        label, reason = _find_label(event_id, inference_id, position, ground_truth, sizes, requests)
        if reason:
            unlabeled[reason] += 1
        labels.append(label)
    return labels, unlabeled


def _find_label(
    event_id: str,
    inference_id: str | None,
    position: int,
    ground_truth: GroundTruth,
    sizes: Counter[str],
    requests: dict[str, set[str]],
) -> tuple[str | None, str | None]:
    cells = ground_truth.labels.get(event_id)
    if inference_id is not None and inference_id in ground_truth.labels:
        if len(requests[inference_id]) > 1:
            return None, REUSED_INFERENCE_ID
        cells = ground_truth.labels[inference_id]
    if cells is None:
        return None, NO_LABEL
    if len(cells) != sizes[event_id] or position >= len(cells):
        return None, LABEL_COUNT_MISMATCH
    return (cells[position], None) if cells[position].strip() else (None, NO_LABEL)


def _requests_by_inference_id(
    event_ids: Sequence[str], inference_ids: Sequence[str | None]
) -> dict[str, set[str]]:
    requests: dict[str, set[str]] = {}
    for event_id, inference_id in zip(event_ids, inference_ids, strict=True):
        if inference_id is not None:
            requests.setdefault(inference_id, set()).add(event_id)
    return requests
