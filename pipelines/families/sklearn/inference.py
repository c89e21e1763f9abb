"""The functions that SageMaker's image calls: model_fn, input_fn, predict_fn, output_fn."""

import json
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from tabular_frame import BINARY, REGRESSION, Frame
from tabular_payload import Request, RequestError
from tabular_serving import Predictions, input_fn, output_fn, predict_rows

__all__ = ["input_fn", "model_fn", "output_fn", "predict_fn"]


def model_fn(model_dir: str) -> tuple[Frame, Any]:
    """The frame and the estimator."""
    folder = Path(model_dir)
    frame = Frame(**json.loads((folder / "frame.json").read_text()))
    return frame, joblib.load(folder / "model.joblib")


def predict_fn(
    request: Request | RequestError, model: tuple[Frame, Any]
) -> Predictions | RequestError:
    """One prediction per row."""
    frame, estimator = model

    def predict(matrix: np.ndarray) -> np.ndarray:
        if frame.problem_type == REGRESSION:
            values: np.ndarray = estimator.predict(matrix)
            return values
        # The frame has all classes; the estimator has only those of the training rows.
        probabilities = np.zeros((len(matrix), len(frame.classes)))
        probabilities[:, estimator.classes_.astype(int)] = estimator.predict_proba(matrix)
        return probabilities[:, 1] if frame.problem_type == BINARY else probabilities

    return predict_rows(request, frame, predict)
