"""Requests and responses of a tabular model, in CSV, JSON and JSON Lines.

The model archive contains this module beside inference.py, so it imports nothing of driftloop.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

CSV = "text/csv"
JSON = "application/json"
JSON_LINES = "application/jsonlines"

Rows = list[Any]
"""Rows of a request: lists of cells in the order of the features, or mappings of name to cell."""

UTF8_CHARSETS = ("utf-8", "utf8", "us-ascii", "ascii")
"""Names of UTF-8 and of its subset ASCII."""

MAX_NAMES = 20
"""Maximum number of names in a message: enough to recognize the features of a small model."""


# Python's csv module takes 131,072 characters for a cell by default, and JSON has no limit;
# SageMaker bounds the size of a request. The limit is one for the process.
csv.field_size_limit(max(csv.field_size_limit(), 1 << 27))


class RequestError(ValueError):
    """The client's request is wrong: an HTTP status from 400 to 499, and one sentence."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Request:
    """The rows of a request, and its content type without parameters."""

    rows: Rows
    content_type: str


def parse(body: str | bytes, content_type: str) -> Request:
    """The rows of a request.

    Args:
        body: The body; bytes are UTF-8.
        content_type: The header of the request, also with a charset.

    Raises:
        RequestError: The content type is not supported, or the body is not of that type.
    """
    kind = _media_type(content_type)
    if kind not in READERS:
        raise RequestError(
            f"Content type {content_type!r} is not supported: send {', '.join(READERS)}.", 415
        )
    text = _decode(body, content_type)
    if not text.strip():
        raise RequestError("The request has no rows: its body is empty.")
    return Request(READERS[kind](text), kind)


def columns(
    rows: Rows, names: Sequence[str], request_columns: Sequence[str] = ()
) -> dict[str, list[Any]]:
    """Cells by feature. A first row that consists of the names of its columns is a header.

    Args:
        rows: The rows of a request.
        names: The features.
        request_columns: All columns of a row in their order, where rows have others beside the
            features.

    Raises:
        RequestError: A row has not one scalar cell per column, or none of the features.
    """
    header = list(request_columns or names)
    if rows and isinstance(rows[0], list) and _is_header(rows[0], header, names):
        header, rows = [str(cell) for cell in rows[0]], rows[1:]
    records = [_record(row, header, names, number) for number, row in enumerate(rows, start=1)]
    return {name: [record.get(name) for record in records] for name in names}


def choose_content_type(accept: str | None, own: str) -> str:
    """The content type of the response: the one with the highest quality in ``accept``.

    ``own``, the content type of the request, is preferred to another one of the same quality, so a
    request that accepts anything gets its own type. Follows RFC 9110, section 12.5.1.

    Raises:
        RequestError: ``accept`` contains none of the supported types.
    """
    qualities = dict(_media_ranges(accept or "*/*"))
    candidates = [own, *(kind for kind in WRITERS if kind != own)]
    best = max(candidates, key=lambda kind: _quality(kind, qualities))
    if _quality(best, qualities) <= 0:
        raise RequestError(
            f"No content type in Accept {accept!r} is supported: accept {', '.join(WRITERS)}.", 406
        )
    return best


def write(predictions: Sequence[dict[str, Any]], content_type: str) -> str:
    """The body of the response, in one of ``WRITERS``."""
    return WRITERS[content_type](predictions)


# --- reading ---------------------------------------------------------------------------


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _decode(body: str | bytes, content_type: str) -> str:
    if isinstance(body, str):
        return body.removeprefix("\ufeff")
    if dict(_parameters(content_type)).get("charset", "utf-8").lower() not in UTF8_CHARSETS:
        raise RequestError(f"The charset of {content_type!r} is not supported: send UTF-8.", 415)
    try:
        return body.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise RequestError(f"The body is not UTF-8 at byte {error.start}.") from error


def _parameters(header: str) -> Iterator[tuple[str, str]]:
    for part in header.split(";")[1:]:
        name, _, value = part.partition("=")
        yield name.strip().lower(), value.strip().strip('"')


def _read_csv(text: str) -> Rows:
    lines = io.StringIO(text, newline="")
    try:
        return [row for row in csv.reader(lines, strict=True, skipinitialspace=True) if row]
    except csv.Error as error:
        raise RequestError(f"The body is not CSV: {error}.") from error


def _read_json(text: str) -> Rows:
    data = _load(text, "The body")
    instances = data.get("instances") if isinstance(data, dict) else None
    if not isinstance(instances, list):
        raise RequestError(
            'JSON must be {"instances": [...]}, where each is a list or an object by feature name.'
        )
    return [_unwrap(instance) for instance in instances]


def _read_json_lines(text: str) -> Rows:
    lines = enumerate(text.split("\n"), start=1)
    return [_unwrap(_load(line, f"Line {number}")) for number, line in lines if line.strip()]


def _load(text: str, what: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError as error:
        raise RequestError(f"{what} is nested too deeply.") from error
    except ValueError as error:
        raise RequestError(f"{what} is not JSON: {error}.") from error


def _unwrap(instance: Any) -> Any:
    if isinstance(instance, dict) and isinstance(instance.get("features"), list):
        return instance["features"]
    return instance


def _is_header(row: list[Any], columns: Sequence[str], names: Sequence[str]) -> bool:
    """Whether a row consists of the names of all columns, or of all features."""
    return sorted(map(str, row)) in (sorted(columns), sorted(names))


def _record(
    row: Any, header: Sequence[str], names: Sequence[str], number: int
) -> Mapping[str, Any]:
    if isinstance(row, list):
        if len(row) != len(header):
            raise RequestError(
                f"Row {number} has {len(row)} cells, expected {len(header)}: {_names(header)}."
            )
        cells = dict(zip(header, row, strict=True))
        record = {name: cells[name] for name in names}
    elif isinstance(row, dict):
        record = {name: row[name] for name in names if name in row}
        if not record:
            raise RequestError(f"Row {number} has none of the features {_names(names)}.")
    else:
        raise RequestError(f"Row {number} is neither a list of cells nor an object by feature.")
    for name, cell in record.items():
        if isinstance(cell, list | dict):
            raise RequestError(
                f"Row {number} has a list or an object as {name!r}, expected a scalar."
            )
    return record


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(names[:MAX_NAMES])
    return shown if len(names) <= MAX_NAMES else f"{shown} and {len(names) - MAX_NAMES} more"


READERS: Mapping[str, Callable[[str], Rows]] = {
    CSV: _read_csv,
    JSON: _read_json,
    JSON_LINES: _read_json_lines,
}
"""Supported content types of a request."""


# --- writing ---------------------------------------------------------------------------


def _media_ranges(accept: str) -> Iterator[tuple[str, float]]:
    """Media range and quality of each element of an Accept header."""
    for element in accept.split(","):
        if element.strip():
            quality = dict(_parameters(element)).get("q", "1")
            yield _media_type(element), _to_quality(quality)


def _to_quality(text: str) -> float:
    """The quality from 0 to 1; of a malformed one, that of an element without quality."""
    try:
        value = float(text)
    except ValueError:
        return 1.0
    return value if 0.0 <= value <= 1.0 else 1.0


def _quality(kind: str, qualities: Mapping[str, float]) -> float:
    """The quality of the most specific range that contains the type, 0 if there is none."""
    ranges = (kind, f"{kind.partition('/')[0]}/*", "*/*")
    return next((qualities[each] for each in ranges if each in qualities), 0.0)


def _write_csv(predictions: Iterable[dict[str, Any]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([_single_value(each)] for each in predictions)
    return out.getvalue()


def _write_json(predictions: Iterable[dict[str, Any]]) -> str:
    return json.dumps({"predictions": list(predictions)})


def _write_json_lines(predictions: Iterable[dict[str, Any]]) -> str:
    return "".join(f"{json.dumps(each)}\n" for each in predictions)


def _single_value(prediction: dict[str, Any]) -> Any:
    return prediction.get("predicted_label", prediction.get("score"))


WRITERS: Mapping[str, Callable[[Iterable[dict[str, Any]]], str]] = {
    CSV: _write_csv,
    JSON: _write_json,
    JSON_LINES: _write_json_lines,
}
"""Supported content types of a response: one value per line, an object, an object per line."""
