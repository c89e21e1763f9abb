"""What a cell means: when it is missing, when it is a number, which category it names.

One rule for training data and for captured payloads, whatever their encoding:

* **Missing** are null, NaN, NaT and the texts of ``MISSING_TEXTS`` in any case, blanks around
  them ignored. Sentinels such as -1 or 999 are values: what they mean is not ours to guess.
* **Numbers** are what a plain decimal notation says (``1``, ``-2.5``, ``1e-3``, ``inf``), and true
  and false as 1 and 0. Digit grouping (``1,000``, ``1_000``) and hexadecimal are no numbers. What
  stands there and is no number is *wrong*, which is not the same as missing.
* **Categories** are compared by a canonical key, so that the way from a database through CSV or
  JSON makes no new levels: ``1``, ``"1"`` and ``"1.0"`` are one level, and so are true, ``"True"``
  and ``"TRUE"``. ``"007"`` keeps its zeros, since that is how codes are written.
"""

import math
import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

Cells = Sequence[object] | NDArray[np.generic]

MISSING_TEXTS = frozenset({"", "nan", "null", "none", "na", "n/a", "<na>", "nat"})
"""Texts that stand for a missing value, in lower case and without blanks around them."""

MAX_KEY_LENGTH = 200
"""Characters of a category's key; a longer text keeps its beginning and a hash of the whole."""

_TYPES_OF_NUMBERS = frozenset({float, int, bool, type(None)})
_TRUTH = {"true": 1.0, "false": 0.0}
_PLAIN = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?", re.ASCII)
_SCIENTIFIC = re.compile(r"-?[0-9](?:\.[0-9]+)?[eE][+-][0-9]{1,3}", re.ASCII)


def is_missing(value: object) -> bool:
    """Whether a cell holds no value."""
    if value is None:
        return True
    if isinstance(value, str):
        return value.strip().lower() in MISSING_TEXTS
    if isinstance(value, float | np.floating):
        return math.isnan(value)
    return type(value).__name__ in ("NAType", "NaTType") or (
        isinstance(value, np.datetime64 | np.timedelta64) and bool(np.isnat(value))
    )


def parse_number(value: object) -> float | None:
    """The number that a cell says: NaN where it is missing, None where it is no number."""
    if isinstance(value, float):
        return value
    if isinstance(value, str):
        return _number_of_text(value)
    if is_missing(value):
        return math.nan
    if isinstance(value, bool | int | Decimal | np.bool_ | np.integer | np.floating):
        return _number_of_number(value)
    return None


def numeric_values(cells: Cells) -> tuple[NDArray[np.float64], NDArray[np.bool_] | None]:
    """Numbers float64[n] (NaN where missing or wrong) and wrong bool[n], None where none is.

    Zero has one form: -0.0 becomes 0.0.
    """
    if isinstance(cells, np.ndarray) and cells.dtype.kind in "fiub":
        return cells.astype(np.float64) + 0.0, None
    listed = _listed(cells)
    quick = _all_texts_of_numbers(listed) if listed and type(listed[0]) is str else _typed(listed)
    if quick is not None:
        return quick + 0.0, None
    parsed = [parse_number(cell) for cell in listed]
    if None not in parsed:
        return np.array(parsed, dtype=np.float64) + 0.0, None
    wrong = np.array([value is None for value in parsed], dtype=np.bool_)
    known = [math.nan if value is None else value for value in parsed]
    return np.array(known, dtype=np.float64) + 0.0, wrong


def category_key(value: object) -> str | None:
    """The canonical key of a category, None where the cell is missing."""
    if is_missing(value):
        return None
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    text = str(value).strip() if not isinstance(value, float) else repr(float(value))
    lowered = text.lower()
    if lowered in _TRUTH:
        return lowered
    if _PLAIN.fullmatch(text):
        return _trimmed(text)
    if _SCIENTIFIC.fullmatch(text):
        return _trimmed(_written_out(text))
    return bounded_text(text)


def category_codes(cells: Cells) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """Codes int32[n] into the sorted levels, -1 where missing."""
    listed = _listed(cells)
    known: dict[object, str | None] = {}
    keys: list[str | None] = []
    for cell in listed:
        # 1, 1.0 and True are one dictionary key in Python, so the type is part of ours
        identity = cell if type(cell) is str else (type(cell), str(cell))
        if identity not in known:
            known[identity] = category_key(cell)
        keys.append(known[identity])
    categories = tuple(sorted({key for key in known.values() if key is not None}))
    code: dict[str | None, int] = {category: index for index, category in enumerate(categories)}
    code[None] = -1
    return np.fromiter((code[key] for key in keys), np.int32, len(keys)), categories


def bounded_text(text: str) -> str:
    """A text that is valid Unicode and at most ``LONGEST_KEY`` characters long."""
    data = text.encode("utf-8", "backslashreplace")
    text = data.decode("utf-8")
    if len(text) <= MAX_KEY_LENGTH:
        return text
    return f"{text[: MAX_KEY_LENGTH - 17]}…{blake2b(data, digest_size=8).hexdigest()}"


def _typed(cells: list[object]) -> NDArray[np.float64] | None:
    """Numbers, truths and null as JSON has them, in one go; None where anything else is there."""
    if not _TYPES_OF_NUMBERS.issuperset(map(type, cells)):
        return None
    try:
        return np.array(cells, dtype=np.float64)
    except OverflowError:  # an integer beyond all floats
        return None


def _all_texts_of_numbers(cells: list[object]) -> NDArray[np.float64] | None:
    """Texts that are all plain numbers, in one go; None where any of them needs a closer look."""
    try:
        together = "".join(cells)  # type: ignore[arg-type]
        if together.isascii() and "_" not in together:
            return np.fromiter(map(float, cells), np.float64, len(cells))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return None


def _listed(cells: Cells) -> list[object]:
    """Python objects of an array; numpy's own scalars keep the shortest text that names them."""
    if isinstance(cells, np.ndarray) and cells.dtype.kind in "iubUO":
        return list(cells.tolist())
    return list(cells)


def _number_of_text(text: str) -> float | None:
    stripped = text.strip()
    try:
        if stripped.isascii() and "_" not in stripped:
            return float(stripped)
    except ValueError:
        pass  # the words that stand for a missing value or for a truth are looked up below
    lowered = stripped.lower()
    if lowered in MISSING_TEXTS:
        return math.nan
    return _TRUTH.get(lowered)


def _number_of_number(value: "bool | int | Decimal | np.bool_ | np.integer | np.floating") -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _trimmed(text: str) -> str:
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _written_out(text: str) -> str:
    try:
        return format(Decimal(text), "f")
    except InvalidOperation:
        return text
