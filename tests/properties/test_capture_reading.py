"""No line raises or is left uncounted, and every path of the reader gives the same records."""

import base64
import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from driftloop.capture import (
    CategoricalColumn,
    LineCounts,
    NumericColumn,
    RecordBatch,
    RejectedLine,
    read_capture,
)
from driftloop.capture.vectorized import template_reader
from driftloop.capture.vectorized.simple_requests import SimpleRequestCheck
from driftloop.cell_values import EMPTY_TEXTS
from driftloop.payload_mapping import DETECTED, PayloadMapping
from driftloop.schema import Feature, Kind, ProblemType, Schema

SCHEMAS = [
    Schema(
        (
            Feature("age", Kind.NUMERIC),
            Feature("city", Kind.CATEGORICAL, EMPTY_TEXTS),
            Feature("1", Kind.NUMERIC),
        ),
        "label",
        ProblemType.BINARY_CLASSIFICATION,
    ),
    Schema((Feature("age", Kind.NUMERIC),), "label", ProblemType.REGRESSION),
    Schema(
        (Feature("city", Kind.CATEGORICAL), Feature("age", Kind.NUMERIC)),
        "label",
        ProblemType.MULTICLASS_CLASSIFICATION,
    ),
]

UNUSUAL_CELLS = [
    *("", "  ", "nan", "NA", "null", "None", "inf", "-Infinity", "true", "FALSE", "1_000", "0x1f"),
    *("1e5", "1e-7", "1e999", "1d3", "+5", ".5", "5.", "007", "1.0", "1.50", "1e+16", "-0", "--1"),
    *("a", " a ", "ü", "#", "١", "a b", "age", "city", "1", "-", "1 2", "nan(2)", "'", "ー", "\t"),
    *('"quoted"', '"a,b"', '"open', 'mid"dle', '"a\nb"', "\x00", "\u2028", "\ufeff1", "1\xa0"),
    *("x" * 40, "0:1", "0:1 1:x", "1 2:3 0:", "[0.9, 0.1]"),
]
CELLS = st.one_of(
    st.floats().map(repr),
    st.integers(-(10**20), 10**20).map(str),
    st.sampled_from(UNUSUAL_CELLS),
    st.text(max_size=6),
)
CSV = st.builds(
    lambda rows, end, header: header + "\n".join(",".join(row) for row in rows) + end,
    st.lists(st.lists(CELLS, min_size=1, max_size=4), max_size=3),
    st.sampled_from(["", "", "\n", "\r\n", "\n\n"]),
    st.sampled_from(["", "", "", "age,city,1\n", "city,age\n", "age\n"]),
)
ONE_ROW = st.lists(CELLS, min_size=1, max_size=3).map(",".join)
NAMES = [
    *("age", "city", "1", "zip", "instances", "predictions", "features", "columns", "data"),
    *("score", "code", "message", "predicted_label", "probabilities"),
]
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.floats(), st.integers(-(10**30), 10**30), st.text(max_size=5)
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(NAMES),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=12,
)
JSON = st.one_of(
    VALUES.map(json.dumps),
    st.lists(VALUES.map(json.dumps), max_size=3).map("\n".join),
    st.text(max_size=20),
)
PAYLOAD = st.one_of(
    st.tuples(st.just("CSV"), ONE_ROW),
    st.tuples(st.just("CSV"), CSV),
    st.tuples(st.just("JSON"), JSON),
    st.tuples(
        st.just("BASE64"),
        st.one_of(
            st.binary(max_size=30),
            CSV.map(lambda text: text.encode("utf-8", "replace")),
            JSON.map(lambda text: text.encode("utf-8", "replace")),
        ).map(lambda data: base64.b64encode(data).decode()),
    ),
    st.tuples(st.sampled_from(["BASE64", "XML", "", None, "csv"]), CSV),
)
PAYLOAD_OBJECT = st.one_of(
    st.none(),
    st.builds(
        lambda payload, kind: {
            "encoding": payload[0],
            "data": payload[1],
            "observedContentType": kind,
            "mode": "INPUT",
        },
        PAYLOAD,
        st.sampled_from(
            [
                "text/csv",
                "text/csv",
                "application/json; charset=utf-8",
                None,
                "x/y",
                "text/x-libsvm",
            ]
        ),
    ),
)
OUTPUT = st.one_of(
    PAYLOAD_OBJECT,
    st.builds(
        lambda data: {"encoding": "CSV", "data": data, "observedContentType": "text/csv"}, CELLS
    ),
)
RECORD = st.builds(
    lambda given, output, event_id, time, version: {
        "captureData": {"endpointInput": given, "endpointOutput": output},
        "eventMetadata": {"eventId": event_id, "inferenceTime": time},
        "eventVersion": version,
    },
    PAYLOAD_OBJECT,
    OUTPUT,
    st.one_of(st.none(), st.sampled_from(["a", "b"]), st.uuids().map(str)),
    st.sampled_from(
        ["2026-04-18T00:21:48Z"] * 6 + ["2026-04-18T00:21:48.5", "0001-01-01T00:00:00+23:00", None]
    ),
    st.sampled_from(["0", "0", "0", "0", 0, None, "1"]),
)
LINE = st.one_of(
    RECORD.map(lambda record: json.dumps(record).encode()),
    RECORD.map(lambda record: json.dumps(record).encode()),
    RECORD.map(lambda record: json.dumps(record).encode()[:-9]),
    VALUES.map(lambda value: json.dumps(value).encode()),
    st.binary(max_size=40).map(lambda data: data.replace(b"\n", b"")),
    st.sampled_from([b"", b"  ", b"\r", b"[" * 5000, b"null", b"\x1f\x8b", b"\xef\xbb\xbf{}"]),
)
SIMPLE_CELLS = st.one_of(
    st.floats().map(repr),
    st.floats(-1e6, 1e6).map("{:.6g}".format),
    st.integers(-(10**20), 10**20).map(str),
    st.from_regex(r"-?[0-9]{0,12}\.?[0-9]{0,12}", fullmatch=True),
    st.sampled_from([cell for cell in UNUSUAL_CELLS if not set(cell) & set('",\n')]),
    st.sampled_from(["", "x" * 8, "x" * 9, "y" * 33, "0" * 30, "9" * 16, "1.2.3", "1..", "..5"]),
    st.text(st.characters(codec="utf-8", exclude_characters='",\n'), max_size=12),
)


def template_line(row: list[str], output: str, event_id: str, second: int, end: str) -> bytes:
    """A line as SageMaker writes it; all such lines match one template."""
    payload = {"observedContentType": "text/csv", "encoding": "CSV"}
    payloads = {
        "endpointInput": {**payload, "data": ",".join(row) + end},
        "endpointOutput": {**payload, "data": output + end},
    }
    time = f"2026-04-18T00:21:{second:02}Z"
    record = {
        "captureData": payloads,
        "eventMetadata": {"eventId": event_id, "inferenceTime": time},
        "eventVersion": "0",
    }
    return json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode()


TEMPLATE_LINES = st.integers(1, 3).flatmap(
    # a template can be inferred from the first line
    lambda width: st.lists(
        st.builds(
            template_line,
            st.one_of(
                st.lists(SIMPLE_CELLS, min_size=width, max_size=width),
                st.sampled_from([["age", "city", "1"], ["city", "age"], ["age"], [" age "]]),
            ),
            st.one_of(SIMPLE_CELLS, st.sampled_from(["", " ", "0.9,0.1", "score"])),
            st.one_of(st.sampled_from(["a", "ü", "", "a,b"]), st.uuids().map(str)),
            st.sampled_from([1, 1, 1, 2, 59, 60]),
            st.sampled_from(["", "", "", "\n"]),
        ),
        max_size=12,
    ).map(lambda lines: [template_line(["7"] * width, "0.5", "first", 1, ""), *lines])
)
LINES = st.one_of(
    st.lists(LINE, max_size=12),
    TEMPLATE_LINES,
    st.builds(
        lambda matching, others: [*matching, *others, *matching[:3]],
        TEMPLATE_LINES,
        st.lists(LINE, max_size=2),
    ),
)
SCHEMA = st.sampled_from(SCHEMAS)
MAPPED = st.sampled_from(
    [
        *((schema, DETECTED) for schema in SCHEMAS),
        (replace(SCHEMAS[1], request_columns=("zip", "age")), DETECTED),
        (replace(SCHEMAS[1], request_columns=("age", "zip", "city")), DETECTED),
        (replace(SCHEMAS[2], request_columns=("age", "1", "city")), DETECTED),
        (SCHEMAS[0], PayloadMapping(feature_keys={"age": "city", "city": "age"})),
        (SCHEMAS[0], PayloadMapping(feature_keys={"age": "data.age"}, records_key="features")),
        (
            replace(SCHEMAS[2], request_columns=("zip", "city", "age")),
            PayloadMapping(
                feature_keys={"age": "columns[0]"},
                prediction_key="predictions[*].score",
                inference_response_keys=("predicted_label", "probabilities"),
            ),
        ),
    ]
)
"""Schemas with mappings of their payloads."""
END = st.sampled_from([b"\n", b"\n", b""])
"""A last line without its line end is always decoded by itself."""

Read = tuple[LineCounts, list[RejectedLine], list[tuple[object, ...]]]


def read(objects: list[list[bytes]], schema: Schema, *, first: int = 0, **options: Any) -> Read:
    """Read objects, which are named by their number from ``first`` on."""
    rejects: list[RejectedLine] = []
    line_counts, records = LineCounts(), []
    sources = ((f"object-{i}", blocks) for i, blocks in enumerate(objects, first))
    for part in read_capture(sources, schema, on_reject=rejects.append, **options):
        line_counts += part.line_counts
        records += list(to_rows(part.batch))
    return line_counts, rejects, records


def to_rows(batch: RecordBatch) -> Iterator[tuple[object, ...]]:
    """Records as comparable values; numbers as text, so that NaN equals NaN."""
    assert batch.prediction is not None
    columns = [*batch.columns.values(), batch.prediction]
    for row in range(len(batch)):
        cells: list[object] = []
        for column in columns:
            if isinstance(column, NumericColumn):
                is_invalid = column.invalid is not None and bool(column.invalid[row])
                cells += [repr(float(column.values[row])), is_invalid]
            elif isinstance(column, CategoricalColumn):
                code = int(column.codes[row])
                cells.append(None if code < 0 else column.categories[code])
        yield batch.event_ids[row], int(batch.rows[row]), float(batch.times[row]), *cells


def count_lines(data: bytes) -> int:
    return data.count(b"\n") + (not data.endswith(b"\n") and bool(data))


@settings(max_examples=300, deadline=None)
@given(lines=LINES, mapped=MAPPED, end=END)
def test_every_line_is_counted_exactly_once(
    lines: list[bytes], mapped: tuple[Schema, PayloadMapping], end: bytes
) -> None:
    data = b"\n".join(lines) + end
    if data.startswith(b"\x1f\x8b"):
        data = b" " + data
    schema, mapping = mapped
    line_counts, rejects, records = read([[data]], schema, mapping=mapping)
    assert line_counts.read == count_lines(data)
    assert (
        line_counts.read
        == line_counts.used + line_counts.skipped_lines + line_counts.rejected_lines
    )
    assert len(rejects) == line_counts.rejected_lines
    assert len(records) == line_counts.records >= line_counts.used
    assert LineCounts.from_dict(json.loads(json.dumps(line_counts.to_dict()))) == line_counts


HEADER_OF_OTHER_NAMES = [["7", "7"], ["city", "age"]]
"""A header row with all features, whose other column has a name of the client's own."""


@settings(max_examples=400, deadline=None)
@given(lines=LINES, mapped=MAPPED, end=END)
@example(
    lines=[template_line(row, "0.5", "a", 1, "") for row in HEADER_OF_OTHER_NAMES],
    mapped=(replace(SCHEMAS[1], request_columns=("zip", "age")), DETECTED),
    end=b"\n",
)
@example(
    lines=[template_line(row, "0.5", "a", 1, "") for row in HEADER_OF_OTHER_NAMES],
    mapped=(
        Schema(SCHEMAS[2].features, "label", ProblemType.MULTICLASS_CLASSIFICATION),
        PayloadMapping(feature_keys={"city": "age.city", "age": "age.years"}),
    ),
    end=b"\n",
)
def test_every_path_of_the_reader_gives_the_same_records(
    lines: list[bytes], mapped: tuple[Schema, PayloadMapping], end: bytes
) -> None:
    assert_paths_agree(b"\n".join(lines) + end, *mapped)


def assert_paths_agree(data: bytes, schema: Schema, mapping: PayloadMapping = DETECTED) -> None:
    """Read by default, by the template wherever a line matches, and line by line."""
    by_default = read([[data]], schema, mapping=mapping)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(template_reader, "MAX_STRETCH_SHARE", 1.0)
        by_template = read([[data]], schema, mapping=mapping)
        patch.setattr(SimpleRequestCheck, "rows", lambda _self, _payloads: None)
        line_by_line = read([[data]], schema, mapping=mapping)
    assert by_default == by_template == line_by_line


LINES_OF_ONE_TEMPLATE = [
    template_line([str(i), "x", "2.5"], f"0.{i}", f"event-{i}", i % 60, "") for i in range(40)
]


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_changed_bytes_change_no_other_line(data: st.DataObject) -> None:
    text = bytearray(b"\n".join(LINES_OF_ONE_TEMPLATE))
    for _ in range(data.draw(st.integers(1, 3))):
        position = data.draw(st.integers(0, len(text) - 1))
        text[position] = data.draw(st.sampled_from(b'",\\:{}[] \t\n\0ae019-.\x7f\xc3\xbc\xff'))
    assert_paths_agree(bytes(text), SCHEMAS[0])


@settings(max_examples=150, deadline=None)
@given(
    lines=LINES,
    schema=SCHEMA,
    cuts=st.lists(st.integers(1, 200), max_size=30),
    compressed=st.booleans(),
    rows=st.integers(1, 5),
)
def test_blocks_compression_and_batch_size_change_nothing(
    lines: list[bytes], schema: Schema, cuts: list[int], compressed: bool, rows: int
) -> None:
    data = b" \n" + b"\n".join(lines)
    stored = gzip.compress(data) if compressed else data
    blocks = []
    for cut in cuts:
        blocks.append(stored[:cut])
        stored = stored[cut:]
    assert read([[*blocks, stored]], schema, batch_rows=rows) == read([[data]], schema)


@settings(max_examples=100, deadline=None)
@given(first=LINES, second=LINES, schema=SCHEMA)
def test_line_counts_of_parts_add_up_to_those_of_the_whole(
    first: list[bytes], second: list[bytes], schema: Schema
) -> None:
    parts = [[b" \n" + b"\n".join(lines)] for lines in (first, second)]
    record = read(parts, schema)[0]
    one, other = read(parts[:1], schema)[0], read(parts[1:], schema, first=1)[0]
    assert one + other == other + one == record


@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=300), compressed=st.booleans(), end=st.integers(0, 400))
def test_any_bytes_are_read_without_raising(data: bytes, compressed: bool, end: int) -> None:
    stored = gzip.compress(data)[:end] if compressed else data
    line_counts, _, _ = read([[stored]], SCHEMAS[0])
    assert (
        line_counts.read
        == line_counts.used + line_counts.skipped_lines + line_counts.rejected_lines
    )
