"""Data frames of pandas, polars and pyarrow as record batches, by one code path.

narwhals gives every data frame library one interface (docs/decisions/0016). It leaves cells as they
are, so the rules of :mod:`driftloop.cell_values` decide what a cell means here as for CSV files and
for captured payloads: a column of a data frame and the same column of a captured request are
compared by the same rules.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from hashlib import blake2b
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import numpy as np

from driftloop.capture import CategoricalColumn, NumericColumn, RecordBatch
from driftloop.cell_dates import parse_cell_date
from driftloop.cell_values import Cells, is_missing
from driftloop.errors import InputError
from driftloop.schema import Kind, Schema

if TYPE_CHECKING:
    import narwhals.stable.v2 as nw

    Frame = nw.DataFrame[Any]
    Series = nw.Series[Any]

MAX_NAMED = 10
"""Columns that an error message names."""

_NESTED_TYPES = ("List", "Array", "Struct", "Binary")
_ISO_DATE = re.compile(r"\s*\d{4}-\d{2}-\d{2}(?:[T ].*)?", re.DOTALL)


def read_frame(data: object, name: str) -> "Frame":
    """A data frame behind narwhals' interface; ``name`` says in messages which one it is.

    Raises InputError where ``data`` is no data frame, has no row or no column, or has column names
    that are duplicated or no strings.
    """
    # 0.1 s: only who hands in a data frame waits for it
    import narwhals.stable.v2 as nw

    try:
        frame = nw.from_native(data, eager_only=True)  # type: ignore[call-overload]
    except nw.exceptions.DuplicateError as error:
        raise InputError(f"{name}: {_duplicate_names(data)}; rename or drop all but one") from error
    except TypeError as error:
        raise InputError(f"{name}: {_wrong_type(data)}") from error
    columns: list[object] = list(frame.columns)
    others = [column for column in columns if not isinstance(column, str)]
    if others:
        raise InputError(
            f"{name}: column names must be strings, and {_list_names(map(repr, others))}"
            f" {'is' if len(others) == 1 else 'are'} not; rename the columns"
        )
    if not columns:
        raise InputError(f"{name}: the data frame has no columns")
    if not len(frame):
        raise InputError(f"{name}: the data frame has no rows")
    return frame  # type: ignore[no-any-return]


def infer_kinds(
    frame: "Frame", name: str, excluded: Collection[str] = ()
) -> dict[str, Kind | None]:
    """The kind of each column but the ``excluded`` ones; None where a column holds no value.

    Raises InputError that names the columns whose values can't be compared, such as lists.
    """
    kinds: dict[str, Kind | None] = {}
    unsupported: list[str] = []
    for column in frame.columns:
        if column not in excluded:
            try:
                kinds[column] = _kind(frame[column])
            except TypeError as error:
                unsupported.append(f"{column} ({error})")
    if unsupported:
        raise InputError(
            f"{name}: these columns hold no single values and can't be compared:"
            f" {_list_names(unsupported)}; drop them, or name the columns to compare with features="
        )
    return kinds


def require_columns(frame: "Frame", name: str, columns: Iterable[str], purpose: str) -> None:
    """Raise InputError where the data frame lacks one of ``columns``, with those that it has."""
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise InputError(
            f"{name}: {'column' if len(missing) == 1 else 'columns'} {_list_names(missing)}"
            f" {'is' if len(missing) == 1 else 'are'} missing ({purpose});"
            f" the data frame has {_list_names(frame.columns)}"
        )


def require_same_columns(reference: Collection[str], current: Collection[str]) -> None:
    """Raise InputError that names the columns which only one of the two data frames has."""
    only_reference = [column for column in reference if column not in current]
    only_current = [column for column in current if column not in reference]
    if only_reference or only_current:
        parts = [
            f"only {side} has {_list_names(columns)}"
            for side, columns in (("reference", only_reference), ("current", only_current))
            if columns
        ]
        raise InputError(
            f"reference and current have different columns: {'; '.join(parts)}. Rename or drop"
            " them, or name the columns to compare with features="
        )


def batch_from_frame(
    frame: "Frame",
    schema: Schema,
    *,
    name: str,
    prediction: str | None = None,
    time_column: str | None = None,
) -> RecordBatch:
    """The rows of a data frame as a record batch; columns beside those of ``schema`` are ignored.

    Raises InputError where a column is missing or a time is none; ``name`` is put in front.
    """
    require_columns(frame, name, schema.names, "a feature")
    require_columns(frame, name, [prediction] if prediction else [], "prediction")
    require_columns(frame, name, [time_column] if time_column else [], "time_column")
    columns: Mapping[str, Cells] = {
        feature.name: to_cells(frame[feature.name], feature.kind) for feature in schema.features
    }
    try:
        return RecordBatch.from_columns(
            schema,
            columns,
            to_cells(frame[prediction], schema.prediction.kind) if prediction else None,
            to_cells(frame[time_column], Kind.DATE) if time_column else None,
        )
    except InputError as error:
        raise InputError(f"{name}: {error}") from error


def with_content_ids(batch: RecordBatch) -> RecordBatch:
    """The batch with event ids that no other data frame's rows have, but a copy of it has.

    Duplicates are recognized by event id. The rows of a data frame have none, and are numbered;
    with numbers alone, the rows of two data frames whose profiles are added would be duplicates.
    """
    digest = blake2b(digest_size=8)
    for column in (*batch.columns.values(), batch.prediction, batch.times):
        if isinstance(column, CategoricalColumn):
            digest.update(repr(column.categories).encode("utf-8", "backslashreplace"))
            digest.update(column.codes.tobytes())
        elif isinstance(column, NumericColumn):
            digest.update(column.values.tobytes())
        elif column is not None:
            digest.update(column.tobytes())
    name = digest.hexdigest()
    return replace(batch, event_ids=[f"{name}-{event_id}" for event_id in batch.event_ids])


def to_cells(series: "Series", kind: Kind) -> Cells:
    """The cells of a column: an array of numbers or times where the column is one, else a list."""
    dtype = series.dtype
    if dtype.is_integer() or dtype.is_float():
        if kind is Kind.CATEGORICAL or "128" in str(dtype):
            return series.to_list()  # an identifier above 2**53 is no float
        return series.to_numpy()
    if dtype.is_temporal():
        return _temporal_cells(series, kind)
    return series.to_list()


def _temporal_cells(series: "Series", kind: Kind) -> Cells:
    array = series.to_numpy()
    if kind is Kind.DATE and array.dtype.kind == "M":
        return array
    if kind is Kind.NUMERIC and array.dtype.kind == "m":
        return array / np.timedelta64(1, "s")
    return series.to_list()


def _kind(series: "Series") -> Kind | None:
    """The kind of a column by its type or else its values; TypeError where it has none."""
    dtype = series.dtype
    type_name = type(dtype).__name__
    if type_name in _NESTED_TYPES:
        raise TypeError(str(dtype))
    if type_name in ("Boolean", "Categorical", "Enum", "Time"):
        return Kind.CATEGORICAL
    if dtype.is_numeric() or type_name == "Duration":
        return Kind.NUMERIC
    if type_name in ("Date", "Datetime"):
        return Kind.DATE
    return _kind_of_values([cell for cell in series.to_list() if not is_missing(cell)])


def _kind_of_values(values: list[object]) -> Kind | None:
    if not values:
        return None
    types = set(map(type, values))
    for cell_type in types:
        if issubclass(cell_type, bytes | complex | Collection) and not issubclass(cell_type, str):
            raise TypeError(cell_type.__name__)
    if all(issubclass(cell_type, bool | np.bool_) for cell_type in types):
        return Kind.CATEGORICAL
    numbers = int | float | Decimal | bool | np.bool_ | np.integer | np.floating
    if all(issubclass(cell_type, numbers) for cell_type in types):
        return Kind.NUMERIC
    if all(issubclass(cell_type, date | np.datetime64) for cell_type in types):
        return Kind.DATE
    if types == {str} and all(map(_is_iso_date, dict.fromkeys(map(str, values)))):
        return Kind.DATE
    return Kind.CATEGORICAL


def _is_iso_date(text: str) -> bool:
    return _ISO_DATE.fullmatch(text) is not None and parse_cell_date(text) is not None


def _duplicate_names(data: object) -> str:
    # the columns of a pyarrow table are its values
    names: list[object] = list(getattr(data, "column_names", getattr(data, "columns", ())))
    repeated = [repr(name) for name, count in Counter(names).items() if count > 1]
    return f"several columns are named {_list_names(repeated)}"


def _wrong_type(data: object) -> str:
    if hasattr(data, "collect"):
        return "this data frame is lazy; call its .collect() first"
    return (
        f"a data frame is needed (pandas, polars, a pyarrow Table, or another that narwhals"
        f" supports), and {_type_name(data)} was given{_remedy(data)}"
    )


def _type_name(data: object) -> str:
    """The type as users write it, such as ``numpy.ndarray`` or ``driftloop.Baseline``."""
    module, name = type(data).__module__, type(data).__qualname__
    if module.startswith("driftloop."):
        module = "driftloop"
    return f"{module}.{name}".removeprefix("builtins.")


def _remedy(data: object) -> str:
    """What to do instead, where it is known."""
    if isinstance(data, str | PurePath):
        return "; read the file first, such as with pandas.read_csv"
    if isinstance(data, np.ndarray):
        return "; make a data frame of it first: pandas.DataFrame(data, columns=[...])"
    if isinstance(data, Mapping | list | tuple):
        return "; make a data frame of it first: pandas.DataFrame(data)"
    if type(data).__name__ == "Series":
        return "; a series is one column: call its .to_frame() first"
    if type(data).__name__ in ("CapturedBatches", "Profile"):
        return "; it is compared with a Baseline: give Baseline.fit(reference) as reference"
    if type(data).__name__ == "Baseline":
        return "; a Baseline is what current records are compared with: give it as reference"
    return ""


def _list_names(names: Iterable[object]) -> str:
    listed = [str(name) for name in names]
    rest = len(listed) - MAX_NAMED
    return ", ".join(listed[:MAX_NAMED]) + (f" and {rest} more" if rest > 0 else "")
