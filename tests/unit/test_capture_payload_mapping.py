"""Requests and responses that are read by a mapping: columns, paths, libsvm and Autopilot."""

import base64
import io
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from driftloop.capture import CategoricalColumn, LineCounts, NumericColumn, read_capture
from driftloop.payload_mapping import DETECTED, PayloadMapping, ResponseKey
from driftloop.schema import Feature, Kind, ProblemType, Schema

AGE, CITY, X = (
    Feature("age", Kind.NUMERIC),
    Feature("city", Kind.CATEGORICAL),
    Feature("x", Kind.NUMERIC),
)
SCHEMA = Schema((AGE, CITY, X), "label", ProblemType.BINARY_CLASSIFICATION)
CLASSES = Schema((AGE, CITY, X), "label", ProblemType.MULTICLASS_CLASSIFICATION)
ROW = (41.0, "Bern", 0.5)

Payload = tuple[str, str, str]
"""Data, encoding, content type."""


def csv(data: str) -> Payload:
    return data, "CSV", "text/csv"


def as_json(document: object) -> Payload:
    return json.dumps(document), "JSON", "application/json"


def as_base64(data: str, content_type: str) -> Payload:
    return base64.b64encode(data.encode()).decode(), "BASE64", content_type


def line(request: Payload, response: Payload, event_id: str = "e") -> bytes:
    def side(payload: Payload) -> dict[str, str]:
        return dict(zip(("data", "encoding", "observedContentType"), payload, strict=True))

    record = {
        "captureData": {"endpointInput": side(request), "endpointOutput": side(response)},
        "eventMetadata": {"eventId": event_id, "inferenceTime": "2026-04-18T00:21:48Z"},
        "eventVersion": "0",
    }
    return json.dumps(record).encode()


def read(
    lines: list[bytes], mapping: PayloadMapping = DETECTED, schema: Schema = SCHEMA
) -> tuple[LineCounts, list[tuple[object, ...]]]:
    counts, rows = LineCounts(), []
    for part in read_capture([("o", io.BytesIO(b"\n".join(lines)))], schema, mapping=mapping):
        counts += part.line_counts
        columns = [*part.batch.columns.values(), part.batch.prediction]
        rows += [*zip(*map(values, columns), strict=True)]
    return counts, rows


def values(column: Any) -> list[object]:
    if isinstance(column, NumericColumn):
        return [None if np.isnan(value) else float(value) for value in column.values]
    assert isinstance(column, CategoricalColumn)
    return [None if code < 0 else column.categories[code] for code in column.codes]


def rows(
    request: Payload,
    mapping: PayloadMapping = DETECTED,
    response: Payload | None = None,
    schema: Schema = SCHEMA,
) -> list[tuple[object, ...]]:
    counts, found = read([line(request, response or csv("0.25"))], mapping, schema)
    assert counts.rejected == {}
    return found


NESTED = {"customer": {"age": 41, "address": {"city": "Bern"}}, "x": 0.5}
NESTED_KEYS = {"age": "customer.age", "city": "customer.address.city"}


@pytest.mark.parametrize(
    ("document", "mapping"),
    [
        (NESTED, PayloadMapping(feature_keys=NESTED_KEYS)),
        ({"instances": [NESTED]}, PayloadMapping(feature_keys=NESTED_KEYS)),
        ({"payload": {"items": [NESTED]}}, PayloadMapping("payload.items", NESTED_KEYS)),
        ({"payload": {"items": [NESTED]}}, PayloadMapping("payload.items[*]", NESTED_KEYS)),
        ({"Age": 41, "city": "Bern", "x": 0.5}, PayloadMapping(feature_keys={"age": "Age"})),
        (
            {"age in years": 41, "home-city": "Bern", "v": [0, 0.5]},
            PayloadMapping(
                feature_keys={"age": '"age in years"', "city": '"home-city"', "x": "v[1]"}
            ),
        ),
        ({"myfeatures": [41, "Bern", 0.5]}, PayloadMapping(records_key="myfeatures")),
        ({"a": {"b": [[41, "Bern", 0.5]]}}, PayloadMapping(records_key="a.b")),
        (
            {"Age": {"0": 41}, "city": {"0": "Bern"}, "x": {"0": 0.5}},
            PayloadMapping(feature_keys={"age": "Age"}),
        ),
        (
            {"columns": ["x", "Age", "city"], "data": [[0.5, 41, "Bern"]]},
            PayloadMapping(feature_keys={"age": "Age"}),
        ),
    ],
)
def test_a_document_is_read_by_its_paths(document: object, mapping: PayloadMapping) -> None:
    assert rows(as_json(document), mapping) == [(*ROW, 0.25)]


def test_columns_at_paths_are_rows() -> None:
    document = {"customers": [{"age": 41}, {"age": 42}], "city": ["Bern", "Chur"], "x": [1, 2]}
    mapping = PayloadMapping(feature_keys={"age": "customers[*].age"})
    expected = [(41.0, "Bern", 1.0, 0.25), (42.0, "Chur", 2.0, 0.75)]
    assert rows(as_json(document), mapping, csv("0.25\n0.75")) == expected


def test_json_lines_are_read_by_paths() -> None:
    text = "\n".join(json.dumps({"row": NESTED}) for _ in range(2))
    request = as_base64(text, "application/jsonlines")
    mapping = PayloadMapping(records_key="row", feature_keys=NESTED_KEYS)
    assert rows(request, mapping, csv("0.25\n0.25")) == [(*ROW, 0.25)] * 2


def test_a_csv_header_is_read_by_the_keys() -> None:
    mapping = PayloadMapping(feature_keys={"age": "Age"})
    assert rows(csv("x,Age,city\n0.5,41,Bern"), mapping) == [(*ROW, 0.25)]


def test_absent_and_unknown_keys_are_counted_with_their_paths() -> None:
    document = {"customer": {"Age": 41, "address": {"city": "Bern", "zip": 1}}, "x": 1, "id": 7}
    counts, found = read(
        [line(as_json(document), csv("0.25"))], PayloadMapping(feature_keys=NESTED_KEYS)
    )
    assert found == [(None, "Bern", 1.0, 0.25)]
    assert counts.missing_columns == {"age": 1}
    assert counts.extra_columns == {"customer.Age": 1, "customer.address.zip": 1, "id": 1}


def test_an_object_beside_the_features_does_not_keep_them_from_being_read() -> None:
    document = {"age": 41, "city": "Bern", "x": 0.5, "meta": {"source": "web"}}
    counts, found = read([line(as_json(document), csv("0.25"))])
    assert found == [(*ROW, 0.25)]
    assert counts.extra_columns == {"meta": 1}


IGNORED = replace(SCHEMA, request_columns=("id", "age", "city", "note", "x"))


@pytest.mark.parametrize(
    "request_",
    [
        csv("c-1,41,Bern,any,0.5"),
        csv('c-1,41,Bern,"a, b",0.5'),
        csv("id,age,city,note,x\nc-1,41,Bern,any,0.5"),
        csv("x,city,age\n0.5,Bern,41"),
        as_json(["c-1", 41, "Bern", "any", 0.5]),
        as_json({"instances": [["c-1", 41, "Bern", {"any": 1}, 0.5]]}),
        as_json({"id": "c-1", "age": 41, "city": "Bern", "x": 0.5}),
        as_base64("0:9 1:41 2:Bern 4:0.5", "text/libsvm"),
    ],
)
def test_ignored_columns_have_a_position_and_nothing_else(request_: Payload) -> None:
    counts, found = read([line(request_, csv("0.25"))], schema=IGNORED)
    assert found == [(*ROW, 0.25)]
    assert (counts.missing_columns, counts.extra_columns) == ({}, {})


def test_many_lines_with_ignored_columns_are_read_together() -> None:
    lines = [
        line(csv(f"c-{i},{i},{'Bern' if i % 2 else 'Chur'},any,{i}.5"), csv("0.25"), f"e-{i}")
        for i in range(100)
    ]
    counts, found = read(lines, schema=IGNORED)
    assert counts.used == 100
    assert found == [(float(i), "Bern" if i % 2 else "Chur", i + 0.5, 0.25) for i in range(100)]


def test_a_row_without_its_ignored_columns_is_rejected() -> None:
    counts, _ = read([line(csv("41,Bern,0.5"), csv("0.25"))], schema=IGNORED)
    assert counts.rejected == {"column_count_mismatch": 1}


NUMBERS = Schema((AGE, X), "label", ProblemType.BINARY_CLASSIFICATION)


@pytest.mark.parametrize("content_type", ["text/libsvm", "text/x-libsvm", "text/x-libsvm; a=b"])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # SageMaker developer guide: "<label> <index0>:<value0> <index1>:<value1> ...", zero-based
        ("1 0:41 1:0.5", (41.0, 0.5)),
        ("0:41 1:0.5\n", (41.0, 0.5)),
        ("0 1:0.5", (None, 0.5)),
        ("0:0 1:0", (0.0, 0.0)),
        ("1:0.5   0:4.1e1", (41.0, 0.5)),
    ],
)
def test_libsvm_rows_are_read_by_index_from_zero(
    content_type: str, text: str, expected: tuple[object, ...]
) -> None:
    for request in (as_base64(text, content_type), (text, "CSV", content_type)):
        assert rows(request, schema=NUMBERS) == [(*expected, 0.25)]


def test_libsvm_rows_of_one_feature_are_not_mistaken_for_csv() -> None:
    schema = Schema((AGE,), "label", ProblemType.BINARY_CLASSIFICATION)
    lines = [line((f"0:{i}", "CSV", "text/libsvm"), csv("0.25"), f"e-{i}") for i in range(50)]
    counts, found = read(lines, schema=schema)
    assert counts.used == 50
    assert found == [(float(i), 0.25) for i in range(50)]


def test_libsvm_of_several_rows_has_a_prediction_each() -> None:
    request = as_base64("1 0:1\n\n0 1:2\n", "text/libsvm")
    assert rows(request, response=csv("0.1\n0.2"), schema=NUMBERS) == [
        (1.0, None, 0.1),
        (None, 2.0, 0.2),
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1:41 2:0.5", "column_count_mismatch"),
        ("0:41 1", "unreadable_payload"),
        ("0:41 x:1", "unreadable_payload"),
        ("0:41 -1:1", "unreadable_payload"),
        ("0:41 0:42", "unreadable_payload"),
        ("0:1 99999999999:1", "unreadable_payload"),
        ("", "empty_payload"),
    ],
)
def test_wrong_libsvm_is_rejected(text: str, reason: str) -> None:
    counts, _ = read([line(as_base64(text, "text/libsvm"), csv("0.25"))], schema=NUMBERS)
    assert counts.rejected == {reason: 1}


def test_one_based_libsvm_is_read_with_an_ignored_first_column() -> None:
    schema = replace(NUMBERS, request_columns=("unused", "age", "x"))
    request = as_base64("1:41 2:0.5", "text/libsvm")
    assert rows(request, schema=schema) == [(41.0, 0.5, 0.25)]


ALL_KEYS = tuple(
    map(
        str,
        (
            ResponseKey.PREDICTED_LABEL,
            ResponseKey.PROBABILITY,
            ResponseKey.PROBABILITIES,
            ResponseKey.LABELS,
        ),
    )
)
DOCUMENTED = ["1", "0.1", "[0.9, 0.1]", "['1', '0']"]
"""SageMaker developer guide, "Configure inference output in generated containers": the positive
class is the second label, whose probability is 0.1."""


def cells(*texts: str) -> Payload:
    return csv(",".join(f'"{text}"' if "," in text else text for text in texts))


@pytest.mark.parametrize(
    ("response", "keys"),
    [
        (cells(*DOCUMENTED), ALL_KEYS),
        (cells(*DOCUMENTED), ()),
        (cells("1", "0.9", *DOCUMENTED[2:]), ALL_KEYS),  # ensembling: of the predicted label
        (cells("1", "0.9", *DOCUMENTED[2:]), ()),
        (cells("1", "0.9", "[0, 1]", "[0.9, 0.1]"), ()),
        (cells("0.9", "[0.9, 0.1]"), ("probability", "probabilities")),
        (cells("0.1", "1"), ("probability", "predicted_label")),
        (csv("predicted_label,probability\n1,0.1"), ()),
        (csv("probability,predicted_label\n0.1,1"), ()),
        (cells("[0.9, 0.1]"), ("probabilities",)),
        (cells("0.1", "3"), ("predicted_score", "raw_score")),
        (
            as_json(
                {
                    "predictions": [
                        {
                            "predicted_label": "1",
                            "probability": 0.9,
                            "probabilities": [0.9, 0.1],
                            "labels": ["1", "0"],
                        }
                    ]
                }
            ),
            (),
        ),
        (as_json({"predictions": [{"predicted_label": 1, "probability": 0.1}]}), ()),
        (as_json({"predicted_label": 1, "probabilities": [0.9, 0.1]}), ALL_KEYS),
    ],
)
def test_the_score_of_an_autopilot_response_is_that_of_the_second_label(
    response: Payload, keys: tuple[str, ...]
) -> None:
    mapping = PayloadMapping(inference_response_keys=keys)
    assert rows(csv("41,Bern,0.5"), mapping, response) == [(*ROW, 0.1)]


@pytest.mark.parametrize(
    ("response", "keys"),
    [
        (cells("b", "0.7", "[0.1, 0.7, 0.2]", "['a', 'b', 'c']"), ALL_KEYS),
        (cells("b", "0.7", "[0.1, 0.7, 0.2]", "['a', 'b', 'c']"), ()),
        (cells("[0.1, 0.7, 0.2]", "['a', 'b', 'c']"), ("probabilities", "labels")),
        (cells("[0.1, 0.7, 0.2]", "[a, b, c]"), ("probabilities", "labels")),
        (cells("0.7", "b"), ("probability", "predicted_label")),
        (as_json({"probabilities": [0.1, 0.7, 0.2], "labels": ["a", "b", "c"]}), ()),
    ],
)
def test_the_class_of_an_autopilot_response_is_its_predicted_label(
    response: Payload, keys: tuple[str, ...]
) -> None:
    mapping = PayloadMapping(inference_response_keys=keys)
    assert rows(csv("41,Bern,0.5"), mapping, response, CLASSES) == [(*ROW, "b")]


def test_a_mapping_survives_being_written_and_read() -> None:
    mapping = PayloadMapping("a.b", {"age": "x"}, "y", ("probability",))
    assert PayloadMapping.from_dict(json.loads(json.dumps(mapping.to_dict()))) == mapping


def test_a_schema_survives_being_written_and_read_with_the_columns_of_its_requests() -> None:
    assert Schema.from_dict(json.loads(json.dumps(IGNORED.to_dict()))) == IGNORED
    assert "request_columns" not in SCHEMA.to_dict()


@pytest.mark.parametrize("columns", [("id", "age", "x"), ("age", "city", "x", "age")])
def test_the_columns_of_a_request_have_every_feature_once(columns: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="request_columns"):
        replace(SCHEMA, request_columns=columns)
