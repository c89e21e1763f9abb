"""The first line of each problem: its shape without values, and settings that read it."""

import io
import json
from typing import Any

import pytest
import yaml

from driftloop.capture import LineCounts, read_capture
from driftloop.capture.line_counts import LineExample, LineProblem, example_key
from driftloop.capture.line_examples import MAX_SHOWN_ITEMS, mask, shape
from driftloop.payload_mapping import DETECTED, PayloadMapping
from driftloop.schema import Feature, Kind, ProblemType, Schema

SCHEMA = Schema(
    (Feature("age", Kind.NUMERIC), Feature("city", Kind.CATEGORICAL), Feature("x", Kind.NUMERIC)),
    "label",
    ProblemType.BINARY_CLASSIFICATION,
)
SECRET = "Bern-4711"


def line(request: object, response: object = "0.5", event_id: str = "e") -> bytes:
    def side(data: object) -> dict[str, Any]:
        if isinstance(data, str):
            return {"data": data, "encoding": "CSV", "observedContentType": "text/csv"}
        return {
            "data": json.dumps(data),
            "encoding": "JSON",
            "observedContentType": "application/json",
        }

    return json.dumps(
        {
            "captureData": {"endpointInput": side(request), "endpointOutput": side(response)},
            "eventMetadata": {"eventId": event_id, "inferenceTime": "2026-04-18T00:21:48Z"},
            "eventVersion": "0",
        }
    ).encode()


def read(
    lines: list[bytes], schema: Schema = SCHEMA, mapping: PayloadMapping = DETECTED, name: str = "o"
) -> LineCounts:
    source = [(name, io.BytesIO(b"\n".join(lines)))]
    parts = read_capture(source, schema, mapping=mapping)
    return sum((part.line_counts for part in parts), LineCounts())


def example(counts: LineCounts) -> LineExample:
    [found] = counts.examples.values()
    return found


@pytest.mark.parametrize(
    ("request_", "expected_shape", "settings"),
    [
        (
            {"person": {"age": 41, "city": SECRET}, "other": {"x": 0.5}},
            "{person: {age: number, city: text}, other: {x: number}}",
            {"feature_keys": {"age": "person.age", "city": "person.city", "x": "other.x"}},
        ),
        (
            {"payload": {"items": [{"age": 41, "city": SECRET, "x": 0.5}]}},
            "{payload: {items: [{age: number, city: text, x: number}]}}",
            {"records_key": "payload.items"},
        ),
        (
            {"Age": 41, "CITY": SECRET, "X": None},
            "{Age: number, CITY: text, X: missing}",
            {"feature_keys": {"age": "Age", "city": "CITY", "x": "X"}},
        ),
        (
            {"q": {"the age": {"age": 1}, "no": {"home-city": {"city": SECRET}}, "x": True}},
            "{q: {the age: {age: number}, no: {home-city: {city: text}}, x: number}}",
            {
                "records_key": "q",
                "feature_keys": {"age": '"the age".age', "city": 'no."home-city".city'},
            },
        ),
        (
            {"data": {"names": ["age", "city", "x"], "ndarray": [[41, SECRET, 0.5]]}},
            "{data: {names: [text, text, text], ndarray: [[number, text, number]]}}",
            {"records_key": "data.ndarray"},
        ),
        (
            {"items": [{"id": 7, "vector": [41, SECRET, 0.5]}]},
            "{items: [{id: number, vector: [number, text, number]}]}",
            {"records_key": "items[*].vector"},
        ),
        (
            f"c-1,41,{SECRET},0.5",
            "[[text, number, text, number]]",
            {
                "features": {
                    "column_1": "ignore",
                    "age": "numeric",
                    "city": "categorical",
                    "x": "numeric",
                }
            },
        ),
    ],
)
def test_a_rejected_request_has_its_shape_and_settings_that_read_it(
    request_: object, expected_shape: str, settings: dict[str, Any]
) -> None:
    counts = read([line(request_)])
    assert counts.rejected_lines == 1
    found = example(counts)
    assert (found.object, found.line, found.shape) == ("o", 1, expected_shape)
    assert yaml.safe_load(found.suggestion) == settings
    schema = SCHEMA
    if "features" in settings:
        columns = {name: Kind(kind) for name, kind in settings["features"].items()}
        schema = Schema.from_columns(
            columns, target="label", problem_type=ProblemType.BINARY_CLASSIFICATION
        )
    mapping = PayloadMapping(settings.get("records_key"), settings.get("feature_keys", {}))
    again = read([line(request_)], schema, mapping)
    assert (again.used, again.missing_columns) == (1, {})


def test_a_request_without_some_features_has_settings_that_find_them() -> None:
    counts = read([line({"customer": {"age": 41, "city": SECRET}, "x": 0.5})])
    assert counts.missing_columns == {"age": 1, "city": 1}
    assert counts.examples.keys() == {example_key(LineProblem.MISSING_COLUMNS)}
    expected = {"feature_keys": {"age": "customer.age", "city": "customer.city"}}
    assert yaml.safe_load(example(counts).suggestion) == expected


@pytest.mark.parametrize(
    "request_",
    [
        {"a": {"age": 1, "city": SECRET}, "b": {"age": 2, "city": "b"}},  # which of them?
        {"zip": 1},
        {"a": [[41, SECRET, 0.5]], "b": [[42, SECRET, 0.5]]},  # which of them?
        {"a": [["old", SECRET, 0.5]]},
        {"a": [[41, SECRET, 0.5], [41, SECRET]]},
        "1,2",
        "not,as,many,2",
    ],
)
def test_no_mapping_is_guessed(request_: object) -> None:
    suggestion = example(read([line(request_)])).suggestion
    assert not suggestion or suggestion.startswith("features: add 1 with the kind ignore")


def test_a_response_that_is_not_read_has_the_keys_that_may_be_meant() -> None:
    counts = read([line("41,Bern,0.5", {"risk": 0.5, "limit": 10, "note": SECRET})])
    found = counts.examples[example_key(LineProblem.UNREADABLE_RESPONSE, "ambiguous_prediction")]
    assert found.suggestion == 'prediction_key: "risk" or "limit"'
    counts = read([line("41,Bern,0.5", "a,b,c")])
    assert example(counts).suggestion == "inference_response_keys: [the names of the 3 cells]"


@pytest.mark.parametrize(
    "data",
    [
        line({"zip": SECRET}),
        line(f'1,"{SECRET}'),
        line([[SECRET]]),
        line("41,Bern,0.5", {"a": SECRET, "b": SECRET}),
        SECRET.encode(),
        line(SECRET)[:-40],
        b"\xff" + SECRET.encode(),
    ],
)
def test_an_example_has_no_value_of_the_data(data: bytes) -> None:
    counts = read([data])
    assert counts.examples
    assert "Bern" not in repr(counts.examples)
    assert "4711" not in repr(counts.examples)


def test_a_shape_is_bounded_and_in_one_line() -> None:
    wide = {f"key_{number}": number for number in range(10 * MAX_SHOWN_ITEMS)}
    deep: object = 1
    for _ in range(100):
        deep = {"k": deep}
    assert shape(deep).endswith("…" + "}" * 7)
    counts = read([line(wide), line({"\u202eevil\n": 1}, event_id="2"), line(deep, event_id="3")])
    for found in counts.examples.values():
        assert len(found.shape) <= 200
        assert found.shape.isprintable()


def test_a_text_is_masked() -> None:
    assert mask("age=41; Zürich\n") == "xxx=99; xxxxxx"


def test_adding_keeps_the_first_example_in_any_order() -> None:
    counts = [
        read([line({"zip": 1}), line({"a": 1}, event_id="2")], name="b"),
        read([line("1,2,3"), line({"c": 1}, event_id="2")], name="a"),
        read([line("1,2"), line({"b": 1}, event_id="2")], name="c"),
    ]
    total = sum(counts, LineCounts())
    assert total == sum(reversed(counts), LineCounts())
    places = {key: found[:2] for key, found in total.examples.items()}
    assert places == {
        example_key(LineProblem.REJECTED_LINE, "no_known_features"): ("a", 2),
        example_key(LineProblem.REJECTED_LINE, "column_count_mismatch"): ("c", 1),
    }
    assert LineCounts.from_dict(json.loads(json.dumps(total.to_dict()))) == total
