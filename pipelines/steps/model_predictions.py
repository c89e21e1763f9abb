"""The predictions of a model archive for given rows, as arrays."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from driftloop.capture.line_counts import RejectedLineError
from driftloop.capture.predictions import PredictionReader
from driftloop.cell_values import EMPTY_TEXTS, category_key, parse_number
from driftloop.errors import InputError
from driftloop.schema import ProblemType
from pipelines.steps import predict
from pipelines.steps.step_environment import StepSettings

MAX_ERROR_LENGTH = 600
"""Maximum length, in characters, of the end of a model's error output in a message.

It leaves space for the message itself within ``MAX_MESSAGE_LENGTH``.
"""


@dataclass(frozen=True, slots=True)
class ModelUnderTest:
    """A model archive, with the name that messages use for it.

    ``columns`` are those of its requests in their order; empty if they are those of driftloop.yaml.
    """

    name: str
    archive: Path
    columns: tuple[str, ...] = ()

    def predict(
        self, tables: Sequence[pd.DataFrame], settings: StepSettings, classes: list[str]
    ) -> list[np.ndarray]:
        """Predictions float64[n] of each table, or probabilities float64[n, classes].

        The model is loaded once for all tables.

        Args:
            tables: Rows with the features of the schema. The model gets no values of others.
            settings: The model's settings.
            classes: The classes whose probabilities are predicted, if there are more than two.
        Raises:
            InputError: The model fails, or its response contains no usable predictions.
        """
        columns = list(self.columns or settings.schema.columns)
        rows = [table.reindex(columns=columns) for table in tables]
        values = self._predictions(rows, settings, classes)
        ends = np.cumsum([len(table) for table in tables])
        return np.split(values, ends[:-1])

    def _predictions(
        self, tables: Sequence[pd.DataFrame], settings: StepSettings, classes: list[str]
    ) -> np.ndarray:
        responses = self._responses(tables)
        if settings.schema.problem_type is ProblemType.MULTICLASS_CLASSIFICATION:
            parts = [
                self._probabilities(item["response"], item["rows"], classes) for item in responses
            ]
            return np.vstack(parts) if parts else np.empty((0, len(classes)))
        reader = PredictionReader(settings.schema, settings.payload_mapping)
        values = [
            value
            for item in responses
            for value in self._values(reader, item["response"], item["rows"])
        ]
        return np.array(values, dtype=np.float64)

    def _responses(self, tables: Sequence[pd.DataFrame]) -> list[dict[str, Any]]:
        with tempfile.TemporaryDirectory() as folder:
            rows_file, responses_file = Path(folder) / "rows.csv", Path(folder) / "responses.jsonl"
            for table in tables:
                table.to_csv(rows_file, mode="a", index=False, header=False, lineterminator="\n")
            script = [sys.executable, "-I", str(Path(predict.__file__).resolve())]
            done = subprocess.run(  # noqa: S603  (our own script, our own paths)
                [
                    *script,
                    f"--archive={self.archive}",
                    f"--rows={rows_file}",
                    f"--responses={responses_file}",
                ],
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode != 0:
                raise InputError(
                    f"the {self.name} fails to predict: {done.stderr[-MAX_ERROR_LENGTH:].strip()}"
                )
            lines = responses_file.read_text(encoding="utf-8").splitlines()
            return [json.loads(line) for line in lines]

    def _values(self, reader: PredictionReader, response: object, rows: int) -> list[float]:
        try:
            parsed = [parse_number(value) for value in reader.read(response, rows)]
        except RejectedLineError as error:
            raise InputError(
                f"the {self.name} returns a response without readable predictions: {error}"
            ) from error
        values = [value for value in parsed if value is not None and np.isfinite(value)]
        if len(values) < rows:
            raise InputError(
                f"the {self.name} returns {rows - len(values)} predictions that are not finite"
                " numbers"
            )
        return values

    def _probabilities(self, response: Any, rows: int, classes: list[str]) -> np.ndarray:
        predictions = response.get("predictions") if isinstance(response, dict) else response
        codes = {name: code for code, name in enumerate(classes)}
        probabilities = np.zeros((rows, len(classes)))
        if type(predictions) is not list or len(predictions) != rows:
            raise InputError(
                f"the {self.name} does not return one prediction for each of {rows} rows"
            )
        for row, prediction in enumerate(predictions):
            by_class = prediction.get("probabilities") if isinstance(prediction, dict) else None
            if not isinstance(by_class, dict):
                raise InputError(
                    f"the {self.name} returns no probabilities: the evaluation of a multiclass"
                    " model requires"
                    ' {"predictions": [{"probabilities": {CLASS: PROBABILITY}}]}'
                )
            for name, probability in by_class.items():
                code = codes.get(str(category_key(name, missing_texts=EMPTY_TEXTS)))
                if code is not None:
                    probabilities[row, code] = float(probability)
        return probabilities
