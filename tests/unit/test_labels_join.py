import base64
import json
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftloop.labels import GroundTruth, read_labels
from driftloop.labels.join import join, join_labels, record_ids
from driftloop.labels.resolved import LabelSource, read_resolved_labels


def _line(request_id: str, data: object, encoding: str = "CSV") -> bytes:
    return json.dumps(
        {
            "groundTruthData": {"data": data, "encoding": encoding},
            "eventMetadata": {"eventId": request_id},
            "eventVersion": "0",
        }
    ).encode()


@pytest.mark.parametrize(
    ("data", "encoding", "cells"),
    [
        ("1", "CSV", ("1",)),
        ("1\n0\n1", "CSV", ("1", "0", "1")),
        ("1\r\n0\r\n", "CSV", ("1", "0")),
        ('"a, b"\nc', "CSV", ("a, b", "c")),
        (1, "CSV", ("1",)),
        ("[1, 0]", "JSON", ("1", "0")),
        ("2.5", "JSON", ("2.5",)),
        (base64.b64encode(b"1\n0").decode(), "BASE64", ("1", "0")),
    ],
)
def test_a_label_record_has_one_cell_per_record_of_its_request(
    data: object, encoding: str, cells: tuple[str, ...]
) -> None:
    assert read_labels([_line("a", data, encoding)]).labels == {"a": cells}


@pytest.mark.parametrize(
    "line",
    [b"not json", b'{"groundTruthData": {}}', b"[]", b"\xff\xfe", _line("a", "!", "BASE64")],
)
def test_a_line_without_a_label_is_counted_and_other_lines_are_read(line: bytes) -> None:
    ground_truth = read_labels([line, _line("b", "1"), b"", b"  \n"])
    assert ground_truth.labels == {"b": ("1",)}
    assert (ground_truth.lines, ground_truth.unreadable) == (2, 1)


def test_the_last_label_wins_across_files() -> None:
    ground_truth = GroundTruth()
    read_labels([_line("a", "0"), _line("a", "1")], ground_truth)
    read_labels([_line("a", "2")], ground_truth)
    assert ground_truth.labels == {"a": ("2",)}
    assert ground_truth.replaced == 2


def test_labels_of_an_inference_id_take_precedence_over_those_of_an_event_id() -> None:
    ground_truth = read_labels([_line("own-id", "7"), _line("e1", "0"), _line("e2", "3")])
    labels, unlabeled = join_labels(
        ["e1", "e2", "e3"], ["own-id", None, None], [0, 0, 0], ground_truth
    )
    assert labels == ["7", "3", None]
    assert unlabeled == {"no_label": 1}


def test_the_records_of_a_request_get_the_labels_of_their_positions() -> None:
    ground_truth = read_labels([_line("e", "1\n0\n1")])
    assert join_labels(["e", "e", "e"], [None] * 3, [2, 0, 1], ground_truth)[0] == ["1", "1", "0"]


def test_a_request_with_too_few_or_too_many_labels_has_none() -> None:
    ground_truth = read_labels([_line("few", "1"), _line("many", "1\n0")])
    labels, unlabeled = join_labels(["few", "few", "many"], [None] * 3, [0, 1, 0], ground_truth)
    assert labels == [None, None, None]
    assert unlabeled == {"label_row_count": 3}


def test_an_inference_id_of_two_requests_labels_neither() -> None:
    ground_truth = read_labels([_line("again", "1")])
    labels, unlabeled = join_labels(["e1", "e2"], ["again", "again"], [0, 0], ground_truth)
    assert labels == [None, None]
    assert unlabeled == {"reused_inference_id": 2}


def test_an_empty_cell_is_not_a_label() -> None:
    ground_truth = read_labels([_line("e", "1\n\n0")])
    assert ground_truth.labels["e"] == ("1", "", "0")
    labels, unlabeled = join_labels(["e"] * 3, [None] * 3, [0, 1, 2], ground_truth)
    assert labels == ["1", None, "0"]
    assert unlabeled == {"no_label": 1}


def _join_one_by_one(
    event_ids: list[str], inference_ids: list[str | None], positions: list[int], labels: dict
) -> tuple[list[str | None], dict[str, int]]:
    """The rules, record by record."""
    sizes = Counter(event_ids)
    found: list[str | None] = []
    reasons: Counter[str] = Counter()
    for event, inference, position in zip(event_ids, inference_ids, positions, strict=True):
        cells, reason = labels.get(event), ""
        if inference and inference in labels:
            cells = labels[inference]
            events = {e for e, i in zip(event_ids, inference_ids, strict=True) if i == inference}
            reason = "reused_inference_id" if len(events) > 1 else ""
        if cells is None:
            reason = "no_label"
        elif not reason and (len(cells) != sizes[event] or position >= len(cells)):
            reason = "label_row_count"
        elif not reason and not cells[position].strip():
            reason = "no_label"
        reasons[reason] += 1
        found.append(None if reason or cells is None else cells[position])
    del reasons[""]
    return found, dict(reasons)


IDS = st.sampled_from(["a", "b", "c", "d"])


@given(
    st.lists(st.tuples(IDS, st.one_of(st.none(), IDS), st.integers(0, 2)), max_size=12),
    st.dictionaries(
        IDS, st.lists(st.sampled_from(["0", "1", "", " "]), max_size=3).map(tuple), max_size=4
    ),
)
def test_the_join_of_columns_follows_the_rules_record_by_record(
    records: list[tuple[str, str | None, int]], labels: dict[str, tuple[str, ...]]
) -> None:
    events = [event for event, _, _ in records]
    inferences = [inference for _, inference, _ in records]
    positions = [position for _, _, position in records]
    found, reasons = join_labels(events, inferences, positions, GroundTruth(labels=labels))
    assert (found, dict(reasons)) == _join_one_by_one(events, inferences, positions, labels)


def test_a_label_collected_before_its_prediction_is_refused() -> None:
    resolved = read_resolved_labels(
        [LabelSource("k", 100.0, [_line("early", "1") + b"\n" + _line("late", "1")])]
    )
    ids = record_ids(["early", "late"], [None, None], np.zeros(2, dtype=np.int32))
    joined = join(ids, resolved, np.array([100.5, 99.5]))
    assert joined.unlabeled == {"label_before_prediction": 1}
    assert joined.codes.tolist() == [-1, 0]


def test_labels_that_name_an_attribute_do_not_name_events() -> None:
    resolved = read_resolved_labels([LabelSource("k", 100.0, [_line("e1", "1")])])
    ids = record_ids(["e1"], ["order-7"], np.zeros(1, dtype=np.int32), labels_name_events=False)
    joined = join(ids, resolved)
    assert joined.unlabeled == {"no_label": 1}
    assert joined.unmatched == 1
