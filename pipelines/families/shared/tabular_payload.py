"""Requests and answers of a tabular model: CSV and JSON in, CSV and JSON out.

Lies flat beside inference.py in the model's archive, so it imports nothing of driftloop.
"""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

CSV = "text/csv"
JSON = "application/json"

Rows = list[Any]
"""Rows as they came: lists of cells in payload order, or mappings of name to cell."""


def parse(body: str | bytes, content_type: str) -> Rows:
    """The rows of a request; raises ValueError which says what would have been understood."""
    text = body.decode("utf-8") if isinstance(body, bytes) else body
    kind = content_type.split(";")[0].strip().lower()
    if kind == CSV:
        return [row for row in csv.reader(io.StringIO(text)) if row]
    if kind == JSON:
        return _instances(json.loads(text))
    raise ValueError(f"content type {content_type!r} is not understood: send {CSV} or {JSON}")


def columns(rows: Rows, names: Sequence[str]) -> dict[str, list[Any]]:
    """Cells by feature. A first row that consists of the names is a header, in any order."""
    if rows and isinstance(rows[0], list) and sorted(map(str, rows[0])) == sorted(names):
        header, rows = [str(cell) for cell in rows[0]], rows[1:]
    else:
        header = list(names)
    records = [_record(row, header, number) for number, row in enumerate(rows)]
    return {name: [record.get(name) for record in records] for name in names}


def write(answers: Sequence[dict[str, Any]], accept: str | None) -> str:
    """The answer: one line a row in CSV, else ``{"predictions": [...]}``."""
    if accept is not None and CSV in accept.lower():
        return "".join(f"{_first(answer)}\n" for answer in answers)
    return json.dumps({"predictions": list(answers)})


def _instances(data: Any) -> Rows:
    instances = data.get("instances") if isinstance(data, dict) else None
    if type(instances) is not list:
        raise ValueError('JSON must be {"instances": [...]}, each a list or an object by name')
    return [_unwrapped(instance) for instance in instances]


def _unwrapped(instance: Any) -> Any:
    if isinstance(instance, dict) and isinstance(instance.get("features"), list):
        return instance["features"]
    return instance


def _record(row: Any, header: list[str], number: int) -> dict[str, Any]:
    if isinstance(row, dict):
        return row
    if not isinstance(row, list) or len(row) != len(header):
        found = len(row) if isinstance(row, list) else 1
        raise ValueError(f"row {number} has {found} cells, expected {len(header)}: {header}")
    return dict(zip(header, row, strict=True))


def _first(answer: dict[str, Any]) -> Any:
    return answer["predicted_label"] if "predicted_label" in answer else answer["score"]
