"""Rows of features, in schema order, from a request's document of any common form.

Supported forms: a list of rows (with or without a header row), a list of objects, one row, one
object, columns by name, pandas' ``split`` form, and any of these under a wrapping key such as
``instances``, also as JSON Lines. Where a client uses other keys, the payload mapping names the
paths; they are compiled once. Rows of libsvm have positions instead of names.
"""

from collections.abc import Mapping, Sequence

from driftloop.capture.line_counts import RejectedLineError, RejectReason
from driftloop.capture.sparse_row import SparseRow
from driftloop.column_names import composed
from driftloop.path_expressions import MISSING, PathExpression
from driftloop.payload_mapping import DETECTED, PayloadMapping
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

    def __init__(self, schema: Schema, mapping: PayloadMapping = DETECTED) -> None:
        self._names = schema.names
        self._columns = schema.columns
        self._positions = schema.cell_positions
        self._records_path = mapping.records_key and PathExpression.parse(mapping.records_key)
        self._paths = FeaturePaths(schema.names, mapping) if mapping.feature_keys else None
        self._feature_keys = mapping.feature_row_keys(schema.names)
        self._known = mapping.known_keys(schema)
        self._composed_keys = frozenset(map(composed, self._feature_keys))
        self._composed_known = frozenset(map(composed, self._known))
        self.missing: dict[str, int] = {}
        self.extra: dict[str, int] = {}

    def read(self, document: object) -> list[Row]:
        """Rows in schema order, None for missing features; raises RejectedLineError."""
        self.missing, self.extra = {}, {}
        if self._records_path:
            found = self._records_path.find(document)
            document = document if found is MISSING else found
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
        while isinstance(document, dict) and not self._feature_keys.intersection(document):
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
        if not self._feature_keys.intersection(document):
            names = ", ".join(sorted(document)[:5]) or "none"
            raise RejectedLineError(RejectReason.NO_KNOWN_FEATURES, f"names: {names}"[:200])
        if self._paths is not None:
            return self._from_paths(document)
        if _JSON_CONTAINERS.isdisjoint(map(type, document.values())):
            return [self._row_by_name(document)]
        if _JSON_CONTAINERS.isdisjoint(type(document.get(name)) for name in self._names):
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
            if len(self._columns) == 1 or any(isinstance(item, SparseRow) for item in items):
                return [self._row(item) for item in items]
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
        if isinstance(item, SparseRow):
            return self._row_by_position(item.to_cells(len(self._columns)))
        if not isinstance(item, dict):
            return self._row_by_position([item])
        rows = self._from_object(item)
        if len(rows) != 1:
            raise RejectedLineError(
                RejectReason.UNREADABLE_PAYLOAD, "an item of a list must be one row"
            )
        return rows[0]

    def _row_by_position(self, cells: Sequence[object]) -> Row:
        if len(cells) != len(self._columns):
            raise RejectedLineError(
                RejectReason.COLUMN_COUNT_MISMATCH,
                f"{len(cells)} columns, the model has {len(self._columns)}",
            )
        if self._positions is not None:
            return _require_scalars([cells[position] for position in self._positions])
        return _require_scalars([*cells])

    def _from_paths(self, document: dict[str, object]) -> list[Row]:
        """Rows of an object whose features are at paths of their own."""
        if self._paths is None:
            raise TypeError("the model has no feature keys")
        found = self._paths.find(document)
        if all(value is MISSING for value in found):
            names = ", ".join(sorted(document)[:5])
            raise RejectedLineError(RejectReason.NO_KNOWN_FEATURES, f"names: {names}"[:200])
        columns = [_to_column_cells(value) for value in found]
        lengths = {
            len(value) if isinstance(value, list) else -1
            for value in columns
            if value is not MISSING
        }
        if len(lengths) != 1:
            raise RejectedLineError(RejectReason.UNREADABLE_PAYLOAD, "columns of different lengths")
        count = lengths.pop()
        rows = 1 if count < 0 else count
        for name, value in zip(self._names, found, strict=True):
            if value is MISSING and rows:
                self.missing[name] = self.missing.get(name, 0) + rows
        for name in self._paths.unknown_keys(document, self._known):
            self.extra[name] = self.extra.get(name, 0) + rows
        if count < 0:
            return [_require_scalars([None if v is MISSING else v for v in found])]
        filled = [value if isinstance(value, list) else [None] * count for value in columns]
        return [_require_scalars([*cells]) for cells in zip(*filled, strict=True)]

    def _row_by_name(self, cells: Mapping[str, object]) -> Row:
        if self._paths is not None:
            (row,) = self._from_paths(dict(cells))
            return row
        for name in self._names:
            if name not in cells:
                self.missing[name] = self.missing.get(name, 0) + 1
        if not self._known.issuperset(cells):
            for name in cells:
                if name not in self._known:
                    self.extra[name] = self.extra.get(name, 0) + 1
        return _require_scalars([cells.get(name) for name in self._names])

    def _find_header(self, row: object) -> list[str] | None:
        """The names, if the row is a header row and not values."""
        if not isinstance(row, list) or not all(isinstance(cell, str) for cell in row):
            return None
        names = [cell.strip() for cell in row]
        # names in another Unicode form are names too: they are reported as columns beside features
        given = names if "".join(names).isascii() else [composed(name) for name in names]
        features = self._composed_keys.intersection(given)
        is_distinct = len(set(names)) == len(names)
        are_known = self._composed_known.issuperset(given)
        if is_distinct and features and (features == self._composed_keys or are_known):
            return names
        return None


class FeaturePaths:
    """The compiled paths of a model's features within a row."""

    def __init__(self, names: Sequence[str], mapping: PayloadMapping) -> None:
        self._paths = [*mapping.feature_paths(names).values()]
        self._children: dict[tuple[str, ...], set[str]] = {}
        for path in self._paths:
            keys = path.leading_keys
            for count in range(1, len(keys)):
                self._children.setdefault(keys[:count], set()).add(keys[count])

    def find(self, document: object) -> list[object]:
        """The value of each feature; ``MISSING`` where a path leads to nothing."""
        return [path.find(document) for path in self._paths]

    def unknown_keys(self, document: dict[str, object], known: frozenset[str]) -> list[str]:
        """Keys beside those of the features, at every level that a path goes through."""
        unknown = [key for key in document if key not in known]
        for parents, children in self._children.items():
            inner = PathExpression.from_keys(parents).find(document)
            if isinstance(inner, dict) and not children.issuperset(inner):
                unknown += [
                    str(PathExpression.from_keys([*parents, key]))
                    for key in inner
                    if key not in children
                ]
        return unknown


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
