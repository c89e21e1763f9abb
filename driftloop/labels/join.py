"""Which label belongs to which captured row."""

from collections import Counter
from collections.abc import Sequence

from driftloop.labels.parse import GroundTruth

NO_LABEL = "no_label"
ROW_COUNT = "label_row_count"
REUSED_ID = "reused_inference_id"


def join_labels(
    events: Sequence[str],
    inference_ids: Sequence[str | None],
    rows: Sequence[int],
    truth: GroundTruth,
) -> tuple[list[str | None], Counter[str]]:
    """The label of each of n captured rows, None where there is none; and why not, counted.

    Give all rows of a request at once. A request is known by its inferenceId, else by its eventId.
    Its labels count only where there are as many as it has rows: with one too few, nobody could
    say which is missing. Callers reuse inferenceIds: where two requests share one, its labels are
    nobody's for sure.
    """
    sizes = Counter(events)
    owners = _owners(events, inference_ids)
    why: Counter[str] = Counter()
    result: list[str | None] = []
    for event, inference_id, row in zip(events, inference_ids, rows, strict=True):
        label, reason = _label(event, inference_id, row, truth, sizes, owners)
        if reason:
            why[reason] += 1
        result.append(label)
    return result, why


def _label(
    event: str,
    inference_id: str | None,
    row: int,
    truth: GroundTruth,
    sizes: Counter[str],
    owners: dict[str, set[str]],
) -> tuple[str | None, str | None]:
    cells = truth.labels.get(event)
    if inference_id is not None and inference_id in truth.labels:
        if len(owners[inference_id]) > 1:
            return None, REUSED_ID
        cells = truth.labels[inference_id]
    if cells is None:
        return None, NO_LABEL
    if len(cells) != sizes[event] or row >= len(cells):
        return None, ROW_COUNT
    return (cells[row], None) if cells[row].strip() else (None, NO_LABEL)


def _owners(events: Sequence[str], inference_ids: Sequence[str | None]) -> dict[str, set[str]]:
    owners: dict[str, set[str]] = {}
    for event, inference_id in zip(events, inference_ids, strict=True):
        if inference_id is not None:
            owners.setdefault(inference_id, set()).add(event)
    return owners
