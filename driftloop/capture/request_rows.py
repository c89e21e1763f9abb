"""Rows of features, in schema order, from a request's document of any common form.

Supported forms: a list of rows (with or without a header row), a list of objects, one row, one
object, columns by name, pandas' ``split`` form, and any of these under a wrapping key such as
``instances``, also as JSON Lines.
"""

from collections.abc import Mapping, Sequence

from driftloop.capture.line_counts import RejectedLineError, RejectReason
from driftloop.schema import Schema

WRAPPERS = (
    "instances",
    "inputs",
    "records",
    "dataframe_records",
    "dataframe_split",
    "features",
    "data",
    "rows",
    "values",
    "input",
    "instance",
)
"""Keys that wrap the rows, in order of precedence."""

Row = list[object]

_JSON_CONTAINERS = frozenset({list, dict})
_CONTAINERS = _JSON_CONTAINERS | {tuple}
"""Types of a cell that holds more than one value; only .npy payloads give tuples."""


class RequestRowReader:
    """Reads the request documents of one model.

    After each document, ``missing`` holds the features that its rows lack, and ``extra`` its names
    that are not features, each with its number of rows.
    """

    def __init__(self, schema: Schema) -> None:
        self._names = schema.names
        self._known = frozenset(schema.names)
        self.missing: dict[str, int] = {}
        self.extra: dict[str, int] = {}

    def read(self, document: object) -> list[Row]:
        """Rows in schema order, None for missing features; raises RejectedLineError."""
        self.missing, self.extra = {}, {}
        document = self._unwrap(document)
        if isinstance(document, dict):
            rows = self._from_object(document)
        elif isinstance(document, list):
            rows = self._from_list(document)
        else:
            rows = [self._row_by_position([document])]
        if not rows:
            raise RejectedLineError(RejectReason.EMPTY_PAYLOAD)
        return rows

    def _unwrap(self, document: object) -> object:
        while isinstance(document, dict) and not self._known.intersection(document):
            if isinstance(document.get("columns"), list) and isinstance(document.get("data"), list):
                return self._read_split_form(document["columns"], document["data"])
            key = next((key for key in WRAPPERS if key in document), None)
            if key is None:
                return document
            document = document[key]
        return document

    def _read_split_form(self, names: list[object], rows: list[object]) -> object:
        if not all(isinstance(name, str) for name in names):
            raise RejectedLineError(
                RejectReason.UNREADABLE_PAYLOAD, "the key `columns` must hold names"
            )
        return [_cells_by_name(names, row) for row in rows]

    def _from_object(self, document: dict[str, object]) -> list[Row]:
        if not self._known.intersection(document):
            names = ", ".join(sorted(document)[:5]) or "none"
            raise RejectedLineError(RejectReason.NO_KNOWN_FEATURES, f"names: {names}"[:200])
        if _JSON_CONTAINERS.isdisjoint(map(type, document.values())):
            return [self._row_by_name(document)]
        columns = {name: _to_column_cells(value) for name, value in document.items()}
        feature_columns = [columns.get(name) for name in self._names if name in columns]
        lengths = {len(value) if isinstance(value, list) else -1 for value in feature_columns}
        if len(lengths) != 1 or -1 in lengths:
            raise RejectedLineError(RejectReason.UNREADABLE_PAYLOAD, "columns of different lengths")
        by_name = {name: value for name, value in columns.items() if isinstance(value, list)}
        return [
            self._row_by_name({name: v[i] for name, v in by_name.items() if i < len(v)})
            for i in range(lengths.pop())
        ]

    def _from_list(self, items: list[object]) -> list[Row]:
        if items and not any(isinstance(item, list | dict) for item in items):
            if len(self._names) == 1:
                return [self._row_by_position([item]) for item in items]
            return [self._row_by_position(items)]
        header = self._find_header(items[0]) if items else None
        if header:
            return [self._row_by_name(_cells_by_name(header, row)) for row in items[1:]]
        return [self._row(item) for item in items]

    def _row(self, item: object) -> Row:
        item = self._unwrap(item)
        if isinstance(item, list):
            if len(item) == 1 and isinstance(item[0], list | dict):
                return self._row(item[0])
            return self._row_by_position(item)
        if not isinstance(item, dict):
            return self._row_by_position([item])
        rows = self._from_object(item)
        if len(rows) != 1:
            raise RejectedLineError(
                RejectReason.UNREADABLE_PAYLOAD, "an item of a list must be one row"
            )
        return rows[0]

    def _row_by_position(self, cells: Sequence[object]) -> Row:
        if len(cells) != len(self._names):
            raise RejectedLineError(
                RejectReason.COLUMN_COUNT_MISMATCH,
                f"{len(cells)} columns, the model has {len(self._names)}",
            )
        return _require_scalars([*cells])

    def _row_by_name(self, cells: Mapping[str, object]) -> Row:
        for name in self._names:
            if name not in cells:
                self.missing[name] = self.missing.get(name, 0) + 1
        if len(cells) > len(self._names) or not self._known.issuperset(cells):
            for name in cells:
                if name not in self._known:
                    self.extra[name] = self.extra.get(name, 0) + 1
        return _require_scalars([cells.get(name) for name in self._names])

    def _find_header(self, row: object) -> list[str] | None:
        """The names, if the row is a header row and not values."""
        if not isinstance(row, list) or not all(isinstance(cell, str) for cell in row):
            return None
        names = [cell.strip() for cell in row]
        known = self._known.intersection(names)
        is_distinct = len(set(names)) == len(names)
        if is_distinct and known and (known == self._known or len(known) == len(names)):
            return names
        return None


def _cells_by_name(names: Sequence[object], row: object) -> dict[str, object]:
    if not isinstance(row, list) or len(row) != len(names):
        count = len(row) if isinstance(row, list) else 1
        raise RejectedLineError(
            RejectReason.COLUMN_COUNT_MISMATCH, f"{count} columns under {len(names)} names"
        )
    return {str(name): cell for name, cell in zip(names, row, strict=True)}


def _to_column_cells(value: object) -> object:
    """The cells of a column; pandas writes a column as an object of row labels and cells."""
    return list(value.values()) if isinstance(value, dict) else value


def _require_scalars(cells: Row) -> Row:
    if not _CONTAINERS.isdisjoint(map(type, cells)):
        raise RejectedLineError(RejectReason.UNREADABLE_PAYLOAD, "a cell holds a list or an object")
    return cells
