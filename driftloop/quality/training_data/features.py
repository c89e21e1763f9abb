"""Checks the cells of one column of training data: can they be read as its kind?"""

import unicodedata
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftloop.capture import CategoricalColumn, Column, NumericColumn
from driftloop.cell_dates import epoch_seconds
from driftloop.cell_values import numeric_values
from driftloop.quality.training_data.findings import Finding, Rows
from driftloop.quality.violations import percent
from driftloop.schema import Feature, Kind
from driftloop.untrusted_text import quoted_value

MAX_UNREADABLE_SHARE = 0.5
"""Share of a column's values that can't be read as its kind, from which the kind is wrong."""

MAX_EXACT_INTEGER = 2.0**53
"""Integers beyond it are not all different as float64 (IEEE 754)."""

PREDICTION = "prediction"
"""The setting of the column of predictions."""

MIN_MEASURED_NUMBERS = 250
"""Different numbers of a category, some with decimals, from which it is a measurement."""

_MAX_INSPECTED = 10_000
"""Cells that are inspected one by one."""


def check_column(
    feature: Feature, column: Column, cells: Any, rows: Rows, setting: str
) -> Iterator[Finding]:
    """Check a column.

    Args:
        feature: Its name and kind.
        column: Its values.
        cells: Its cells, of which the values were made: a list, an array or a pandas Series.
        rows: What the rows are.
        setting: The setting that names the column.
    """
    if not len(column):
        return
    if isinstance(column, NumericColumn):
        yield from _check_numbers(feature, column, cells, rows, setting)
    else:
        yield from _check_categories(feature, column, cells, rows, setting)


def has_values(column: Column) -> bool:
    """Whether any cell has a value that can be read."""
    if isinstance(column, NumericColumn):
        return not np.isnan(column.values).all()
    return bool((column.codes >= 0).any())


def _check_numbers(
    feature: Feature, column: NumericColumn, cells: Any, rows: Rows, setting: str
) -> Iterator[Finding]:
    invalid = np.zeros(len(column), np.bool_) if column.invalid is None else column.invalid
    present = int(np.count_nonzero(~np.isnan(column.values)))
    count = int(np.count_nonzero(invalid))
    if not present and not count:
        yield _no_value(feature, rows, setting)
        return
    if count:
        yield _unreadable(
            feature, count / (present + count), _cells_at(cells, invalid), rows, setting
        )
    if feature.kind is not Kind.NUMERIC:
        return
    infinite = np.isinf(column.values)
    if infinite.any():
        example = quoted_value(str(_cells_at(cells, infinite, 1)[0]))
        number = int(np.count_nonzero(infinite))
        yield Finding(
            setting,
            f"column {feature.name!r}: {_values(number)} of {rows} {_are(number)} infinite or too"
            f" large for a number, such as {example} in row {int(infinite.argmax()) + 1}. Models"
            " take them as missing: leave these cells empty, or write what was measured",
        )
    large = np.abs(column.values) >= MAX_EXACT_INTEGER
    merged = next(filter(_is_inexact, _cells_at(cells, large & ~infinite)), None)
    if merged is not None:
        yield Finding(
            setting,
            f"column {feature.name!r} holds whole numbers beyond 2^53, such as {merged}, of which"
            " different ones become the same number. If they are ids, give the feature the kind"
            " categorical, in which they stay apart, or ignore",
        )


def _unreadable(
    feature: Feature, share: float, cells: list[object], rows: Rows, setting: str
) -> Finding:
    example = quoted_value(str(cells[0]))
    what, how = (
        ("dates", "write dates as in 2026-01-31 or 2026-01-31T08:00:00Z")
        if feature.kind is Kind.DATE
        else ("numbers", "write numbers as in 1234.5, without separators, units and signs of money")
    )
    is_error = share >= MAX_UNREADABLE_SHARE
    text = (
        f"column {feature.name!r}: {percent(share)} of the values in {rows} are no {what}, such as"
        f" {example}"
    )
    if is_error:
        return Finding(setting, f"{text}; {how}{_other_kind(feature.kind, cells)}", is_error=True)
    return Finding(setting, f"{text}. They are missing to a model; {how}, or leave them empty")


def _other_kind(kind: Kind, cells: list[object]) -> str:
    """The kind that fits the cells, as the end of a sentence."""
    others = {
        Kind.NUMERIC: numeric_values(cells)[1],
        Kind.DATE: epoch_seconds(cells)[1],
    }
    fitting = [str(other) for other, bad in others.items() if other is not kind and bad is None]
    return f", or give the feature the kind {(*fitting, str(Kind.CATEGORICAL))[0]}"


def _check_categories(
    feature: Feature, column: CategoricalColumn, cells: Any, rows: Rows, setting: str
) -> Iterator[Finding]:
    is_missing = column.codes < 0
    texts = [cell for cell in _cells_at(cells, is_missing) if _is_word(cell)]
    if texts:
        inspected = min(int(np.count_nonzero(is_missing)), _MAX_INSPECTED)
        share = len(texts) / inspected * np.count_nonzero(is_missing) / len(column)
        words = ", ".join(map(quoted_value, sorted({str(text).strip() for text in texts})[:3]))
        yield Finding(
            setting,
            f"column {feature.name!r}: {words} in {percent(share)} of {rows} is read as a missing"
            " value. If it is a category, name the feature in keep_na_texts",
        )
    if is_missing.all():
        yield _no_value(feature, rows, setting)
    yield from equivalent_texts(f"column {feature.name!r}", column.categories, setting)
    array = np.asarray(cells)
    if array.dtype.kind == "f" and (np.abs(array) > MAX_EXACT_INTEGER).any():
        yield Finding(
            setting,
            f"column {feature.name!r} holds ids beyond 2^53 as floating-point numbers, in which"
            " different ids have become the same: store them as integers or text",
        )
    if _are_measurements(column):
        yield Finding(
            setting,
            f"column {feature.name!r} has {len(column.categories):,} categories in {rows}, and all"
            " of them are numbers: if they are measured, give the feature the kind numeric",
        )


def equivalent_texts(what: str, texts: tuple[str, ...], setting: str) -> Iterator[Finding]:
    """Texts that differ in nothing but their Unicode form."""
    others = [text for text in texts if not text.isascii()]
    known = set(others)
    twins = [
        text
        for text in others
        if (nfc := unicodedata.normalize("NFC", text)) != text and nfc in known
    ]
    if twins:
        yield Finding(
            setting,
            f"{what}: {len(twins):,} of the values are stored in two Unicode forms, composed and"
            f" decomposed, such as {quoted_value(twins[0])}. They look alike, and to a model they"
            " are different: write all of them in the form NFC",
        )


def _no_value(feature: Feature, rows: Rows, setting: str) -> Finding:
    text = f"column {feature.name!r} has no value in {rows}"
    if setting == PREDICTION:
        return Finding(setting, f"{text}: fill it, or make the baseline without predictions")
    return Finding(
        setting,
        f"{text}: a model learns nothing from it, and records with a value are broken data. Fill"
        " the column, or give it the kind ignore",
    )


def _are_measurements(column: CategoricalColumn) -> bool:
    categories = column.categories
    if len(categories) < MIN_MEASURED_NUMBERS or not any("." in text for text in categories):
        return False
    return numeric_values(list(categories))[1] is None


def _cells_at(cells: Any, mask: NDArray[np.bool_], count: int = _MAX_INSPECTED) -> list[object]:
    """The first cells that a mask marks."""
    positions = np.flatnonzero(mask)[:count]
    if not len(positions):
        return []
    array = np.asarray(cells) if isinstance(cells, np.ndarray) else np.asarray(cells, dtype=object)
    return list(array[positions])


def _is_word(cell: object) -> bool:
    return isinstance(cell, str) and bool(cell.strip())


def _is_inexact(cell: object) -> bool:
    """Whether a whole number has no float64 of its own."""
    text = str(cell).strip() if isinstance(cell, str | int | np.integer) else ""
    if not text.removeprefix("-").isdecimal() or not text.isascii():
        return False
    return int(text) != int(float(text))


def _values(count: int) -> str:
    return f"{count:,} value{'' if count == 1 else 's'}"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"
