"""The functions that SageMaker's image calls: model_fn, input_fn, predict_fn, output_fn."""

import json
from pathlib import Path

import numpy as np
import xgboost
from tabular_frame import Frame
from tabular_payload import Request, RequestError
from tabular_serving import Predictions, input_fn, output_fn, predict_rows

__all__ = ["input_fn", "model_fn", "output_fn", "predict_fn"]


def model_fn(model_dir: str) -> tuple[Frame, xgboost.Booster]:
    """The frame and the booster."""
    folder = Path(model_dir)
    frame = Frame(**json.loads((folder / "frame.json").read_text()))
    return frame, xgboost.Booster(model_file=str(folder / "model.ubj"))


def predict_fn(
    request: Request | RequestError, model: tuple[Frame, xgboost.Booster]
) -> Predictions | RequestError:
    """One prediction per row."""
    frame, booster = model
    types = ["c" if is_category else "q" for is_category in frame.is_categorical()]

    def predict(matrix: np.ndarray) -> np.ndarray:
        data = xgboost.DMatrix(matrix, feature_types=types, enable_categorical=True)
        output: np.ndarray = booster.predict(data)
        return output

    return predict_rows(request, frame, predict)
