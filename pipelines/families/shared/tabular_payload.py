"""Requests and responses of a tabular model, in CSV and JSON.

The model archive contains this module beside inference.py, so it imports nothing of driftloop.
"""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

CSV = "text/csv"
JSON = "application/json"

Rows = list[Any]
"""Rows of a request: lists of cells in the order of the features, or mappings of name to cell."""


def parse(body: str | bytes, content_type: str) -> Rows:
    """The rows of a request; raises ValueError with the supported formats."""
    text = body.decode("utf-8") if isinstance(body, bytes) else body
    kind = content_type.split(";")[0].strip().lower()
    if kind == CSV:
        return [row for row in csv.reader(io.StringIO(text)) if row]
    if kind == JSON:
        return _instances(json.loads(text))
    raise ValueError(f"content type {content_type!r} is not supported: send {CSV} or {JSON}")


def columns(rows: Rows, names: Sequence[str]) -> dict[str, list[Any]]:
    """Cells by feature. A first row that consists of the feature names is a header."""
    if rows and isinstance(rows[0], list) and sorted(map(str, rows[0])) == sorted(names):
        header, rows = [str(cell) for cell in rows[0]], rows[1:]
    else:
        header = list(names)
    records = [_record(row, header, number) for number, row in enumerate(rows)]
    return {name: [record.get(name) for record in records] for name in names}


def write(predictions: Sequence[dict[str, Any]], accept: str | None) -> str:
    """The response: one line per row in CSV, else ``{"predictions": [...]}``."""
    if accept is not None and CSV in accept.lower():
        return "".join(f"{_single_value(prediction)}\n" for prediction in predictions)
    return json.dumps({"predictions": list(predictions)})


def _instances(data: Any) -> Rows:
    instances = data.get("instances") if isinstance(data, dict) else None
    if type(instances) is not list:
        raise ValueError(
            'JSON must be {"instances": [...]}, where each is a list or an object by feature name'
        )
    return [_unwrap(instance) for instance in instances]


def _unwrap(instance: Any) -> Any:
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


def _single_value(prediction: dict[str, Any]) -> Any:
    return prediction.get("predicted_label", prediction.get("score"))
