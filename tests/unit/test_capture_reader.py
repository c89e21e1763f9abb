"""Each case of facts about data capture: what it is read to, or what it is counted as."""

import base64
import gzip
import io
import json
import zlib
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from driftloop.capture import (
    CategoricalColumn,
    LineCounts,
    NumericColumn,
    RecordBatch,
    RejectedLine,
    lines,
    read_capture,
)
from driftloop.capture.event_ids import MAX_SINGLE, EventIdSet, hash_ids
from driftloop.capture.line_counts import (
    MAX_NAMES,
    REJECT_REASON_MEANINGS,
    SKIP_REASON_MEANINGS,
    RejectReason,
    SkipReason,
)
from driftloop.schema import Feature, Kind, ProblemType, Schema
from driftloop.window import Window

AGE, CITY = Feature("age", Kind.NUMERIC), Feature("city", Kind.CATEGORICAL)
BINARY = Schema((AGE, CITY), "label", ProblemType.BINARY_CLASSIFICATION)
CLASSES = Schema((AGE, CITY), "label", ProblemType.MULTICLASS_CLASSIFICATION)
ONE = Schema((AGE,), "label", ProblemType.REGRESSION)


def b64(data: str | bytes) -> str:
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode()


def side(data: str | None, encoding: str = "CSV", kind: str | None = "text/csv") -> dict[str, Any]:
    return {"observedContentType": kind, "mode": "INPUT", "data": data, "encoding": encoding}


def record(
    request: dict[str, Any] | None,
    answer: dict[str, Any] | None = None,
    event: str = "e",
    time: str = "2026-04-18T00:21:48Z",
    version: object = "0",
) -> bytes:
    sides = {"endpointInput": request, "endpointOutput": answer}
    return json.dumps(
        {
            "captureData": {name: value for name, value in sides.items() if value is not None},
            "eventMetadata": {"eventId": event, "inferenceId": "i", "inferenceTime": time},
            "eventVersion": version,
        }
    ).encode()


def read(
    data: bytes, schema: Schema = BINARY, **options: Any
) -> tuple[LineCounts, list[RejectedLine], list[RecordBatch]]:
    rejects: list[RejectedLine] = []
    chunks = list(
        read_capture([("o", io.BytesIO(data))], schema, on_reject=rejects.append, **options)
    )
    line_counts = sum((chunk.line_counts for chunk in chunks), LineCounts())
    assert (
        line_counts.read
        == line_counts.used + line_counts.skipped_lines + line_counts.rejected_lines
    )
    return line_counts, rejects, [chunk.batch for chunk in chunks]


def cells(batch: RecordBatch) -> list[tuple[object, ...]]:
    """Rows with their prediction, NaN and -1 as None."""
    columns = []
    for column in [*batch.columns.values(), batch.prediction]:
        if isinstance(column, NumericColumn):
            columns.append([None if np.isnan(v) else float(v) for v in column.values])
        elif isinstance(column, CategoricalColumn):
            columns.append([None if c < 0 else column.categories[c] for c in column.codes])
    return list(zip(*columns, strict=True))


def one(line: bytes, schema: Schema = BINARY, **options: Any) -> list[tuple[object, ...]]:
    line_counts, rejects, batches = read(line, schema, **options)
    assert rejects == []
    assert line_counts.used == 1
    return cells(batches[0])


JSON, LINES_TYPE = "application/json", "application/jsonlines; charset=utf-8"
TWO = [(1.0, "a", 0.1), (2.0, "b", 0.2)]


@pytest.mark.parametrize(
    "request_side",
    [
        side("1,a\n2,b"),
        side("1,a\r\n2,b\r\n"),
        side('"1","a"\n"2","b"\n'),
        side("age,city\n1,a\n2,b"),
        side("city,age\na,1\nb,2"),
        side("age,city,zip\n1,a,9\n2,b,9"),
        side('[[1,"a"],[2,"b"]]', "JSON", JSON),
        side('[{"age":1,"city":"a"},{"city":"b","age":"2"}]', "JSON", JSON),
        side('{"instances":[[1,"a"],[2,"b"]]}', "JSON", JSON),
        side('{"instances":[{"age":1,"city":"a"},{"age":2,"city":"b"}]}', "JSON", JSON),
        side('{"instances":[{"features":[1,"a"]},{"features":[2,"b"]}]}', "JSON", JSON),
        side('{"records":[{"age":1,"city":"a"},{"age":2,"city":"b"}]}', "JSON", JSON),
        side('{"age":[1,2],"city":["a","b"]}', "JSON", JSON),
        side('{"age":{"0":1,"1":2},"city":{"0":"a","1":"b"}}', "JSON", JSON),
        side('{"columns":["city","age"],"data":[["a",1],["b",2]]}', "JSON", JSON),
        side(
            '{"dataframe_split":{"columns":["age","city"],"data":[[1,"a"],[2,"b"]]}}', "JSON", JSON
        ),
        side('{"features":[1,"a"]}\n{"features":[2,"b"]}\n', "JSON", LINES_TYPE),
        side('[1,"a"]\n[2,"b"]', "JSON", LINES_TYPE),
        side('{"age":1,"city":"a"}\n\n{"age":2,"city":"b"}', "JSON", LINES_TYPE),
        side(b64("1,a\n2,b\n"), "BASE64", "text/plain"),
        side(b64('{"instances":[[1,"a"],[2,"b"]]}'), "BASE64", "text/html; charset=utf-8"),
    ],
)
@pytest.mark.parametrize(
    "answer",
    [
        side("0.1\n0.2", kind="text/csv; charset=utf-8"),
        side("0.1,0.2\n"),
        side("score\n0.1\n0.2"),
        side("0.9,0.1\n0.8,0.2"),
        side("1,0.1\n0,0.2"),
        side("[0.1,0.2]", "JSON", JSON),
        side("[[0.9,0.1],[0.8,0.2]]", "JSON", JSON),
        side('{"predictions":[0.1,0.2]}', "JSON", JSON),
        side('{"predictions":[{"predicted_label":1,"score":0.1},{"score":0.2}]}', "JSON", JSON),
        side('{"predictions":[{"probabilities":[0.9,0.1]},[0.2]]}', "JSON", JSON),
        side('{"score":[0.1,0.2]}', "JSON", JSON),
        side('{"score":0.1}\n{"score":0.2}', "JSON", LINES_TYPE),
        side(b64("0.1\n0.2"), "BASE64", "text/html"),
        side(b64('{"predictions":[0.1,0.2]}'), "BASE64", "application/octet-stream"),
    ],
)
def test_every_form_of_request_and_answer_is_read_to_the_same_rows(
    request_side: dict[str, Any], answer: dict[str, Any]
) -> None:
    assert one(record(request_side, answer)) == TWO


@pytest.mark.parametrize(
    ("data", "encoding", "row"),
    [
        ("1,a", "CSV", (1.0, "a")),
        (",", "CSV", (None, None)),
        ("-1,a", "CSV", (-1.0, "a")),
        ("NaN, a ", "CSV", (None, "a")),
        ('1,"a, b"', "CSV", (1.0, "a, b")),
        ('1,"a\nb"', "CSV", (1.0, "a\nb")),
        ('1,"say ""a"""', "CSV", (1.0, 'say "a"')),
        ("Infinity,1.0", "CSV", (float("inf"), "1")),
        ('[Infinity,"a"]', "JSON", (float("inf"), "a")),
        ("[NaN,true]", "JSON", (None, "true")),
        ("[null,null]", "JSON", (None, None)),
        ('{"age":1}', "JSON", (1.0, None)),
        ('{"age":1e999,"city":1.0}', "JSON", (float("inf"), "1")),
    ],
)
def test_odd_cells_are_read_by_the_rules_of_values(
    data: str, encoding: str, row: tuple[object, ...]
) -> None:
    assert one(record(side(data, encoding), side("0.5"))) == [(*row, 0.5)]


def test_text_in_a_numeric_column_is_wrong_and_not_missing() -> None:
    data = b"\n".join(
        [record(side("x,a"), event="1"), record(side(",a"), event="2"), record(side('"y",a'))]
    )
    (batch,) = read(data)[2]
    age = batch.columns["age"]
    assert isinstance(age, NumericColumn)
    assert age.invalid is not None
    assert age.invalid.tolist() == [True, False, True]


def test_numpy_payloads_are_read_by_position_or_by_field() -> None:
    for array in (
        np.array([[1.5], [2.5]]),
        np.array([[1.5], [2.5]], dtype=">f4"),
        np.asfortranarray([[1.5], [2.5]]),
        np.array([1.5, 2.5]),
        np.array([(1.5,), (2.5,)], dtype=[("age", "f8")]),
    ):
        stream = io.BytesIO()
        np.save(stream, array)
        kind = "application/x-npy"
        answer = io.BytesIO()
        np.save(answer, np.array([[0.1], [0.2]]))
        line = record(
            side(b64(stream.getvalue()), "BASE64", kind),
            side(b64(answer.getvalue()), "BASE64", kind),
        )
        assert one(line, ONE) == [(1.5, 0.1), (2.5, 0.2)]


def test_a_numpy_header_that_promises_more_than_there_is_is_rejected_unread() -> None:
    stream = io.BytesIO()
    header = {"descr": "<f8", "fortran_order": False, "shape": (10**12, 10)}
    np.lib.format.write_array_header_1_0(stream, header)
    line_counts, _, _ = read(record(side(b64(stream.getvalue()), "BASE64", "application/x-npy")))
    assert line_counts.rejected == {"unreadable_payload": 1}


def test_a_pickle_in_a_numpy_payload_is_never_loaded() -> None:
    stream = io.BytesIO()
    np.save(stream, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    line_counts, _, _ = read(record(side(b64(stream.getvalue()), "BASE64", "application/x-npy")))
    assert line_counts.rejected == {"unreadable_payload": 1}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (side("b"), "b"),
        (side("b,0.7"), "b"),
        (side("0.1,0.7,0.2"), "1"),
        (side("2,0.9"), "2"),
        (side('{"predictions":[{"predicted_label":"b","score":[1]}]}', "JSON"), "b"),
        (side('{"predictions":[{"probabilities":[0.1,0.7,0.2]}]}', "JSON"), "1"),
        (side('["b"]', "JSON"), "b"),
    ],
)
def test_the_predicted_class_is_found(answer: dict[str, Any], expected: str) -> None:
    assert one(record(side("1,a"), answer), CLASSES) == [(1.0, "a", expected)]


@pytest.mark.parametrize("key", ["risk", "out.risk", "predictions.out.risk"])
def test_a_prediction_key_says_what_to_take(key: str) -> None:
    document = {"predictions": [{"score": 0.9, "risk": 0.1, "out": {"risk": 0.1, "x": 1}}]}
    line = record(side("1,a"), side(json.dumps(document), "JSON"))
    assert one(line, prediction_key=key) == [(1.0, "a", 0.1)]


def test_an_answer_that_was_not_captured_is_a_missing_prediction() -> None:
    line_counts, _, (batch,) = read(record(side("1,a")))
    assert cells(batch) == [(1.0, "a", None)]
    assert (line_counts.used, line_counts.missing_predictions) == (1, 1)


REJECTED = [
    (b"garbage", RejectReason.NOT_JSON),
    (b'{"a": 1} trailing', RejectReason.NOT_JSON),
    (b"\xff\xfe\x00", RejectReason.NOT_UTF8),
    (record(side("1,a"))[:-30], RejectReason.TRUNCATED),
    (b"[]", RejectReason.NOT_A_CAPTURE_RECORD),
    (b'{"eventVersion":"0"}', RejectReason.NOT_A_CAPTURE_RECORD),
    (
        b'{"captureData":{"endpointInput":{"data":[1]}},"eventMetadata":{}}',
        RejectReason.NOT_A_CAPTURE_RECORD,
    ),
    (record(side("1,a"), version="1"), RejectReason.UNSUPPORTED_EVENT_VERSION),
    (record(side("1,a"), time="yesterday"), RejectReason.MISSING_INFERENCE_TIME),
    (record(side("1,a"), time=""), RejectReason.MISSING_INFERENCE_TIME),
    (record(side("%%", "BASE64")), RejectReason.INVALID_BASE64),
    (record(side("1,a", "XML")), RejectReason.UNSUPPORTED_ENCODING),
    (record(side("{", "JSON")), RejectReason.UNREADABLE_PAYLOAD),
    (record(side("{}\n{", "JSON")), RejectReason.UNREADABLE_PAYLOAD),
    (record(side("[" * 5000, "JSON")), RejectReason.UNREADABLE_PAYLOAD),
    (record(side('1,"a')), RejectReason.UNREADABLE_PAYLOAD),
    (record(side(b64(b"\x00\xff\x80"), "BASE64")), RejectReason.UNREADABLE_PAYLOAD),
    (record(side('{"age":[1,2],"city":["a"]}', "JSON")), RejectReason.UNREADABLE_PAYLOAD),
    (record(side('[[1,["a"]]]', "JSON")), RejectReason.UNREADABLE_PAYLOAD),
    (record(side("")), RejectReason.EMPTY_PAYLOAD),
    (record(side("age,city\n")), RejectReason.EMPTY_PAYLOAD),
    (record(side('{"instances":[]}', "JSON")), RejectReason.EMPTY_PAYLOAD),
    (record(side("1,a,3")), RejectReason.COLUMN_COUNT_MISMATCH),
    (record(side("1,a\n2")), RejectReason.COLUMN_COUNT_MISMATCH),
    (record(side("age,city\n1,a,3")), RejectReason.COLUMN_COUNT_MISMATCH),
    (record(side("[1]", "JSON")), RejectReason.COLUMN_COUNT_MISMATCH),
    (record(side('{"zip":1}', "JSON")), RejectReason.NO_KNOWN_FEATURES),
    (record(side("1,a\n2,b"), side("0.1")), RejectReason.PREDICTION_COUNT_MISMATCH),
    (record(side("1,a"), side("0.1\n0.2\n0.3")), RejectReason.PREDICTION_COUNT_MISMATCH),
    (record(side("1,a"), side("")), RejectReason.PREDICTION_COUNT_MISMATCH),
    (record(side("1,a"), side('{"foo":1,"bar":2}', "JSON")), RejectReason.AMBIGUOUS_PREDICTION),
    (record(side("1,a"), side("7,8,9")), RejectReason.AMBIGUOUS_PREDICTION),
]


@pytest.mark.parametrize(("line", "reason"), REJECTED)
def test_a_line_that_cannot_be_used_is_rejected_with_its_reason(
    line: bytes, reason: RejectReason
) -> None:
    line_counts, rejects, _ = read(record(side("1,a"), side("0.5"), event="ok") + b"\n" + line)
    assert line_counts.rejected == {reason: 1}
    assert line_counts.used == 1
    assert [(r.object, r.line, r.reason, r.raw) for r in rejects] == [("o", 2, reason, line)]


def test_every_reason_has_a_meaning_and_every_line_reason_a_test() -> None:
    assert set(REJECT_REASON_MEANINGS) == set(RejectReason)
    assert set(SKIP_REASON_MEANINGS) == set(SkipReason)
    tested = {reason for _, reason in REJECTED}
    assert set(RejectReason) - tested == {RejectReason.LINE_TOO_LONG, RejectReason.CORRUPT_GZIP}


@pytest.mark.parametrize(
    "answer",
    [
        side(b64('{"code":400,"message":"bad"}'), "BASE64", None),
        side(b64("Internal Server Error"), "BASE64", None),
        side(b64(b"\xff\x00"), "BASE64", None),
        side('{"code":500,"message":"bad"}', "JSON", JSON),
    ],
)
def test_an_error_of_the_model_is_counted_apart(answer: dict[str, Any]) -> None:
    line_counts, rejects, (batch,) = read(record(side("1,a"), answer))
    assert line_counts.skipped == {"model_error": 1}
    assert line_counts.requests == 1
    assert (rejects, len(batch)) == ([], 0)


def test_an_answer_without_a_content_type_that_holds_the_prediction_is_used() -> None:
    assert one(record(side("1,a"), side("0.5", kind=None))) == [(1.0, "a", 0.5)]


def test_an_answer_without_its_request_is_filtered() -> None:
    assert read(record(None, side("0.5")))[0].skipped == {"missing_input": 1}


def test_records_of_another_hour_are_filtered_by_their_time() -> None:
    hour = Window(datetime(2026, 4, 18, 0, tzinfo=UTC), datetime(2026, 4, 18, 1, tzinfo=UTC))
    times = [
        "2026-04-17T23:59:59.999Z",
        "2026-04-18T00:00:00Z",
        "2026-04-18T02:59:59+02:00",
        "2026-04-18T01:00:00Z",
    ]
    data = b"\n".join(record(side("1,a"), time=time, event=time) for time in times)
    line_counts, _, (batch,) = read(data, window=hour)
    assert line_counts.skipped == {"outside_window": 2}
    assert batch.event_ids == times[1:3]
    assert batch.times.tolist() == [1776470400.0, 1776473999.0]  # date -u -d … +%s
    assert line_counts.requests == 2


def test_an_event_counts_once_in_an_object_and_again_in_another() -> None:
    line = record(side("1,a"))
    objects = [("a", [line + b"\n" + line]), ("b", [line])]
    (chunk,) = read_capture(objects, BINARY)
    assert chunk.line_counts.skipped == {"duplicate_event_id": 1}
    assert chunk.batch.event_ids == ["e", "e"]


def test_requests_without_an_event_id_are_told_apart_by_their_place() -> None:
    line = record(side("1,a"), event="")
    batch = read(line + b"\n" + line)[2][0]
    assert batch.event_ids == ["o:1", "o:2"]


def test_rows_of_one_request_share_its_event_and_are_numbered() -> None:
    (batch,) = read(record(side("1,a\n2,b"), side("0.1\n0.2")))[2]
    assert list(zip(batch.event_ids, batch.rows.tolist(), strict=True)) == [("e", 0), ("e", 1)]
    assert batch.inference_ids == ["i", "i"]


@pytest.mark.parametrize("data", [b"", b"\n", b"\r\n \n"])
def test_empty_objects_and_blank_lines_hold_nothing(data: bytes) -> None:
    line_counts, rejects, (batch,) = read(data)
    assert line_counts.read == line_counts.skipped_lines == data.count(b"\n")
    assert (rejects, len(batch)) == ([], 0)


def test_gzip_is_known_by_its_bytes_also_in_several_members() -> None:
    first, second = record(side("1,a"), event="1"), record(side("2,b"), event="2")
    data = gzip.compress(first + b"\n") + gzip.compress(second) + b"\0\0"
    line_counts, _, (batch,) = read(data)
    assert line_counts.used == 2
    assert batch.event_ids == ["1", "2"]


@pytest.mark.parametrize("damage", [lambda z: z[:-4], lambda z: z[:40] + b"\0" * 9 + z[49:]])
def test_a_damaged_gzip_object_keeps_the_lines_before_the_damage(damage: Any) -> None:
    noise = np.random.default_rng(0).bytes(3000).hex()
    packed = zlib.compressobj(wbits=31)
    data = packed.compress(record(side("1,a")) + b"\n") + packed.flush(zlib.Z_FULL_FLUSH)
    tail = packed.compress(noise.encode()) + packed.flush()
    line_counts, rejects, _ = read(data + damage(tail))
    assert line_counts.used == 1
    assert rejects[-1].reason is RejectReason.CORRUPT_GZIP


def test_a_line_longer_than_any_record_is_rejected_and_not_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lines, "MAX_LINE_LENGTH", 10_000)
    data = b"x" * 50_000 + b"\n" + record(side("1,a"))
    blocks = [data[i : i + 1000] for i in range(0, len(data), 1000)]
    rejects: list[RejectedLine] = []
    (chunk,) = read_capture([("o", blocks)], BINARY, on_reject=rejects.append)
    assert chunk.line_counts.rejected == {"line_too_long": 1}
    assert chunk.line_counts.used == 1
    assert len(rejects[0].raw) == lines.KEPT_OF_LONG


def test_a_byte_order_mark_is_no_garbage() -> None:
    assert read(b"\xef\xbb\xbf" + record(side("1,a")))[0].used == 1


def test_two_records_on_one_line_do_not_pass_for_two_lines_when_another_is_torn() -> None:
    lines = [record(side("1,a"), event=str(i)) for i in range(20)]
    torn = lines[7].replace(b', "eventMetadata"', b'\n, "eventMetadata"', 1)
    data = b"\n".join([*lines[:7], torn, *lines[8:12], lines[12] + lines[13], *lines[14:]])
    line_counts, rejects, _ = read(data)
    assert line_counts.read == 20
    assert line_counts.used == 17
    assert [reject.line for reject in rejects] == [8, 9, 14]


def test_lines_without_an_answer_are_counted_among_lines_with_one() -> None:
    lines = [record(side("1,a"), side("0.5"), event=str(i)) for i in range(40)]
    lines[11] = record(side("1,a"), None, event="11")
    line_counts, _, (batch,) = read(b"\n".join(lines))
    assert (line_counts.used, line_counts.missing_predictions) == (40, 1)
    assert isinstance(batch.prediction, NumericColumn)
    assert int(np.isnan(batch.prediction.values).sum()) == 1


def test_an_id_that_comes_again_in_the_same_block_is_left_out_once() -> None:
    lines = [record(side("1,a"), event=str(i % 30)) for i in range(40)]
    line_counts, _, (batch,) = read(b"\n".join(lines))
    assert line_counts.skipped == {"duplicate_event_id": 10}
    assert batch.event_ids == [str(i) for i in range(30)]


def test_batches_are_made_when_there_are_rows_enough() -> None:
    data = b"\n".join(record(side("1,a"), event=str(i)) for i in range(5))
    batches = read(data, batch_rows=2)[2]
    assert [len(batch) for batch in batches] == [2, 2, 1]


def test_absent_and_unknown_names_are_counted_by_rows() -> None:
    request = side('[{"age":1,"zip":2},{"city":"a","zip":2},{"age":1,"city":"a"}]', "JSON")
    line_counts, _, _ = read(record(request))
    assert line_counts.missing_columns == {"city": 1, "age": 1}
    assert line_counts.extra_columns == {"zip": 2}


def test_names_of_rejected_lines_are_not_counted() -> None:
    request = side('[{"age":1,"zip":2}]', "JSON")
    line_counts, _, _ = read(record(request, side("1\n2\n3")))
    assert (line_counts.extra_columns, line_counts.missing_columns) == ({}, {})


def test_unknown_names_stay_bounded_however_many_come() -> None:
    row = {"age": 1, **{f"x{i:04}": 1 for i in range(1000)}}
    line_counts, _, _ = read(record(side(json.dumps([row]), "JSON")))
    assert line_counts.extra_columns == {f"x{i:04}": 1 for i in range(MAX_NAMES)}


def test_an_id_is_seen_again_also_after_many_others() -> None:
    seen = EventIdSet()
    ids = [f"id-{i}" for i in range(5 * MAX_SINGLE + 10)]
    assert not any(seen.add(i) for i in ids)
    assert all(seen.add(i) for i in ids[::997])
    assert not seen.add("another")
    assert not seen.add_new(hash_ids(["new", ids[5]]))
    assert not seen.add_new(hash_ids(["new", "new"]))
    assert seen.add_new(hash_ids(["new", "newer"]))
    assert seen.add("newer")


def test_reading_does_not_hide_an_error_of_the_source() -> None:
    class Broken(io.BytesIO):
        def read(self, *_: object) -> bytes:
            raise ConnectionError("the connection was lost")

    with pytest.raises(ConnectionError):
        list(read_capture([("o", Broken())], BINARY))
