"""Runs one model's inference code in a process of its own and writes its predictions.

Champion and challenger bring their own code, whose modules have the same names: in one process, the
second model would get the modules of the first. For the same reason this script imports nothing of
driftloop.
"""

import argparse
import csv
import importlib
import io
import json
import os
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

MAX_REQUEST_ROWS = 2000
"""Maximum number of rows of one request, which bounds the memory of a response."""

OK = 200
"""The HTTP status of a response with predictions."""


def main(arguments: Sequence[str]) -> None:
    """Write one response per request, as JSON Lines ``{"rows": …, "response": …}``."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("archive", "rows", "responses"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    options = parser.parse_args(arguments)
    archive, rows_file, responses_file = (
        path.resolve() for path in (options.archive, options.rows, options.responses)
    )
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(archive) as packed:
            packed.extractall(folder, filter="data")
        responses = predict(Path(folder), _read_rows(rows_file))
        with responses_file.open("w", encoding="utf-8") as out:
            for count, response in responses:
                out.write(json.dumps({"rows": count, "response": response}) + "\n")


def predict(folder: Path, rows: list[list[str]]) -> Iterator[tuple[int, Any]]:
    """Responses of the model in ``folder``, each with its number of rows."""
    sys.path.insert(0, str(folder / "code"))
    os.chdir(folder)
    code = importlib.import_module("inference")
    model = code.model_fn(str(folder))
    for start in range(0, len(rows), MAX_REQUEST_ROWS):
        part = rows[start : start + MAX_REQUEST_ROWS]
        data = code.input_fn(_to_csv(part), "text/csv")
        yield len(part), _decode(code.output_fn(code.predict_fn(data, model), "application/json"))


def _read_rows(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def _to_csv(rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _decode(response: Any) -> Any:
    """The document of what output_fn returned, in any form that the serving toolkit takes.

    That is a text, a text with its content type, or a Flask response.
    """
    if hasattr(response, "get_data"):
        text = response.get_data(as_text=True)
        if response.status_code != OK:
            raise ValueError(f"status {response.status_code}: {text.strip()}")
        return json.loads(text)
    text = response[0] if isinstance(response, tuple) else response
    return json.loads(text) if isinstance(text, str | bytes | bytearray) else text


if __name__ == "__main__":
    main(sys.argv[1:])
