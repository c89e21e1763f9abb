"""How SageMaker's image serves the model: model_fn, input_fn, predict_fn, output_fn."""

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
    """Rows of the request."""
    rows: Rows = parse(body, content_type)
    return rows


def predict_fn(rows: Rows, model: tuple[Frame, Any]) -> list[dict[str, Any]]:
    """One answer a row."""
    frame, estimator = model
    matrix = frame.matrix(columns(rows, list(frame.features)))
    output = np.empty(0)
    if len(matrix) and frame.problem == REGRESSION:
        output = estimator.predict(matrix)
    elif len(matrix):
        # a class that no training row had is known to the frame, but not to the estimator
        shares = np.zeros((len(matrix), len(frame.classes)))
        shares[:, estimator.classes_.astype(int)] = estimator.predict_proba(matrix)
        output = shares[:, 1] if frame.problem == BINARY else shares
    answers: list[dict[str, Any]] = frame.answers(output)
    return answers


def output_fn(answers: list[dict[str, Any]], accept: str | None = None) -> str:
    """CSV where it is asked for, else JSON."""
    text: str = write(answers, accept)
    return text
