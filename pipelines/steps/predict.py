"""Asks one model for its answers, in a process of its own.

Champion and challenger bring their own code, whose modules have the same names: in one process the
second would get the first one's. This script imports nothing of driftloop for the same reason.
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

ROWS_AT_ONCE = 2000


def main(words: Sequence[str]) -> None:
    """Write one document of answers per request, as JSON Lines ``{"rows", "document"}``."""
    options = argparse.ArgumentParser(description=__doc__)
    for name in ("archive", "requests", "answers"):
        options.add_argument(f"--{name}", type=Path, required=True)
    given = options.parse_args(words)
    archive, requests, answers = (
        path.resolve() for path in (given.archive, given.requests, given.answers)
    )
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(archive) as packed:
            packed.extractall(folder, filter="data")
        served = serve(Path(folder), _rows(requests))
        with answers.open("w", encoding="utf-8") as out:
            for rows, document in served:
                out.write(json.dumps({"rows": rows, "document": document}) + "\n")


def serve(folder: Path, rows: list[list[str]]) -> Iterator[tuple[int, Any]]:
    """The answers of the model in ``folder`` to rows of cells, by its own inference code."""
    sys.path.insert(0, str(folder / "code"))
    os.chdir(folder)
    code = importlib.import_module("inference")
    model = code.model_fn(str(folder))
    for start in range(0, len(rows), ROWS_AT_ONCE):
        part = rows[start : start + ROWS_AT_ONCE]
        data = code.input_fn(_request(part), "text/csv")
        answer = code.output_fn(code.predict_fn(data, model), "application/json")
        yield len(part), _document(answer[0] if isinstance(answer, tuple) else answer)


def _rows(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def _request(rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _document(answer: Any) -> Any:
    return json.loads(answer) if isinstance(answer, str | bytes | bytearray) else answer


if __name__ == "__main__":
    main(sys.argv[1:])
