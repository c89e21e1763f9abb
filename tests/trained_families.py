"""A family, trained and served by the functions that SageMaker's images call."""

import importlib
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from pipelines.code_archives import family_files
from pipelines.families import get_family

CSV = "text/csv"
SMALL: dict[str, dict[str, Any]] = {
    "sklearn": {"max_iter": 20, "min_samples_leaf": 5},
    "xgboost": {"num_boost_round": 15, "max_depth": 3},
}
"""Hyperparameters of a small model, by family."""


class ServedModel:
    """A trained model, called through the functions that SageMaker's images call."""

    def __init__(self, code: Any, model: Any) -> None:
        self.code, self.model = code, model

    def respond(self, body: str | bytes, kind: str = CSV, accept: str | None = None) -> Any:
        """What output_fn returns: a text with its content type, or a Flask response."""
        data = self.code.input_fn(body, kind)
        return self.code.output_fn(self.code.predict_fn(data, self.model), accept)

    def invoke(self, body: str | bytes, kind: str = CSV, accept: str | None = None) -> str:
        """The text of predictions in the content type ``accept``, else in the request's own."""
        text, content_type = self.respond(body, kind, accept)
        assert content_type == (accept or kind.partition(";")[0])
        return str(text)


@contextmanager
def trained_family(
    family: str, schema: Mapping[str, Any], rows: pd.DataFrame, folder: Path
) -> Iterator[ServedModel]:
    """Train on rows with the family's train.py; its model, with the code of its archive.

    The modules of the archive can be imported by their names until the context ends.
    """
    package, data, model = (folder / name for name in ("package", "data", "model"))
    for each in (package, data, model):
        each.mkdir()
    for name, path in family_files(family).items():
        (package / name).write_bytes(path.read_bytes())
    rows.to_csv(data / "train.csv", index=False)
    (data / "schema.json").write_text(json.dumps(schema))
    flat = [name.removesuffix(".py") for name in family_files(family)]
    hyperparameters = {**get_family(family).hyperparameters, **SMALL[family]}
    options = [f"--{name}={value}" for name, value in hyperparameters.items()]
    previous = list(sys.path), list(sys.argv)
    try:
        sys.argv = ["train.py", f"--train={data}", f"--model-dir={model}", *options]
        sys.path.insert(0, str(package))
        importlib.import_module("train").main()
        for name in flat:
            sys.modules.pop(name, None)
        sys.path[0] = str(model / "code")
        code = importlib.import_module("inference")
        yield ServedModel(code, code.model_fn(str(model)))
    finally:
        sys.path[:], sys.argv[:] = previous
        for name in flat:
            sys.modules.pop(name, None)
