"""Every known form of data capture: the records that it gives, or the count of its line."""

import base64
import gzip
import io
import json
import unicodedata
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from driftloop import gzip_text
from driftloop.capture import (
    CategoricalColumn,
    LineCounts,
    LostObjectError,
    NumericColumn,
    RecordBatch,
    RejectedLine,
    lines,
    read_capture,
    reader,
)
from driftloop.capture.event_ids import MAX_UNSORTED_IDS, EventIdSet, hash_ids
from driftloop.capture.line_counts import (
    MAX_NAMES,
    REJECT_REASON_MEANINGS,
    SKIP_REASON_MEANINGS,
    RejectReason,
    SkipReason,
)
from driftloop.payload_mapping import PayloadMapping
from driftloop.schema import Feature, Kind, ProblemType, Schema
from driftloop.window import Window

AGE, CITY = Feature("age", Kind.NUMERIC), Feature("city", Kind.CATEGORICAL)
BINARY = Schema((AGE, CITY), "label", ProblemType.BINARY_CLASSIFICATION)
CLASSES = Schema((AGE, CITY), "label", ProblemType.MULTICLASS_CLASSIFICATION)
ONE = Schema((AGE,), "label", ProblemType.REGRESSION)


def b64(data: str | bytes) -> str:
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode()


def payload(
    data: str | None, encoding: str = "CSV", content_type: str | None = "text/csv"
) -> dict[str, Any]:
    return {
        "observedContentType": content_type,
        "mode": "INPUT",
        "data": data,
        "encoding": encoding,
    }


def record(
    request: dict[str, Any] | None,
    output: dict[str, Any] | None = None,
    event_id: str = "e",
    time: str = "2026-04-18T00:21:48Z",
    version: object = "0",
) -> bytes:
    payloads = {"endpointInput": request, "endpointOutput": output}
    return json.dumps(
        {
            "captureData": {name: value for name, value in payloads.items() if value is not None},
            "eventMetadata": {"eventId": event_id, "inferenceId": "i", "inferenceTime": time},
            "eventVersion": version,
        }
    ).encode()


def read(
    data: bytes, schema: Schema = BINARY, **options: Any
) -> tuple[LineCounts, list[RejectedLine], list[RecordBatch]]:
    rejects: list[RejectedLine] = []
    parts = list(
        read_capture([("o", io.BytesIO(data))], schema, on_reject=rejects.append, **options)
    )
    line_counts = sum((part.line_counts for part in parts), LineCounts())
    assert (
        line_counts.read
        == line_counts.used + line_counts.skipped_lines + line_counts.rejected_lines
    )
    return line_counts, rejects, [part.batch for part in parts]


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
    "captured_input",
    [
        payload("1,a\n2,b"),
        payload("1,a\r\n2,b\r\n"),
        payload('"1","a"\n"2","b"\n'),
        payload("age,city\n1,a\n2,b"),
        payload("city,age\na,1\nb,2"),
        payload("age,city,zip\n1,a,9\n2,b,9"),
        payload('[[1,"a"],[2,"b"]]', "JSON", JSON),
        payload('[{"age":1,"city":"a"},{"city":"b","age":"2"}]', "JSON", JSON),
        payload('{"instances":[[1,"a"],[2,"b"]]}', "JSON", JSON),
        payload('{"instances":[{"age":1,"city":"a"},{"age":2,"city":"b"}]}', "JSON", JSON),
        payload('{"instances":[{"features":[1,"a"]},{"features":[2,"b"]}]}', "JSON", JSON),
        payload('{"records":[{"age":1,"city":"a"},{"age":2,"city":"b"}]}', "JSON", JSON),
        payload('{"age":[1,2],"city":["a","b"]}', "JSON", JSON),
        payload('{"age":{"0":1,"1":2},"city":{"0":"a","1":"b"}}', "JSON", JSON),
        payload('{"columns":["city","age"],"data":[["a",1],["b",2]]}', "JSON", JSON),
        payload(
            '{"dataframe_split":{"columns":["age","city"],"data":[[1,"a"],[2,"b"]]}}', "JSON", JSON
        ),
        payload('{"features":[1,"a"]}\n{"features":[2,"b"]}\n', "JSON", LINES_TYPE),
        payload('[1,"a"]\n[2,"b"]', "JSON", LINES_TYPE),
        payload('{"age":1,"city":"a"}\n\n{"age":2,"city":"b"}', "JSON", LINES_TYPE),
        payload(b64("1,a\n2,b\n"), "BASE64", "text/plain"),
        payload(b64('{"instances":[[1,"a"],[2,"b"]]}'), "BASE64", "text/html; charset=utf-8"),
    ],
)
@pytest.mark.parametrize(
    "output",
    [
        payload("0.1\n0.2", content_type="text/csv; charset=utf-8"),
        payload("0.1,0.2\n"),
        payload("score\n0.1\n0.2"),
        payload("0.9,0.1\n0.8,0.2"),
        payload("1,0.1\n0,0.2"),
        payload("[0.1,0.2]", "JSON", JSON),
        payload("[[0.9,0.1],[0.8,0.2]]", "JSON", JSON),
        payload('{"predictions":[0.1,0.2]}', "JSON", JSON),
        payload('{"predictions":[{"predicted_label":1,"score":0.1},{"score":0.2}]}', "JSON", JSON),
        payload('{"predictions":[{"probabilities":[0.9,0.1]},[0.2]]}', "JSON", JSON),
        payload('{"score":[0.1,0.2]}', "JSON", JSON),
        payload('{"score":0.1}\n{"score":0.2}', "JSON", LINES_TYPE),
        payload(b64("0.1\n0.2"), "BASE64", "text/html"),
        payload(b64('{"predictions":[0.1,0.2]}'), "BASE64", "application/octet-stream"),
    ],
)
def test_every_form_of_input_and_output_gives_the_same_records(
    captured_input: dict[str, Any], output: dict[str, Any]
) -> None:
    assert one(record(captured_input, output)) == TWO


@pytest.mark.parametrize(
    ("data", "encoding", "row"),
    [
        ("1,a", "CSV", (1.0, "a")),
        (",", "CSV", (None, None)),
        ("-1,a", "CSV", (-1.0, "a")),
        ("NaN, a ", "CSV", (None, "a ")),
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
def test_unusual_cells_are_read_by_the_rules_of_cell_values(
    data: str, encoding: str, row: tuple[object, ...]
) -> None:
    assert one(record(payload(data, encoding), payload("0.5"))) == [(*row, 0.5)]


def test_text_in_a_numeric_column_is_invalid_and_not_missing() -> None:
    data = b"\n".join(
        [
            record(payload("x,a"), event_id="1"),
            record(payload(",a"), event_id="2"),
            record(payload('"y",a')),
        ]
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
        content_type = "application/x-npy"
        output = io.BytesIO()
        np.save(output, np.array([[0.1], [0.2]]))
        line = record(
            payload(b64(stream.getvalue()), "BASE64", content_type),
            payload(b64(output.getvalue()), "BASE64", content_type),
        )
        assert one(line, ONE) == [(1.5, 0.1), (2.5, 0.2)]


@pytest.mark.parametrize("as_header", [True, False])
def test_a_name_in_another_unicode_form_is_a_column_of_its_own(as_header: bool) -> None:
    nfc, nfd = (unicodedata.normalize(form, "größe") for form in ("NFC", "NFD"))
    schema = Schema((Feature(nfc, Kind.NUMERIC), CITY), "label", ProblemType.REGRESSION)
    request = (
        payload(f"{nfd},city\n1.5,a")
        if as_header
        else payload(json.dumps({nfd: 1.5, "city": "a"}), "JSON", JSON)
    )
    line_counts, _, (batch,) = read(record(request), schema)
    assert cells(batch) == [(None, "a", None)]
    assert (line_counts.missing_columns, line_counts.extra_columns) == ({nfc: 1}, {nfd: 1})


def test_bytes_in_numpy_payloads_are_text() -> None:
    rows = [(1.0, b"a"), (2.0, "\u00e9".encode())]
    stream = io.BytesIO()
    np.save(stream, np.array(rows, dtype=[("age", "f8"), ("city", "S2")]))
    line = record(
        payload(b64(stream.getvalue()), "BASE64", "application/x-npy"), payload("0.1\n0.2")
    )
    assert one(line) == [(1.0, "a", 0.1), (2.0, "\u00e9", 0.2)]


MARK = "\ufeff"
"""The byte order mark (Unicode Standard, section 23.8)."""


@pytest.mark.parametrize("lines_before", [0, 3, 40])
@pytest.mark.parametrize(
    ("request_payload", "output"),
    [
        (payload(f"{MARK}7,a"), payload("0.5")),
        (payload(f"{MARK}age,city\n7,a"), payload("0.5")),
        (payload(f"{MARK}city,age\na,7"), payload("0.5")),
        (payload(f'{MARK}{{"age": 7, "city": "a"}}', "JSON", JSON), payload("0.5")),
        (payload(f'{MARK}[7, "a"]\n', "JSON", LINES_TYPE), payload("0.5")),
        (payload(b64(f"{MARK}7,a"), "BASE64", "text/csv"), payload("0.5")),
        (payload("7,a"), payload(f"{MARK}0.5")),
        (payload("7,a"), payload(f'{MARK}{{"score": 0.5}}', "JSON", JSON)),
    ],
)
def test_a_byte_order_mark_is_no_part_of_a_payload(
    request_payload: dict[str, Any], output: dict[str, Any], lines_before: int
) -> None:
    others = [record(payload("1,b"), payload("0.1"), f"e{i}") for i in range(lines_before)]
    data = b"\n".join([*others, record(request_payload, output, "marked")]) + b"\n"
    line_counts, rejects, batches = read(data)
    assert (rejects, line_counts.used) == ([], lines_before + 1)
    assert cells(batches[0])[-1] == (7.0, "a", 0.5)


def test_a_numpy_header_with_a_larger_shape_than_its_data_is_rejected() -> None:
    stream = io.BytesIO()
    header = {"descr": "<f8", "fortran_order": False, "shape": (10**12, 10)}
    np.lib.format.write_array_header_1_0(stream, header)
    line_counts, _, _ = read(record(payload(b64(stream.getvalue()), "BASE64", "application/x-npy")))
    assert line_counts.rejected == {"unreadable_payload": 1}


def test_a_pickle_in_a_numpy_payload_is_never_loaded() -> None:
    stream = io.BytesIO()
    np.save(stream, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    line_counts, _, _ = read(record(payload(b64(stream.getvalue()), "BASE64", "application/x-npy")))
    assert line_counts.rejected == {"unreadable_payload": 1}


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (payload("b"), "b"),
        (payload("b,0.7"), "b"),
        (payload("0.1,0.7,0.2"), "1"),
        (payload("2,0.9"), "2"),
        (payload('{"predictions":[{"predicted_label":"b","score":[1]}]}', "JSON"), "b"),
        (payload('{"predictions":[{"probabilities":[0.1,0.7,0.2]}]}', "JSON"), "1"),
        (payload('["b"]', "JSON"), "b"),
    ],
)
def test_the_predicted_class_is_found(output: dict[str, Any], expected: str) -> None:
    assert one(record(payload("1,a"), output), CLASSES) == [(1.0, "a", expected)]


@pytest.mark.parametrize("key", ["risk", "out.risk", "predictions.out.risk"])
def test_the_prediction_key_selects_the_prediction(key: str) -> None:
    document = {"predictions": [{"score": 0.9, "risk": 0.1, "out": {"risk": 0.1, "x": 1}}]}
    line = record(payload("1,a"), payload(json.dumps(document), "JSON"))
    assert one(line, mapping=PayloadMapping(prediction_key=key)) == [(1.0, "a", 0.1)]


def test_an_output_that_was_not_captured_is_a_missing_prediction() -> None:
    line_counts, _, (batch,) = read(record(payload("1,a")))
    assert cells(batch) == [(1.0, "a", None)]
    assert (line_counts.used, line_counts.missing_predictions) == (1, 1)


REJECTED = [
    (b"unreadable", RejectReason.NOT_JSON),
    (b'{"a": 1} trailing', RejectReason.NOT_JSON),
    (b"\xff\xfe\x00", RejectReason.NOT_UTF8),
    (record(payload("1,a"))[:-30], RejectReason.TRUNCATED),
    (b"[]", RejectReason.NOT_A_CAPTURE_RECORD),
    (b'{"eventVersion":"0"}', RejectReason.NOT_A_CAPTURE_RECORD),
    (
        b'{"captureData":{"endpointInput":{"data":[1]}},"eventMetadata":{}}',
        RejectReason.NOT_A_CAPTURE_RECORD,
    ),
    (record(payload("1,a"), version="1"), RejectReason.UNSUPPORTED_EVENT_VERSION),
    (record(payload("1,a"), time="yesterday"), RejectReason.MISSING_INFERENCE_TIME),
    (record(payload("1,a"), time=""), RejectReason.MISSING_INFERENCE_TIME),
    (record(payload("%%", "BASE64")), RejectReason.INVALID_BASE64),
    (record(payload("1,a", "XML")), RejectReason.UNSUPPORTED_ENCODING),
    (record(payload("{", "JSON")), RejectReason.UNREADABLE_PAYLOAD),
    (record(payload("{}\n{", "JSON")), RejectReason.UNREADABLE_PAYLOAD),
    (record(payload("[" * 5000, "JSON")), RejectReason.UNREADABLE_PAYLOAD),
    (record(payload('1,"a')), RejectReason.UNREADABLE_PAYLOAD),
    (record(payload(b64(b"\x00\xff\x80"), "BASE64")), RejectReason.UNREADABLE_PAYLOAD),
    (record(payload('{"age":[1,2],"city":["a"]}', "JSON")), RejectReason.UNREADABLE_PAYLOAD),
    (record(payload('[[1,["a"]]]', "JSON")), RejectReason.UNREADABLE_PAYLOAD),
    (record(payload("")), RejectReason.EMPTY_PAYLOAD),
    (record(payload("age,city\n")), RejectReason.EMPTY_PAYLOAD),
    (record(payload('{"instances":[]}', "JSON")), RejectReason.EMPTY_PAYLOAD),
    (record(payload("1,a,3")), RejectReason.COLUMN_COUNT_MISMATCH),
    (record(payload("1,a\n2")), RejectReason.COLUMN_COUNT_MISMATCH),
    (record(payload("age,city\n1,a,3")), RejectReason.COLUMN_COUNT_MISMATCH),
    (record(payload("[1]", "JSON")), RejectReason.COLUMN_COUNT_MISMATCH),
    (record(payload('{"zip":1}', "JSON")), RejectReason.NO_KNOWN_FEATURES),
]


@pytest.mark.parametrize(("line", "reason"), REJECTED)
def test_an_unreadable_line_is_rejected_with_its_reason(line: bytes, reason: RejectReason) -> None:
    good = record(payload("1,a"), payload("0.5"), event_id="ok")
    line_counts, rejects, _ = read(good + b"\n" + line)
    assert line_counts.rejected == {reason: 1}
    assert line_counts.used == 1
    assert [(r.object, r.line, r.reason, r.raw) for r in rejects] == [("o", 2, reason, line)]


UNREADABLE_RESPONSES = [
    ("1,a\n2,b", payload("0.1"), RejectReason.PREDICTION_COUNT_MISMATCH),
    ("1,a", payload("0.1\n0.2\n0.3"), RejectReason.PREDICTION_COUNT_MISMATCH),
    ("1,a", payload(""), RejectReason.PREDICTION_COUNT_MISMATCH),
    ("1,a", payload('{"foo":1,"bar":2}', "JSON"), RejectReason.AMBIGUOUS_PREDICTION),
    ("1,a", payload("7,8,9"), RejectReason.AMBIGUOUS_PREDICTION),
    ("1,a", payload("{", "JSON"), RejectReason.UNREADABLE_PAYLOAD),
    ("1,a", payload("[" * 5000, "JSON"), RejectReason.UNREADABLE_PAYLOAD),
    ("1,a", payload("%%", "BASE64"), RejectReason.INVALID_BASE64),
    ("1,a", payload("<a/>", "XML"), RejectReason.UNSUPPORTED_ENCODING),
]


@pytest.mark.parametrize(("request_", "response", "reason"), UNREADABLE_RESPONSES)
def test_features_are_read_whatever_the_response_is(
    request_: str, response: dict[str, Any], reason: RejectReason
) -> None:
    line_counts, rejects, (batch,) = read(record(payload(request_), response))
    assert rejects == []
    assert line_counts.unreadable_predictions == {reason: 1}
    assert cells(batch) == [(1.0, "a", None), (2.0, "b", None)][: len(request_.split())]


def test_every_reason_has_a_meaning_and_every_reject_reason_a_test() -> None:
    assert set(REJECT_REASON_MEANINGS) == set(RejectReason)
    assert set(SKIP_REASON_MEANINGS) == set(SkipReason)
    tested = {reason for _, reason in REJECTED} | {reason for *_, reason in UNREADABLE_RESPONSES}
    assert set(RejectReason) - tested == {
        RejectReason.LINE_TOO_LONG,
        RejectReason.CORRUPT_GZIP,
        RejectReason.GZIP_RATIO_EXCEEDED,
        RejectReason.OBJECT_TOO_LARGE,
        RejectReason.OBJECT_LOST,
        RejectReason.OBJECT_ABANDONED,
    }


@pytest.mark.parametrize(
    "output",
    [
        payload(b64('{"code":400,"message":"bad"}'), "BASE64", None),
        payload(b64("Internal Server Error"), "BASE64", None),
        payload(b64(b"\xff\x00"), "BASE64", None),
        payload('{"code":500,"message":"bad"}', "JSON", JSON),
    ],
)
def test_a_model_error_is_a_skipped_line(output: dict[str, Any]) -> None:
    line_counts, rejects, (batch,) = read(record(payload("1,a"), output))
    assert line_counts.skipped == {"model_error": 1}
    assert line_counts.requests == 1
    assert (rejects, len(batch)) == ([], 0)


def test_an_output_without_content_type_that_holds_the_prediction_is_used() -> None:
    assert one(record(payload("1,a"), payload("0.5", content_type=None))) == [(1.0, "a", 0.5)]


def test_an_output_without_its_input_is_skipped() -> None:
    assert read(record(None, payload("0.5")))[0].skipped == {"missing_input": 1}


def test_records_outside_the_window_are_skipped() -> None:
    hour = Window(datetime(2026, 4, 18, 0, tzinfo=UTC), datetime(2026, 4, 18, 1, tzinfo=UTC))
    times = [
        "2026-04-17T23:59:59.999Z",
        "2026-04-18T00:00:00Z",
        "2026-04-18T02:59:59+02:00",
        "2026-04-18T01:00:00Z",
    ]
    data = b"\n".join(record(payload("1,a"), time=time, event_id=time) for time in times)
    line_counts, _, (batch,) = read(data, window=hour)
    assert line_counts.skipped == {"outside_window": 2}
    assert batch.event_ids == times[1:3]
    assert batch.times.tolist() == [1776470400.0, 1776473999.0]  # date -u -d … +%s
    assert line_counts.requests == 2


def test_an_event_id_counts_once_in_each_object() -> None:
    line = record(payload("1,a"))
    objects = [("a", [line + b"\n" + line]), ("b", [line])]
    (part,) = read_capture(objects, BINARY)
    assert part.line_counts.skipped == {"duplicate_event_id": 1}
    assert part.batch.event_ids == ["e", "e"]


def test_requests_without_an_event_id_are_identified_by_object_and_line() -> None:
    line = record(payload("1,a"), event_id="")
    batch = read(line + b"\n" + line)[2][0]
    assert batch.event_ids == ["o:1", "o:2"]


def test_rows_of_one_request_share_its_event_id_and_are_numbered() -> None:
    (batch,) = read(record(payload("1,a\n2,b"), payload("0.1\n0.2")))[2]
    assert list(zip(batch.event_ids, batch.rows.tolist(), strict=True)) == [("e", 0), ("e", 1)]
    assert batch.inference_ids == ["i", "i"]


@pytest.mark.parametrize("data", [b"", b"\n", b"\r\n \n"])
def test_empty_objects_and_blank_lines_have_no_records(data: bytes) -> None:
    line_counts, rejects, (batch,) = read(data)
    assert line_counts.read == line_counts.skipped_lines == data.count(b"\n")
    assert (rejects, len(batch)) == ([], 0)


def test_gzip_is_recognized_by_its_bytes_also_in_several_members() -> None:
    first, second = record(payload("1,a"), event_id="1"), record(payload("2,b"), event_id="2")
    data = gzip.compress(first + b"\n") + gzip.compress(second) + b"\0\0"
    line_counts, _, (batch,) = read(data)
    assert line_counts.used == 2
    assert batch.event_ids == ["1", "2"]


@pytest.mark.parametrize("damage", [lambda z: z[:-4], lambda z: z[:40] + b"\0" * 9 + z[49:]])
def test_a_damaged_gzip_object_keeps_the_lines_before_the_damage(damage: Any) -> None:
    noise = np.random.default_rng(0).bytes(3000).hex()
    compressor = zlib.compressobj(wbits=31)
    data = compressor.compress(record(payload("1,a")) + b"\n") + compressor.flush(zlib.Z_FULL_FLUSH)
    tail = compressor.compress(noise.encode()) + compressor.flush()
    line_counts, rejects, _ = read(data + damage(tail))
    assert line_counts.used == 1
    assert rejects[-1].reason is RejectReason.CORRUPT_GZIP


def test_a_line_longer_than_any_record_is_rejected_and_only_its_start_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lines, "MAX_LINE_LENGTH", 10_000)
    data = b"x" * 50_000 + b"\n" + record(payload("1,a"))
    blocks = [data[i : i + 1000] for i in range(0, len(data), 1000)]
    rejects: list[RejectedLine] = []
    (part,) = read_capture([("o", blocks)], BINARY, on_reject=rejects.append)
    assert part.line_counts.rejected == {"line_too_long": 1}
    assert part.line_counts.used == 1
    assert len(rejects[0].raw) == lines.MAX_KEPT_LENGTH


def test_a_gzip_stream_with_far_more_text_than_captured_data_has_is_not_read_to_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gzip_text, "MIN_GZIP_TEXT", 1 << 16)
    line = record(payload("1,a")) + b"\n"
    line_counts, rejects, _ = read(gzip.compress(line + b"x" * 10_000_000 + b"\n" + line))
    assert line_counts.rejected == {"gzip_ratio_exceeded": 1, "not_json": 1}
    assert line_counts.used == 1
    assert rejects[-1].reason is RejectReason.GZIP_RATIO_EXCEEDED


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_an_object_without_an_end_is_read_up_to_its_limit(
    monkeypatch: pytest.MonkeyPatch, compress: Callable[[bytes], bytes]
) -> None:
    monkeypatch.setattr(lines, "MAX_OBJECT_TEXT", 100_000)
    monkeypatch.setattr(lines, "BLOCK_SIZE", 1_000)
    monkeypatch.setattr(gzip_text, "MAX_TEXT_PIECE", 1_000)
    line = record(payload("1,a"), event_id="") + b"\n"
    line_counts, rejects, _ = read(compress(line * 1_000))
    assert line_counts.rejected["object_too_large"] == 1
    assert 100_000 - 1_000 < line_counts.used * len(line) <= 100_000
    assert rejects[-1].reason is RejectReason.OBJECT_TOO_LARGE


def test_a_gzip_stream_of_similar_requests_is_read_to_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gzip_text, "MIN_GZIP_TEXT", 0)
    draw = np.random.default_rng(0)
    ids = (str(UUID(bytes=draw.bytes(16))) for _ in range(3000))
    data = b"\n".join(record(payload("1,a"), event_id=name) for name in ids)
    line_counts, _, _ = read(gzip.compress(data))
    assert (line_counts.used, line_counts.rejected) == (3000, {})


def abandoned(monkeypatch: pytest.MonkeyPatch, data: bytes, **options: Any) -> Any:
    monkeypatch.setattr(reader, "MAX_UNUSABLE_LINES", 100)
    return read(data, **options)


@pytest.mark.parametrize("garbage", [b"x\n", b"\n", b"{}\n"])
def test_an_object_of_garbage_is_abandoned_and_its_lines_are_counted(
    monkeypatch: pytest.MonkeyPatch, garbage: bytes
) -> None:
    data = garbage * 5000 + record(payload("1,a"))
    line_counts, rejects, _ = abandoned(monkeypatch, data)
    assert line_counts.read == 5001
    assert line_counts.rejected["object_abandoned"] == 5001 - 101
    assert len(rejects) <= 101


def test_an_object_of_requests_with_the_wrong_columns_is_abandoned_at_the_same_line_in_any_batch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wrong = [record(payload("1,a,9"), event_id=f"w{i}") for i in range(300)]
    right = [record(payload("1,a"), event_id=f"r{i}") for i in range(300)]
    data = b"\n".join([*wrong, *right])
    line_counts, _, _ = abandoned(monkeypatch, data)
    assert line_counts.rejected == {"column_count_mismatch": 101, "object_abandoned": 499}
    assert line_counts == abandoned(monkeypatch, data, batch_rows=7)[0]


def test_an_object_that_is_mostly_readable_is_read_to_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines = [record(payload("1,a"), event_id=str(i)) for i in range(1500)]
    data = b"\n".join(line + b"\nx" if i % 3 == 2 else line for i, line in enumerate(lines))
    line_counts, _, _ = abandoned(monkeypatch, data)
    assert (line_counts.used, line_counts.rejected) == (1500, {"not_json": 500})


def test_an_object_that_is_lost_is_counted_and_the_next_one_is_read() -> None:
    def lost() -> Iterator[bytes]:
        raise LostObjectError("NoSuchKey")
        yield

    rejects: list[RejectedLine] = []
    objects: list[Any] = [("a", lost()), ("b", [record(payload("1,a"))])]
    (part,) = read_capture(objects, BINARY, on_reject=rejects.append)
    assert (part.line_counts.read, part.line_counts.used) == (2, 1)
    assert part.line_counts.rejected == {"object_lost": 1}
    assert (rejects[0].object, rejects[0].raw) == ("a", b"NoSuchKey")


def test_a_byte_order_mark_is_ignored() -> None:
    assert read(b"\xef\xbb\xbf" + record(payload("1,a")))[0].used == 1


def test_two_records_on_one_line_are_rejected_also_if_another_record_is_on_two_lines() -> None:
    lines = [record(payload("1,a"), event_id=str(i)) for i in range(20)]
    split_line = lines[7].replace(b', "eventMetadata"', b'\n, "eventMetadata"', 1)
    data = b"\n".join([*lines[:7], split_line, *lines[8:12], lines[12] + lines[13], *lines[14:]])
    line_counts, rejects, _ = read(data)
    assert line_counts.read == 20
    assert line_counts.used == 17
    assert [reject.line for reject in rejects] == [8, 9, 14]


def test_lines_without_an_output_are_counted_among_lines_with_one() -> None:
    lines = [record(payload("1,a"), payload("0.5"), event_id=str(i)) for i in range(40)]
    lines[11] = record(payload("1,a"), None, event_id="11")
    line_counts, _, (batch,) = read(b"\n".join(lines))
    assert (line_counts.used, line_counts.missing_predictions) == (40, 1)
    assert isinstance(batch.prediction, NumericColumn)
    assert int(np.isnan(batch.prediction.values).sum()) == 1


def test_a_repeated_event_id_in_the_same_block_is_skipped() -> None:
    lines = [record(payload("1,a"), event_id=str(i % 30)) for i in range(40)]
    line_counts, _, (batch,) = read(b"\n".join(lines))
    assert line_counts.skipped == {"duplicate_event_id": 10}
    assert batch.event_ids == [str(i) for i in range(30)]


def test_a_batch_is_returned_when_it_has_batch_rows() -> None:
    data = b"\n".join(record(payload("1,a"), event_id=str(i)) for i in range(5))
    batches = read(data, batch_rows=2)[2]
    assert [len(batch) for batch in batches] == [2, 2, 1]


def test_missing_and_extra_columns_are_counted_by_records() -> None:
    request = payload('[{"age":1,"zip":2},{"city":"a","zip":2},{"age":1,"city":"a"}]', "JSON")
    line_counts, _, _ = read(record(request))
    assert line_counts.missing_columns == {"city": 1, "age": 1}
    assert line_counts.extra_columns == {"zip": 2}


def test_columns_of_rejected_lines_are_not_counted() -> None:
    request = payload('[{"age":1,"zip":2},[1]]', "JSON")
    line_counts, _, _ = read(record(request, payload("1\n2")))
    assert line_counts.rejected == {"column_count_mismatch": 1}
    assert (line_counts.extra_columns, line_counts.missing_columns) == ({}, {})


def test_the_number_of_extra_column_names_is_bounded() -> None:
    row = {"age": 1, **{f"x{i:04}": 1 for i in range(1000)}}
    line_counts, _, _ = read(record(payload(json.dumps([row]), "JSON")))
    assert line_counts.extra_columns == {f"x{i:04}": 1 for i in range(MAX_NAMES)}


def test_the_set_contains_an_id_after_many_others() -> None:
    seen = EventIdSet()
    ids = [f"id-{i}" for i in range(5 * MAX_UNSORTED_IDS + 10)]
    assert not any(seen.add(i) for i in ids)
    assert all(seen.add(i) for i in ids[::997])
    assert not seen.add("another")
    assert not seen.add_new(hash_ids(["new", ids[5]]))
    assert not seen.add_new(hash_ids(["new", "new"]))
    assert seen.add_new(hash_ids(["new", "newer"]))
    assert seen.add("newer")


def test_an_error_of_the_source_is_passed_on() -> None:
    class Broken(io.BytesIO):
        def read(self, *_: object) -> bytes:
            raise ConnectionError("the connection was lost")

    with pytest.raises(ConnectionError):
        list(read_capture([("o", Broken())], BINARY))


@pytest.mark.parametrize("time", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"])
@pytest.mark.parametrize("others", [0, 3])
def test_a_time_without_a_date_in_every_zone_is_rejected(time: str, others: int) -> None:
    usual = [record(payload("1"), event_id=f"u{index}") for index in range(others)]
    lines = b"\n".join([*usual, record(payload("1"), time=time)])
    counts, rejects, _ = read(lines, ONE)
    assert (counts.used, [one.reason for one in rejects]) == (
        others,
        [RejectReason.MISSING_INFERENCE_TIME],
    )
