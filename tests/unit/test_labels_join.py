import base64
import json

import pytest

from driftloop.labels import GroundTruth, join_labels, read_labels


def _line(event: str, data: object, encoding: str = "CSV") -> bytes:
    return json.dumps(
        {
            "groundTruthData": {"data": data, "encoding": encoding},
            "eventMetadata": {"eventId": event},
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
def test_a_label_has_one_cell_per_row_of_its_request(
    data: object, encoding: str, cells: tuple[str, ...]
) -> None:
    assert read_labels([_line("a", data, encoding)]).labels == {"a": cells}


@pytest.mark.parametrize(
    "line",
    [b"not json", b'{"groundTruthData": {}}', b"[]", b"\xff\xfe", _line("a", "!", "BASE64")],
)
def test_a_line_without_a_label_is_counted_and_costs_nothing_else(line: bytes) -> None:
    truth = read_labels([line, _line("b", "1"), b"", b"  \n"])
    assert truth.labels == {"b": ("1",)}
    assert (truth.lines, truth.unreadable) == (2, 1)


def test_the_last_label_wins_across_files() -> None:
    truth = GroundTruth()
    read_labels([_line("a", "0"), _line("a", "1")], truth)
    read_labels([_line("a", "2")], truth)
    assert truth.labels == {"a": ("2",)}
    assert truth.replaced == 2


def test_the_inference_id_names_a_request_before_its_event_id() -> None:
    truth = read_labels([_line("mine", "7"), _line("e1", "0"), _line("e2", "3")])
    labels, why = join_labels(["e1", "e2", "e3"], ["mine", None, None], [0, 0, 0], truth)
    assert labels == ["7", "3", None]
    assert why == {"no_label": 1}


def test_rows_of_a_request_get_their_own_labels_in_order() -> None:
    truth = read_labels([_line("e", "1\n0\n1")])
    assert join_labels(["e", "e", "e"], [None] * 3, [2, 0, 1], truth)[0] == ["1", "1", "0"]


def test_labels_that_are_too_few_or_too_many_are_nobodys() -> None:
    truth = read_labels([_line("few", "1"), _line("many", "1\n0")])
    labels, why = join_labels(["few", "few", "many"], [None] * 3, [0, 1, 0], truth)
    assert labels == [None, None, None]
    assert why == {"label_row_count": 3}


def test_an_inference_id_that_two_requests_share_labels_neither() -> None:
    truth = read_labels([_line("again", "1")])
    labels, why = join_labels(["e1", "e2"], ["again", "again"], [0, 0], truth)
    assert labels == [None, None]
    assert why == {"reused_inference_id": 2}


def test_an_empty_cell_is_no_label() -> None:
    truth = read_labels([_line("e", "1\n\n0")])
    assert truth.labels["e"] == ("1", "", "0")
    labels, why = join_labels(["e"] * 3, [None] * 3, [0, 1, 2], truth)
    assert labels == ["1", None, "0"]
    assert why == {"no_label": 1}
