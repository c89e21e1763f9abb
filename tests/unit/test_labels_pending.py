"""Pending records: their stored form, and each record once."""

import random

import numpy as np
import pytest

from driftloop.errors import FormatError
from driftloop.labels.join import RecordIds
from driftloop.labels.pending import CodedColumn, PendingRecords, concat_pending


def records(events: list[int], *, classes: tuple[str, ...] = ()) -> PendingRecords:
    """Records whose other columns follow from their events' numbers."""
    numbers = np.array(events, dtype=np.float64)
    ids = RecordIds(
        np.array(events, dtype=np.uint64),
        np.array(events, dtype=np.uint64) + np.uint64(100),
        np.array([event % 2 for event in events], dtype=np.int32),
    )
    return PendingRecords(
        ids,
        1e9 + numbers,
        numbers % len(classes) if classes else numbers / 10,
        classes,
        None,
        (CodedColumn("city", ("Bern", "Basel"), (numbers % 2).astype(np.uint8)),),
        (CodedColumn("sex", ("f", "m"), (numbers % 2).astype(np.uint8)),),
    )


def test_the_stored_form_gives_the_same_records() -> None:
    stored = records([3, 1, 2]).to_bytes()
    found = PendingRecords.from_bytes(stored)
    assert found.to_bytes() == stored
    assert found.predictions.tolist() == [0.3, 0.1, 0.2]
    assert found.ids.client_ids is not None
    assert found.ids.client_ids.tolist() == [103, 101, 102]
    assert found.segments[0].levels == ("Bern", "Basel")


def test_records_that_were_captured_twice_are_kept_once_in_any_order() -> None:
    events = [5, 3, 9, 3, 5, 1]
    expected = records([1, 3, 5, 9]).to_bytes()
    for seed in range(50):
        drawn = random.Random(seed).sample(events, len(events))  # noqa: S311
        parts = [records(drawn[:2]), records(drawn[2:])]
        assert concat_pending(parts).once().to_bytes() == expected


def test_parts_with_other_classes_get_common_codes() -> None:
    joined = concat_pending([records([0, 1], classes=("a", "b")), records([0], classes=("c", "a"))])
    assert joined.classes == ("a", "b", "c")
    assert joined.predictions.tolist() == [0.0, 1.0, 2.0]


@pytest.mark.parametrize(
    "change", [lambda d: d[:-3], lambda d: d.replace(b"records 1", b"records 9")]
)
def test_damaged_and_later_files_are_refused(change) -> None:
    with pytest.raises(FormatError, match="pending-records"):
        PendingRecords.from_bytes(change(records([1, 2]).to_bytes()))
