"""Shared by the training scripts of all families: arguments, data and the model folder."""

import argparse
import csv
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from tabular_frame import REGRESSION, Frame, fit_frame

INFERENCE_FILES = (
    "inference.py",
    "tabular_serving.py",
    "tabular_payload.py",
    "tabular_frame.py",
    "driftloop_cell_values.py",
    "driftloop_cell_dates.py",
    "driftloop_missing_texts.py",
)
"""Files that a model archive needs for inference."""


def argument_parser(hyperparameters: Mapping[str, type]) -> argparse.ArgumentParser:
    """A parser of script mode's arguments: hyperparameters, and folders from SM_* by default."""
    result = argparse.ArgumentParser()
    result.add_argument("--train", type=Path, default=os.environ.get("SM_CHANNEL_TRAIN"))
    result.add_argument("--champion", type=Path, default=os.environ.get("SM_CHANNEL_CHAMPION"))
    result.add_argument("--model-dir", type=Path, default=os.environ.get("SM_MODEL_DIR"))
    result.add_argument("--warm_start", default="false")
    for name, kind in hyperparameters.items():
        result.add_argument(f"--{name}", type=kind, required=True)
    return result


def read_schema(folder: Path) -> dict[str, Any]:
    """``schema.json`` of the training channel: features, target, problem and classes."""
    schema: dict[str, Any] = json.loads((folder / "schema.json").read_text())
    return schema


def load(folder: Path, known: Frame | None = None) -> tuple[Frame, np.ndarray, np.ndarray]:
    """Frame, matrix and target of ``train.csv`` with ``schema.json``; drops rows without a label.

    ``known`` is the frame of the champion in a warm start, which keeps its categories and classes;
    the columns of requests are those of the new schema.
    """
    with (folder / "train.csv").open(newline="", encoding="utf-8") as file:
        reader = csv.reader(file)
        header = next(reader)
        rows = list(reader)
    if not rows:
        raise ValueError(f"{folder}/train.csv has no rows")
    cells = dict(zip(header, zip(*rows, strict=True), strict=True))
    schema = read_schema(folder)
    frame = (
        replace(known, request_columns=list(schema.get("request_columns", ())))
        if known
        else fit_frame(schema, cells)
    )
    labels = frame.labels(cells[frame.target])
    has_label = np.isfinite(labels)
    _require_two_classes(frame, labels[has_label])
    return frame, frame.matrix(cells)[has_label], labels[has_label]


def _require_two_classes(frame: Frame, labels: np.ndarray) -> None:
    """Exit with a sentence where all rows have the same class.

    scikit-learn trains on one class, and the model fails at every request.
    """
    found = np.unique(labels)
    if frame.problem_type == REGRESSION or len(found) > 1:
        return
    names = ", ".join(frame.classes[int(code)] for code in found) or "none"
    raise SystemExit(
        f"the training rows have one class of the target {frame.target}: {names}. At least two"
        " classes are required"
    )


def save_code(model_dir: Path) -> None:
    """Copy the inference code into the model archive, so that a model keeps its own code."""
    code = model_dir / "code"
    code.mkdir(parents=True, exist_ok=True)
    for name in INFERENCE_FILES:
        shutil.copyfile(Path(__file__).parent / name, code / name)


def save_frame(frame: Frame, model_dir: Path) -> None:
    """Write ``frame.json``, which inference reads."""
    (model_dir / "frame.json").write_text(json.dumps(frame.to_dict()))


def select_hyperparameters(
    arguments: argparse.Namespace, names: Mapping[str, type]
) -> dict[str, Any]:
    """The hyperparameters among the arguments, by name."""
    return {name: getattr(arguments, name) for name in names}
