"""The functions that SageMaker's image calls: model_fn, input_fn, predict_fn, output_fn."""

import json
from pathlib import Path
from typing import Any

import xgboost
from tabular_frame import Frame
from tabular_payload import Rows, columns, parse, write


def model_fn(model_dir: str) -> tuple[Frame, xgboost.Booster]:
    """The frame and the booster."""
    folder = Path(model_dir)
    frame = Frame(**json.loads((folder / "frame.json").read_text()))
    return frame, xgboost.Booster(model_file=str(folder / "model.ubj"))


def input_fn(body: str | bytes, content_type: str) -> Rows:
    """The rows of a request."""
    rows: Rows = parse(body, content_type)
    return rows


def predict_fn(rows: Rows, model: tuple[Frame, xgboost.Booster]) -> list[dict[str, Any]]:
    """One prediction per row."""
    frame, booster = model
    matrix = frame.matrix(columns(rows, list(frame.features)))
    types = ["c" if is_category else "q" for is_category in frame.is_categorical()]
    data = xgboost.DMatrix(matrix, feature_types=types, enable_categorical=True)
    predictions: list[dict[str, Any]] = frame.predictions(
        booster.predict(data) if len(matrix) else []
    )
    return predictions


def output_fn(predictions: list[dict[str, Any]], accept: str | None = None) -> str:
    """CSV if the request accepts it, else JSON."""
    text: str = write(predictions, accept)
    return text
