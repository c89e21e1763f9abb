"""The functions that SageMaker's image calls: model_fn, input_fn, predict_fn, output_fn."""

import json
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from tabular_frame import BINARY, REGRESSION, Frame
from tabular_payload import Rows, columns, parse, write


def model_fn(model_dir: str) -> tuple[Frame, Any]:
    """The frame and the estimator."""
    folder = Path(model_dir)
    frame = Frame(**json.loads((folder / "frame.json").read_text()))
    return frame, joblib.load(folder / "model.joblib")


def input_fn(body: str | bytes, content_type: str) -> Rows:
    """The rows of a request."""
    rows: Rows = parse(body, content_type)
    return rows


def predict_fn(rows: Rows, model: tuple[Frame, Any]) -> list[dict[str, Any]]:
    """One prediction per row."""
    frame, estimator = model
    matrix = frame.matrix(columns(rows, list(frame.features)))
    output = np.empty(0)
    if len(matrix) and frame.problem_type == REGRESSION:
        output = estimator.predict(matrix)
    elif len(matrix):
        # The frame has all classes; the estimator has only those of the training rows.
        probabilities = np.zeros((len(matrix), len(frame.classes)))
        probabilities[:, estimator.classes_.astype(int)] = estimator.predict_proba(matrix)
        output = probabilities[:, 1] if frame.problem_type == BINARY else probabilities
    predictions: list[dict[str, Any]] = frame.predictions(output)
    return predictions


def output_fn(predictions: list[dict[str, Any]], accept: str | None = None) -> str:
    """CSV if the request accepts it, else JSON."""
    text: str = write(predictions, accept)
    return text
