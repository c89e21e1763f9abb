"""The probabilities of all classes, where responses of a multiclass model have them."""

import io
import json

import numpy as np
import pytest

from driftloop.capture import RecordBatch, read_capture
from driftloop.schema import Feature, Kind, ProblemType, Schema

SCHEMA = Schema((Feature("x", Kind.NUMERIC),), "species", ProblemType.MULTICLASS_CLASSIFICATION)


def batch(*outputs: tuple[str, str]) -> RecordBatch:
    """The records of requests with one row each, by content type and text of the response."""
    lines = [
        json.dumps(
            {
                "captureData": {
                    "endpointInput": {"encoding": "CSV", "data": "1"},
                    "endpointOutput": {
                        "observedContentType": content_type,
                        "encoding": encoding,
                        "data": text,
                    },
                },
                "eventMetadata": {"eventId": f"e{n}", "inferenceTime": "2026-04-18T00:00:00Z"},
                "eventVersion": "0",
            }
        )
        for n, (content_type, text) in enumerate(outputs)
        for encoding in ["JSON" if "json" in content_type else "CSV"]
    ]
    (part,) = read_capture([("a", io.BytesIO("\n".join(lines).encode()))], SCHEMA)
    return part.batch


def test_probabilities_are_kept_beside_the_predicted_class() -> None:
    found = batch(("text/csv", "0.2,0.7,0.1"), ("application/json", "[[0.5, 0.3, 0.2]]"))
    assert found.probabilities is not None
    assert found.probabilities.classes == ("0", "1", "2")
    assert found.probabilities.values.tolist() == [[0.2, 0.7, 0.1], [0.5, 0.3, 0.2]]
    assert found.prediction is not None
    assert found.prediction.categories == ("0", "1")  # type: ignore[union-attr]


def test_classes_are_named_as_the_response_names_them() -> None:
    answer = {"predicted_label": "b", "labels": ["b", "a"], "probabilities": [0.6, 0.4]}
    found = batch(("application/json", json.dumps({"predictions": [answer]})))
    assert found.probabilities is not None
    assert found.probabilities.classes == ("a", "b")
    assert found.probabilities.values.tolist() == [[0.4, 0.6]]


def test_a_response_without_probabilities_has_none() -> None:
    found = batch(("text/csv", "1"), ("text/csv", "0.2,0.7,0.1"), ("text/csv", "broken,"))
    assert found.probabilities is not None
    assert np.isnan(found.probabilities.values).any(axis=1).tolist() == [True, False, True]
    assert batch(("text/csv", "1")).probabilities is None


@pytest.mark.parametrize("rows", [[1], [1, 0]])
def test_a_selection_of_records_has_their_probabilities(rows: list[int]) -> None:
    found = batch(("text/csv", "0.2,0.7,0.1"), ("text/csv", "0.5,0.3,0.2"))
    taken = found.take(np.array(rows)).probabilities
    assert found.probabilities is not None
    assert taken is not None
    assert taken.values.tolist() == found.probabilities.values[rows].tolist()
