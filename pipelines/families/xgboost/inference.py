"""How SageMaker's image serves the model: model_fn, input_fn, predict_fn, output_fn."""

import json
from pathlib import Path
from typing import Any

import xgboost
from tabular_frame import Frame
from tabular_payload import Rows, columns, parse, write


def model_fn(model_dir: str) -> tuple[Frame, xgboost.Booster]:
    """The frame and the trees."""
    folder = Path(model_dir)
    frame = Frame(**json.loads((folder / "frame.json").read_text()))
    return frame, xgboost.Booster(model_file=str(folder / "model.ubj"))


def input_fn(body: str | bytes, content_type: str) -> Rows:
    """Rows of the request."""
    rows: Rows = parse(body, content_type)
    return rows


def predict_fn(rows: Rows, model: tuple[Frame, xgboost.Booster]) -> list[dict[str, Any]]:
    """One answer a row."""
    frame, trees = model
    matrix = frame.matrix(columns(rows, list(frame.features)))
    types = ["c" if category else "q" for category in frame.categorical()]
    data = xgboost.DMatrix(matrix, feature_types=types, enable_categorical=True)
    answers: list[dict[str, Any]] = frame.answers(trees.predict(data) if len(matrix) else [])
    return answers


def output_fn(answers: list[dict[str, Any]], accept: str | None = None) -> str:
    """CSV where it is asked for, else JSON."""
    text: str = write(answers, accept)
    return text
