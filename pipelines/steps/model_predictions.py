"""What two models say about the same rows: their answers as arrays."""

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from driftloop.capture.line_counts import RejectedLineError
from driftloop.capture.predictions import PredictionReader
from driftloop.cell_values import category_key, parse_number
from driftloop.errors import InputError
from driftloop.schema import ProblemType
from pipelines.steps import predict
from pipelines.steps.step_environment import StepSettings

LAST_LINES = 600
"""Characters of a model's own error that are passed on."""


@dataclass(frozen=True, slots=True)
class ModelUnderTest:
    """A model that can be asked: who it is, and its archive."""

    name: str
    archive: Path

    def predict(self, rows: pd.DataFrame, settings: StepSettings, classes: list[str]) -> np.ndarray:
        """Its answers: float64[n], or probabilities float64[n, classes] for several classes.

        Raises InputError where the model fails, or answers what can't be compared.
        """
        documents = self._documents(rows[list(settings.schema.names)])
        if settings.schema.problem_type is ProblemType.MULTICLASS_CLASSIFICATION:
            shares = [self._shares(doc["document"], doc["rows"], classes) for doc in documents]
            return np.vstack(shares) if shares else np.empty((0, len(classes)))
        reader = PredictionReader(settings.schema, settings.prediction_key)
        values = [
            value
            for doc in documents
            for value in self._values(reader, doc["document"], doc["rows"])
        ]
        return np.array(values, dtype=np.float64)

    def _documents(self, rows: pd.DataFrame) -> list[dict[str, Any]]:
        with tempfile.TemporaryDirectory() as folder:
            requests, answers = Path(folder) / "requests.csv", Path(folder) / "answers.jsonl"
            rows.to_csv(requests, index=False, header=False, lineterminator="\n")
            script = [sys.executable, "-I", str(Path(predict.__file__).resolve())]
            ran = subprocess.run(  # noqa: S603  (our own script, our own paths)
                [
                    *script,
                    f"--archive={self.archive}",
                    f"--requests={requests}",
                    f"--answers={answers}",
                ],
                capture_output=True,
                text=True,
                check=False,
            )
            if ran.returncode != 0:
                raise InputError(
                    f"the {self.name} can't predict: {ran.stderr[-LAST_LINES:].strip()}"
                )
            return [json.loads(line) for line in answers.read_text(encoding="utf-8").splitlines()]

    def _values(self, reader: PredictionReader, document: object, rows: int) -> list[float]:
        try:
            found = [parse_number(value) for value in reader.read(document, rows)]
        except RejectedLineError as error:
            raise InputError(f"the {self.name} answers what is no prediction: {error}") from error
        values = [value for value in found if value is not None and np.isfinite(value)]
        if len(values) < rows:
            raise InputError(f"the {self.name} answers {rows - len(values)} rows without a number")
        return values

    def _shares(self, document: Any, rows: int, classes: list[str]) -> np.ndarray:
        answers = document.get("predictions") if isinstance(document, dict) else document
        places = {name: place for place, name in enumerate(classes)}
        shares = np.zeros((rows, len(classes)))
        if type(answers) is not list or len(answers) != rows:
            raise InputError(
                f"the {self.name} does not answer {rows} rows with as many predictions"
            )
        for row, answer in enumerate(answers):
            found = answer.get("probabilities") if isinstance(answer, dict) else None
            if not isinstance(found, dict):
                raise InputError(
                    f"the {self.name} answers no probabilities: a model of several classes is"
                    ' compared by {"predictions": [{"probabilities": {CLASS: SHARE}}]}'
                )
            for name, share in found.items():
                place = places.get(str(category_key(name)))
                if place is not None:
                    shares[row, place] = float(share)
        return shares
