"""Both families in AWS's own toolkits, at the versions of the images and without a network."""

import csv
import json

import pytest

from driftloop.content_types import CONTENT_TYPES
from tests.containers.conftest import ImageRun, Request, run_image

CSV, JSON, JSON_LINES = "text/csv", "application/json", "application/jsonlines"
TABLE = "0.5,Bern,2026-02-03\n,Basel,\n"
INSTANCES = [[0.5, "Bern", "2026-02-03"], {"x": None, "city": "Basel"}]
OBJECT = json.dumps({"instances": INSTANCES}).encode()
LINES = b'{"features": [0.5, "Bern", "2026-02-03"]}\n{"city": "Basel"}\n'
BODIES = {CSV: TABLE.encode(), JSON: OBJECT, JSON_LINES: LINES}

PREDICTED = {
    # name: request, content type of the response
    **{f"{kind} in": (Request(body, kind), kind) for kind, body in BODIES.items()},
    **{f"{kind}, anything": (Request(body, kind, "*/*"), kind) for kind, body in BODIES.items()},
    **{
        f"{kind} in, {accept} out": (Request(BODIES[kind], kind, accept), accept)
        for kind in CONTENT_TYPES
        for accept in CONTENT_TYPES
    },
    "infinite and too large in CSV": (Request(b"1e999,Bern,\n3.5e38,Bern,\n", CSV), CSV),
    "infinite and too large in JSON": (
        Request(b'{"instances": [[-Infinity, "Bern", null], [1e39, "Bern", null]]}', JSON),
        JSON,
    ),
    "infinite and too large in JSON Lines": (
        Request(b'[Infinity, "Bern", null]\n[-1e39, "Bern", null]\n', JSON_LINES),
        JSON_LINES,
    ),
    "charset": (Request(TABLE.encode(), "text/csv; charset=utf-8"), CSV),
    "qualities": (Request(OBJECT, JSON, "application/*;q=0.2, text/csv;q=0.8"), CSV),
    "replacement character": (Request("0.5,\ufffd,\n1,Bern,\n".encode(), CSV), CSV),
}
REFUSED = {
    # name: request, status of the response, part of its sentence
    "too few cells": (Request(b"1,2\n", CSV), 400, "Row 1 has 2 cells, expected 3"),
    "broken JSON": (Request(b"{", JSON), 400, "not JSON"),
    "broken JSON Lines": (Request(b"[1,2,3]\n[", JSON_LINES), 400, "Line 2 is not JSON"),
    "no list": (Request(b'{"instances": 5}', JSON), 400, "must be"),
    "no scalar": (Request(b'{"instances": [[1, [2], 3]]}', JSON), 400, "expected a scalar"),
    "empty": (Request(b"", CSV), 400, "empty"),
    "not UTF-8": (Request(b"1,\xff,\n", CSV), 400, "not UTF-8"),
    "not UTF-8, with a charset": (Request(b"1,\xff,\n", f"{CSV};charset=utf-8"), 400, "not UTF-8"),
    "unknown content type": (Request(b"<x/>", "application/xml"), 415, "application/xml"),
    "unknown charset": (Request(b"1", f"{CSV}; charset=utf-16"), 415, "charset"),
    "nothing acceptable": (Request(TABLE.encode(), CSV, "image/png"), 406, "image/png"),
}
REQUESTS = {
    **{name: request for name, (request, _) in PREDICTED.items()},
    **{name: request for name, (request, _, _) in REFUSED.items()},
}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def image_run(family: str, tmp_path_factory: pytest.TempPathFactory) -> ImageRun:
    return run_image(family, tmp_path_factory.mktemp(family), REQUESTS, TABLE)


def test_the_family_trains_without_a_network(image_run: ImageRun) -> None:
    assert image_run.training_exit_code == 0, image_run.log("train")


def test_the_container_starts_without_a_network(image_run: ImageRun) -> None:
    assert image_run.is_in_service, image_run.log("serve")


@pytest.mark.parametrize("name", PREDICTED)
def test_a_request_is_answered_in_the_type_asked_for_or_in_its_own(
    image_run: ImageRun, name: str
) -> None:
    _, content_type = PREDICTED[name]
    response = image_run.responses[name]
    assert (response.status, response.media_type) == (200, content_type), response
    assert len(_scores(response.text, content_type)) == 2


@pytest.mark.parametrize("name", REFUSED)
def test_a_wrong_request_is_refused_with_4xx_and_one_sentence(
    image_run: ImageRun, name: str
) -> None:
    _, status, sentence = REFUSED[name]
    response = image_run.responses[name]
    assert (response.status, response.media_type) == (status, "text/plain"), response
    assert sentence in response.text
    assert response.text.endswith(".\n")
    assert response.text.count("\n") == 1


def test_every_format_and_the_evaluate_step_get_the_same_predictions(image_run: ImageRun) -> None:
    scores = {
        tuple(_scores(image_run.responses[f"{kind} in"].text, kind)) for kind in CONTENT_TYPES
    }
    [evaluated] = image_run.evaluated
    assert evaluated["rows"] == 2
    scores.add(tuple(each["score"] for each in evaluated["response"]["predictions"]))
    assert len(scores) == 1


def _scores(text: str, content_type: str) -> list[float]:
    if content_type == CSV:
        return [float(cell) for (cell,) in csv.reader(text.splitlines())]
    if content_type == JSON:
        return [each["score"] for each in json.loads(text)["predictions"]]
    return [json.loads(line)["score"] for line in text.splitlines()]
