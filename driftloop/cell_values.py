"""The rules for the value of a cell: missing values, numbers and categories.

Training data and captured requests have the same rules, in every encoding:

* **Missing values** are null, NaN, NaT and the texts of ``MISSING_TEXTS``, ignoring case and
  surrounding blanks. Sentinels such as -1 or 999 are values, because their meaning is unknown.
  Where ``NA`` is a code, of North America for example, only an empty text is missing
  (``EMPTY_TEXTS``). Classes may be named None or N/A (``CLASS_MISSING_TEXTS``).
* **Numbers** are texts in plain decimal notation (``1``, ``-2.5``, ``1e-3``, ``inf``), and true and
  false as 1 and 0. Digit grouping (``1,000``, ``1_000``) and hexadecimal notation are not numbers.
  A cell that is neither missing nor a number is *invalid*.
* **Categories** are compared by a canonical key, so that a value which passes through CSV or JSON
  does not become a new category: ``1``, ``"1"`` and ``"1.0"`` are one category, and so are true,
  ``"True"`` and ``"TRUE"``. ``"007"`` keeps its zeros, because they are part of a code. Monitoring
  keeps blanks around a text, which a model that compares texts does not ignore; labels, entities
  and the model families do without them.
"""

import math
import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

try:
    from driftloop.missing_texts import EMPTY_TEXTS as EMPTY_TEXTS
    from driftloop.missing_texts import MISSING_TEXTS as MISSING_TEXTS
except ModuleNotFoundError:  # a model archive holds both modules, without driftloop
    from driftloop_missing_texts import EMPTY_TEXTS as EMPTY_TEXTS  # type: ignore[no-redef]
    from driftloop_missing_texts import MISSING_TEXTS as MISSING_TEXTS  # type: ignore[no-redef]

Cells = Sequence[object] | NDArray[np.generic]

MAX_KEY_LENGTH = 200
"""Maximum length of a category's key, in characters.

A longer text is replaced by its beginning and a hash of the whole, which bounds a profile's size.
"""

_NUMBER_TYPES = frozenset({float, int, bool, type(None)})
_BOOLEANS = {"true": 1.0, "false": 0.0}
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?", re.ASCII)
_SCIENTIFIC = re.compile(r"-?[0-9](?:\.[0-9]+)?[eE][+-][0-9]{1,3}", re.ASCII)


def is_missing(value: object, missing_texts: frozenset[str] = MISSING_TEXTS) -> bool:
    """Whether a cell is a missing value."""
    if value is None:
        return True
    if isinstance(value, str):
        return value.strip().lower() in missing_texts
    if isinstance(value, float | np.floating):
        return math.isnan(value)
    return type(value).__name__ in ("NAType", "NaTType") or (
        isinstance(value, np.datetime64 | np.timedelta64) and bool(np.isnat(value))
    )


def parse_number(value: object) -> float | None:
    """The number in a cell: NaN where it is missing, None where it is invalid."""
    if isinstance(value, float):
        return value
    if isinstance(value, str):
        return _parse_text(value)
    if is_missing(value):
        return math.nan
    if isinstance(value, bool | int | Decimal | np.bool_ | np.integer | np.floating):
        return _to_float(value)
    return None


def numeric_values(cells: Cells) -> tuple[NDArray[np.float64], NDArray[np.bool_] | None]:
    """The numbers in cells.

    Negative zero becomes 0.0.

    Returns:
        The numbers float64[n], NaN where a cell is missing or invalid; and whether a cell is
        invalid, bool[n], or None where no cell is.
    """
    if isinstance(cells, np.ndarray) and cells.dtype.kind in "fiub":
        return cells.astype(np.float64) + 0.0, None
    objects = _to_objects(cells)
    is_text = bool(objects) and type(objects[0]) is str
    fast = _parse_number_texts(objects) if is_text else _convert_numbers(objects)
    if fast is not None:
        return fast + 0.0, None
    parsed = [parse_number(cell) for cell in objects]
    if None not in parsed:
        return np.array(parsed, dtype=np.float64) + 0.0, None
    is_invalid = np.array([value is None for value in parsed], dtype=np.bool_)
    values = [math.nan if value is None else value for value in parsed]
    return np.array(values, dtype=np.float64) + 0.0, is_invalid


def category_key(
    value: object,
    *,
    keep_blanks: bool = False,
    missing_texts: frozenset[str] = MISSING_TEXTS,
) -> str | None:
    """The canonical key of a category, None where the cell is missing.

    Args:
        value: The cell.
        keep_blanks: Whether blanks around a text stay, as a model that compares texts sees them.
            Numbers, true and false are canonical in any case.
        missing_texts: Texts of a missing value.
    """
    if isinstance(value, bytes):
        value = value.decode("utf-8", "backslashreplace")
    if is_missing(value, missing_texts):
        return None
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    written = str(value) if not isinstance(value, float) else repr(float(value))
    text = written.strip()
    lowered = text.lower()
    if lowered in _BOOLEANS:
        return lowered
    if _DECIMAL.fullmatch(text):
        return _trim_decimals(text)
    if _SCIENTIFIC.fullmatch(text):
        return _trim_decimals(_expand_exponent(text))
    return bounded_text(written if keep_blanks else text)


def category_codes(
    cells: Cells,
    *,
    keep_blanks: bool = False,
    missing_texts: frozenset[str] = MISSING_TEXTS,
) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """Codes int32[n] into the sorted categories, -1 where a cell is missing; and the categories.

    ``keep_blanks`` and ``missing_texts`` are those of :func:`category_key`.
    """
    objects = _to_objects(cells)
    key_by_cell: dict[object, str | None] = {}
    keys: list[str | None] = []
    for cell in objects:
        # 1, 1.0 and True are equal dictionary keys in Python, so the key includes the type
        identity = cell if type(cell) is str else (type(cell), str(cell))
        if identity not in key_by_cell:
            key_by_cell[identity] = category_key(
                cell, keep_blanks=keep_blanks, missing_texts=missing_texts
            )
        keys.append(key_by_cell[identity])
    categories = tuple(sorted({key for key in key_by_cell.values() if key is not None}))
    code: dict[str | None, int] = {category: index for index, category in enumerate(categories)}
    code[None] = -1
    return np.fromiter((code[key] for key in keys), np.int32, len(keys)), categories


def bounded_text(text: str) -> str:
    """The text as valid Unicode of at most ``MAX_KEY_LENGTH`` characters."""
    data = text.encode("utf-8", "backslashreplace")
    text = data.decode("utf-8")
    if len(text) <= MAX_KEY_LENGTH:
        return text
    return f"{text[: MAX_KEY_LENGTH - 17]}…{blake2b(data, digest_size=8).hexdigest()}"


def _convert_numbers(cells: list[object]) -> NDArray[np.float64] | None:
    """Convert numbers, booleans and null in bulk; None where a cell has another type."""
    if not _NUMBER_TYPES.issuperset(map(type, cells)):
        return None
    try:
        return np.array(cells, dtype=np.float64)
    except OverflowError:  # an integer that is too large for a float
        return None


def _parse_number_texts(cells: list[object]) -> NDArray[np.float64] | None:
    """Parse texts in bulk; None where one of them is not a plain number."""
    try:
        joined = "".join(cells)  # type: ignore[arg-type]
        if joined.isascii() and "_" not in joined:
            return np.fromiter(map(float, cells), np.float64, len(cells))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return None


def _to_objects(cells: Cells) -> list[object]:
    """The cells as Python objects; scalars of numpy stay, because their text is the shortest."""
    if isinstance(cells, np.ndarray) and cells.dtype.kind in "iubUO":
        return list(cells.tolist())
    return list(cells)


def _parse_text(text: str) -> float | None:
    stripped = text.strip()
    try:
        if stripped.isascii() and "_" not in stripped:
            return float(stripped)
    except ValueError:
        pass  # missing values and booleans are looked up below
    lowered = stripped.lower()
    if lowered in MISSING_TEXTS:
        return math.nan
    return _BOOLEANS.get(lowered)


def _to_float(value: "bool | int | Decimal | np.bool_ | np.integer | np.floating") -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _trim_decimals(text: str) -> str:
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _expand_exponent(text: str) -> str:
    try:
        return format(Decimal(text), "f")
    except InvalidOperation:
        return text
