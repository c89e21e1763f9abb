"""Input that was made to break the reader: it is refused line by line, and read alike both ways."""

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


def line(data: str, answer: str, event: str, encoding: str = "CSV", content: str = "text/csv"):
    return json.dumps(
        {
            "captureData": {
                "endpointInput": {
                    "observedContentType": content,
                    "encoding": encoding,
                    "data": data,
                },
                "endpointOutput": {
                    "observedContentType": "text/csv",
                    "encoding": "CSV",
                    "data": answer,
                },
            },
            "eventMetadata": {"eventId": event, "inferenceTime": "2026-04-18T00:21:48Z"},
            "eventVersion": "0",
        }
    ).encode()


def read(lines: list[bytes]):
    """All records, and the sum of the tallies."""
    chunks = list(read_capture([("object", [b"\n".join(lines) + b"\n"])], SCHEMA))
    line_counts = chunks[0].line_counts
    for chunk in chunks[1:]:
        line_counts = line_counts + chunk.line_counts
    return [event for chunk in chunks for event in chunk.batch.event_ids], line_counts


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
def test_a_hostile_numpy_payload_is_one_rejected_line(payload: bytes) -> None:
    bad = line(base64.b64encode(payload).decode(), "a", "bad", "BASE64", "application/x-npy")
    events, line_counts = read([line("1,x", "a", "one"), bad, line("2,x", "a", "two")])
    assert events == ["one", "two"]
    assert {str(reason): count for reason, count in line_counts.rejected.items()} == {
        "unreadable_payload": 1
    }


@pytest.mark.parametrize("blank", ["\xa0", "\u3000", "\x85", "\u2028", "\x0c", "\x1c"])
def test_a_header_behind_any_blank_is_no_row(blank: str) -> None:
    events, line_counts = read([line(f"{blank}age,city", "a", "header"), line("1,x", "a", "one")])
    assert events == ["one"]
    assert sum(line_counts.rejected.values()) == 1


def test_an_answer_too_long_for_a_cell_is_refused_among_alike_lines_too() -> None:
    good = [line(f"{place},x", "a", f"e{place}") for place in range(40)]
    events, line_counts = read([*good, line("1,x", "b" * 140_000, "long")])
    assert "long" not in events
    assert sum(line_counts.rejected.values()) == 1


def test_a_constant_that_decodes_to_a_mark_is_no_event_id() -> None:
    forged = (
        '{"captureData":{"zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz":{"data":"v%d"},"endpointInput":'
        '{"observedContentType":"text/csv","encoding":"CSV","data":"%d,x"},"endpointOutput":'
        '{"observedContentType":"text/csv","encoding":"CSV","data":"a"}},"eventMetadata":'
        '{"eventId":"\\u003c0>","inferenceTime":"2026-04-18T00:21:48Z"},"eventVersion":"0"}'
    )
    events, line_counts = read([(forged % (place, place)).encode() for place in range(5)])
    assert events == ["<0>"]
    assert line_counts.used == 1


def test_long_texts_make_smaller_batches() -> None:
    lines = [line(f'{place},"{"x" * 50_000}"', "a", f"e{place}") for place in range(800)]
    pieces = [one + b"\n" for one in lines]
    chunks = list(read_capture([("object", pieces)], SCHEMA))
    assert sum(len(chunk.batch) for chunk in chunks) == 800
    assert max(len(chunk.batch) for chunk in chunks) < 500


def test_many_small_members_of_a_gzip_object_are_read() -> None:
    data = gzip.compress(line("1,x", "a", "one") + b"\n") + gzip.compress(b"\n") * 2000
    (chunk,) = read_capture([("object", [data])], SCHEMA)
    assert list(chunk.batch.event_ids) == ["one"]
    assert np.isfinite(chunk.batch.times).all()
