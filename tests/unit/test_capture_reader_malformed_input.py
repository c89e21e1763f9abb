"""Malformed input is rejected line by line, with the same result on every path of the reader."""

import base64
import gzip
import json

import numpy as np
import pytest

from driftloop.capture import read_capture
from driftloop.schema import Feature, Kind, ProblemType, Schema

SCHEMA = Schema(
    (Feature("age", Kind.NUMERIC), Feature("city", Kind.CATEGORICAL)),
    "label",
    ProblemType.MULTICLASS_CLASSIFICATION,
)


def line(
    data: str, prediction: str, event_id: str, encoding: str = "CSV", content_type: str = "text/csv"
):
    return json.dumps(
        {
            "captureData": {
                "endpointInput": {
                    "observedContentType": content_type,
                    "encoding": encoding,
                    "data": data,
                },
                "endpointOutput": {
                    "observedContentType": "text/csv",
                    "encoding": "CSV",
                    "data": prediction,
                },
            },
            "eventMetadata": {"eventId": event_id, "inferenceTime": "2026-04-18T00:21:48Z"},
            "eventVersion": "0",
        }
    ).encode()


def read(lines: list[bytes]):
    """All event ids, and the sum of the line counts."""
    parts = list(read_capture([("object", [b"\n".join(lines) + b"\n"])], SCHEMA))
    line_counts = parts[0].line_counts
    for part in parts[1:]:
        line_counts = line_counts + part.line_counts
    return [event_id for part in parts for event_id in part.batch.event_ids], line_counts


def npy(header: bytes, body: bytes = b"") -> bytes:
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + body


@pytest.mark.parametrize(
    "payload",
    [
        npy(b"{'descr': '<f8', 'fortran_order': False, 'shape': (1,2"),
        npy(b"(" * 5000),
        npy(b"'''"),
        npy(b"-" * 9000 + b"1"),
        npy(b"{'descr': '<f8', 'fortran_order': False, 'shape': (-1,-2), }\n", b"\0" * 16),
        npy(b"{'descr': '<f4', 'fortran_order': False, 'shape': (True,2), }\n", b"\0" * 8),
        npy(b"{'descr': ('<f4',(2,)), 'fortran_order': False, 'shape': (1,), }\n", b"\0" * 8),
        npy(b"{'descr': (), 'fortran_order': False, 'shape': (1,), }\n", b"\0" * 8),
        npy(b"{'descr': '<U1', 'fortran_order': False, 'shape': (2,), }\n", b"\xff" * 8),
        npy(
            b"{'descr': [('age','<f4'),('city','<U1')], 'fortran_order': False, 'shape': (1,), }\n",
            b"\xff" * 8,
        ),
    ],
)
def test_a_malformed_numpy_payload_is_one_rejected_line(payload: bytes) -> None:
    bad = line(base64.b64encode(payload).decode(), "a", "bad", "BASE64", "application/x-npy")
    event_ids, line_counts = read([line("1,x", "a", "one"), bad, line("2,x", "a", "two")])
    assert event_ids == ["one", "two"]
    assert {str(reason): count for reason, count in line_counts.rejected.items()} == {
        "unreadable_payload": 1
    }


@pytest.mark.parametrize("blank", ["\xa0", "\u3000", "\x85", "\u2028", "\x0c", "\x1c"])
def test_a_header_row_after_any_blank_is_not_a_record(blank: str) -> None:
    event_ids, line_counts = read(
        [line(f"{blank}age,city", "a", "header"), line("1,x", "a", "one")]
    )
    assert event_ids == ["one"]
    assert sum(line_counts.rejected.values()) == 1


@pytest.mark.parametrize(
    ("data", "prediction"),
    [("1,x", "b" * 140_000), ("1," + "x" * 140_000, "a"), (f'1,"{"x,y" * 50_000}"', "a")],
    ids=["prediction", "cell", "quoted cell"],
)
def test_a_cell_longer_than_the_default_limit_of_the_csv_module_is_read_among_others(
    data: str, prediction: str
) -> None:
    # 131,072 characters (Python documentation, csv.field_size_limit)
    good = [line(f"{position},x", "a", f"e{position}") for position in range(40)]
    event_ids, line_counts = read([*good, line(data, prediction, "long")])
    assert "long" in event_ids
    assert line_counts.rejected == {}
    assert line_counts.unreadable_predictions == {}


def test_a_constant_that_decodes_to_a_marker_is_not_read_as_an_event_id() -> None:
    forged = (
        '{"captureData":{"zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz":{"data":"v%d"},"endpointInput":'
        '{"observedContentType":"text/csv","encoding":"CSV","data":"%d,x"},"endpointOutput":'
        '{"observedContentType":"text/csv","encoding":"CSV","data":"a"}},"eventMetadata":'
        '{"eventId":"\\u003c0>","inferenceTime":"2026-04-18T00:21:48Z"},"eventVersion":"0"}'
    )
    event_ids, line_counts = read(
        [(forged % (position, position)).encode() for position in range(5)]
    )
    assert event_ids == ["<0>"]
    assert line_counts.used == 1


def test_long_texts_make_smaller_batches() -> None:
    lines = [line(f'{position},"{"x" * 50_000}"', "a", f"e{position}") for position in range(800)]
    blocks = [one + b"\n" for one in lines]
    parts = list(read_capture([("object", blocks)], SCHEMA))
    assert sum(len(part.batch) for part in parts) == 800
    assert max(len(part.batch) for part in parts) < 500


def test_many_small_members_of_a_gzip_object_are_read() -> None:
    data = gzip.compress(line("1,x", "a", "one") + b"\n") + gzip.compress(b"\n") * 2000
    (part,) = read_capture([("object", [data])], SCHEMA)
    assert list(part.batch.event_ids) == ["one"]
    assert np.isfinite(part.batch.times).all()
