"""Lines that differ in nothing but their values are read together, and only such lines are."""

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


def line(row: str = "1,a", answer: str = "0.5", event: str = "e", **more: str) -> bytes:
    side = {"observedContentType": "text/csv", "mode": "INPUT", "encoding": "CSV"}
    sides = {"endpointInput": {**side, "data": row}, "endpointOutput": {**side, "data": answer}}
    ids = {"eventId": event, "inferenceTime": more.pop("time", "2026-04-18T00:21:48Z")}
    whole = {"captureData": sides, "eventMetadata": {**ids, **more}, "eventVersion": "0"}
    return json.dumps(whole, separators=(",", ":"), ensure_ascii=False).encode()


def found(*lines: bytes) -> MatchedLines | None:
    return TemplateMatcher(SimpleRequestCheck(SCHEMA)).find(LineBlock(1, b"\n".join(lines)))


def among(odd: bytes) -> list[bool]:
    """What is alike of many lines, the third of which is odd."""
    lines = [line(f"{i},b", event=f"e{i}") for i in range(80)]
    lines[2] = odd
    alike = found(*lines)
    assert alike is not None
    return alike.alike.tolist()


def test_lines_of_one_endpoint_are_read_by_their_shape() -> None:
    rows, answers = ["1,a", "-2.5,Zürich", ","], ["0.1", "0.25", "1"]
    alike = found(*(line(r, a, f"event-{a}") for r, a in zip(rows, answers, strict=True)))
    assert alike is not None
    run = alike.simple_requests(0, 3, *ALWAYS)
    assert run.answers is not None
    assert run.rows.text.texts(run.rows.start.ravel(), run.rows.end.ravel()) == [
        *("1", "-2.5", "", "a", "Zürich", "")
    ]
    assert run.answers.text.texts(run.answers.start[0], run.answers.end[0]) == answers
    assert run.events == [f"event-{a}" for a in answers]
    assert run.times.tolist() == [1776471708.0] * 3
    assert run.inference_ids == [None] * 3


def test_line_ends_of_payloads_belong_to_the_shape_and_ids_to_the_values() -> None:
    alike = found(*(line("1,a\n", "0.5\r\n", f"e{i}", inferenceId=f"i{i}") for i in range(3)))
    assert alike is not None
    run = alike.simple_requests(0, 3, *ALWAYS)
    assert run.inference_ids == ["i0", "i1", "i2"]
    assert run.rows.text.texts(run.rows.start[1], run.rows.end[1]) == ["a"] * 3


def test_lines_outside_of_the_window_are_left_out_and_counted() -> None:
    times = [f"2026-04-18T00:00:0{i}Z" for i in range(5)]
    alike = found(*(line(event=f"e{i}", time=time) for i, time in enumerate(times)))
    assert alike is not None
    run = alike.simple_requests(1, 5, 1776470402.0, 1776470404.0)
    assert run.events == ["e2", "e3"]
    assert run.outside == 2


@pytest.mark.parametrize(
    "odd",
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
        line(answer=""),
        line(answer=" "),
        line(answer="0.5,0.5"),
        line(event=""),
        line(event="a,b"),
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
def test_a_line_that_is_not_plain_or_not_of_the_shape_is_left_to_the_exact_way(odd: bytes) -> None:
    assert among(odd) == [place != 2 for place in range(80)]


def test_lines_that_are_no_text_are_left_to_the_exact_way() -> None:
    assert found(*[line()] * 9, line().replace(b"a", b"\xff", 1)) is None


def test_lines_of_two_shapes_in_turn_are_decoded_instead() -> None:
    assert found(*[line(), line(inferenceId="i")] * 20) is None


def changed(**change: Any) -> bytes:
    whole = json.loads(line())
    for path, value in change.items():
        *parents, name = path.split("__")
        place = whole
        for parent in parents:
            place = place[parent]
        place[name] = value
    return json.dumps(whole).encode()


@pytest.mark.parametrize(
    "odd",
    [
        changed(captureData__endpointInput__data="1,a\n2,b"),
        changed(captureData__endpointInput__encoding="JSON"),
        changed(captureData__endpointInput__data=None),
        changed(captureData__endpointOutput__data="0.1,0.2"),
        changed(captureData__endpointOutput__observedContentType=None),
        changed(eventMetadata__eventId="a,b"),
        changed(eventMetadata__eventId='a"b'),
        changed(eventMetadata__inferenceTime="never"),
        changed(eventVersion="1"),
        line().replace(b'"mode":"INPUT"', b'"data":"9,z"', 1),
        line().replace(b'"eventVersion"', b'"eventId":"x","eventVersion"'),
        b"[" + line() + b"]",
        line() + line(),
        line()[:-1],
    ],
)
def test_no_shape_is_learned_from_a_line_that_is_odd(odd: bytes) -> None:
    assert found(*[odd] * 5) is None


def test_a_key_that_is_there_twice_gives_no_shape_unless_both_are_told_apart() -> None:
    twice = line().replace(b'"data":"1,a"', b'"data":"2,b","data":"1,a"')
    assert found(*[twice] * 5) is None


def test_a_payload_of_which_no_answer_was_captured_has_a_shape() -> None:
    whole = json.loads(line())
    del whole["captureData"]["endpointOutput"]
    alike = found(*[json.dumps(whole).encode()] * 3)
    assert alike is not None
    assert alike.simple_requests(0, 3, *ALWAYS).answers is None
