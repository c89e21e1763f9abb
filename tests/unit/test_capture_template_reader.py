"""Lines that match a template are read together; all others are left to the payload decoder."""

import json
from typing import Any

import pytest

from driftloop.capture.lines import LineBlock
from driftloop.capture.vectorized.simple_requests import SimpleRequestCheck
from driftloop.capture.vectorized.template_reader import MatchedLines, TemplateMatcher
from driftloop.schema import Feature, Kind, ProblemType, Schema

SCHEMA = Schema(
    (Feature("age", Kind.NUMERIC), Feature("city", Kind.CATEGORICAL)),
    "label",
    ProblemType.BINARY_CLASSIFICATION,
)
ALWAYS = (float("-inf"), float("inf"))


def line(row: str = "1,a", prediction: str = "0.5", event_id: str = "e", **more: str) -> bytes:
    payload = {"observedContentType": "text/csv", "mode": "INPUT", "encoding": "CSV"}
    payloads = {
        "endpointInput": {**payload, "data": row},
        "endpointOutput": {**payload, "data": prediction},
    }
    ids = {"eventId": event_id, "inferenceTime": more.pop("time", "2026-04-18T00:21:48Z")}
    record = {"captureData": payloads, "eventMetadata": {**ids, **more}, "eventVersion": "0"}
    return json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode()


def match_lines(*lines: bytes) -> MatchedLines | None:
    return TemplateMatcher(SimpleRequestCheck(SCHEMA)).find(LineBlock(1, b"\n".join(lines)))


def matches_with(unusual: bytes) -> list[bool]:
    """Which of many lines match, if the third one is unusual."""
    lines = [line(f"{i},b", event_id=f"e{i}") for i in range(80)]
    lines[2] = unusual
    matched = match_lines(*lines)
    assert matched is not None
    return [bool(match) for match in matched.matches]


def test_lines_of_one_endpoint_match_one_template() -> None:
    rows, predictions = ["1,a", "-2.5,Zürich", ","], ["0.1", "0.25", "1"]
    matched = match_lines(
        *(line(r, a, f"event-{a}") for r, a in zip(rows, predictions, strict=True))
    )
    assert matched is not None
    requests = matched.simple_requests(0, 3, *ALWAYS)
    assert requests.predictions is not None
    assert requests.rows.buffer.texts(requests.rows.start.ravel(), requests.rows.end.ravel()) == [
        *("1", "-2.5", "", "a", "Zürich", "")
    ]
    cells = requests.predictions
    assert cells.buffer.texts(cells.start[0], cells.end[0]) == predictions
    assert requests.event_ids == [f"event-{a}" for a in predictions]
    assert requests.times.tolist() == [1776471708.0] * 3
    assert requests.inference_ids == [None] * 3


def test_payload_line_ends_are_constants_and_inference_ids_are_values() -> None:
    matched = match_lines(
        *(line("1,a\n", "0.5\r\n", f"e{i}", inferenceId=f"i{i}") for i in range(3))
    )
    assert matched is not None
    requests = matched.simple_requests(0, 3, *ALWAYS)
    assert requests.inference_ids == ["i0", "i1", "i2"]
    assert requests.rows.buffer.texts(requests.rows.start[1], requests.rows.end[1]) == ["a"] * 3


def test_requests_outside_the_window_are_skipped_and_counted() -> None:
    times = [f"2026-04-18T00:00:0{i}Z" for i in range(5)]
    matched = match_lines(*(line(event_id=f"e{i}", time=time) for i, time in enumerate(times)))
    assert matched is not None
    requests = matched.simple_requests(1, 5, 1776470402.0, 1776470404.0)
    assert requests.event_ids == ["e2", "e3"]
    assert requests.outside_window == 2


@pytest.mark.parametrize(
    "unusual",
    [
        b"",
        b"{}",
        line("1,a,b"),
        line("1"),
        line('"1",a'),
        line("1,a\\b"),
        line("1,\t"),
        line("1,a\n2,b"),
        line("1,a\n"),
        line("age,city"),
        line(" age ,x"),
        line(prediction=""),
        line(prediction=" "),
        line(prediction="0.5,0.5"),
        line(event_id=""),
        line(event_id="a,b"),
        line(time="yesterday"),
        line(time=""),
        line(inferenceId="i"),
        line().replace(b'"0"}', b'"1"}'),
        line().replace(b'"CSV"', b'"csv"', 1),
        line().replace(b'"1,a"', b'"1,"a'),
        line().replace(b'"1,a"', b'"1,\x7f\x01"'),
        line()[:-1],
        line() + b" ",
        line().replace(b"1,a", b"1," + b"x" * 100_001),
    ],
)
def test_a_line_that_does_not_match_is_left_to_the_payload_decoder(unusual: bytes) -> None:
    assert matches_with(unusual) == [position != 2 for position in range(80)]


def test_a_block_that_is_not_utf8_is_left_to_the_payload_decoder() -> None:
    assert match_lines(*[line()] * 9, line().replace(b"a", b"\xff", 1)) is None


def test_alternating_lines_of_two_templates_are_decoded_instead() -> None:
    assert match_lines(*[line(), line(inferenceId="i")] * 20) is None


def line_with(**changes: Any) -> bytes:
    record = json.loads(line())
    for path, value in changes.items():
        *parents, name = path.split("__")
        position = record
        for parent in parents:
            position = position[parent]
        position[name] = value
    return json.dumps(record).encode()


@pytest.mark.parametrize(
    "unusual",
    [
        line_with(captureData__endpointInput__data="1,a\n2,b"),
        line_with(captureData__endpointInput__encoding="JSON"),
        line_with(captureData__endpointInput__data=None),
        line_with(captureData__endpointOutput__data="0.1,0.2"),
        line_with(captureData__endpointOutput__observedContentType=None),
        line_with(eventMetadata__eventId="a,b"),
        line_with(eventMetadata__eventId='a"b'),
        line_with(eventMetadata__inferenceTime="never"),
        line_with(eventVersion="1"),
        line().replace(b'"mode":"INPUT"', b'"data":"9,z"', 1),
        line().replace(b'"eventVersion"', b'"eventId":"x","eventVersion"'),
        b"[" + line() + b"]",
        line() + line(),
        line()[:-1],
    ],
)
def test_no_template_is_inferred_from_an_unusual_line(unusual: bytes) -> None:
    assert match_lines(*[unusual] * 5) is None


def test_no_template_is_inferred_from_a_line_with_a_duplicate_key() -> None:
    duplicate_key = line().replace(b'"data":"1,a"', b'"data":"2,b","data":"1,a"')
    assert match_lines(*[duplicate_key] * 5) is None


def test_a_template_is_inferred_from_a_line_without_an_output() -> None:
    record = json.loads(line())
    del record["captureData"]["endpointOutput"]
    matched = match_lines(*[json.dumps(record).encode()] * 3)
    assert matched is not None
    assert matched.simple_requests(0, 3, *ALWAYS).predictions is None
