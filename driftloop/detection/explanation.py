"""What changed, as a value and as a sentence: one explanation for one cause.

Texts of the data, such as categories, are quoted and bounded before they are part of a sentence.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from driftloop.profile.numeric.precision import MAX_FLOAT
from driftloop.quality.violations import percent
from driftloop.untrusted_text import MAX_VALUE_LENGTH, quoted_value, unlinked

MAX_NAMED = 3
"""Columns and values that a sentence names."""

MAIN_PART = 0.8
"""Part of a change from which one value, or new values together, explain it."""

MAX_PLAIN = 1e9
"""Numbers from this on are written with an exponent."""


class ExplanationKind(StrEnum):
    """What changed, in the order of fit: an earlier kind explains later ones of the same column."""

    REPEATED_RECORDS = "repeated_records"
    INVALID_VALUES = "invalid_values"
    CLOCK_SHIFT = "clock_shift"
    CONSTANT = "constant"
    UNIT_CHANGE = "unit_change"
    SPELLING = "spelling"
    VALUE_SHARE = "value_share"
    OUT_OF_RANGE = "out_of_range"
    NEW_VALUES = "new_values"
    ORDER = "order"
    LEVEL = "level"
    SHARES = "shares"
    SPREAD = "spread"
    VARIETY = "variety"
    ASSOCIATION = "association"
    MISSING_VALUES = "missing_values"


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """One cause of a verdict.

    Attributes:
        kind: What changed.
        column: The column; None where it is about all records.
        text: What happened to it, a sentence without its subject and without a period.
        partners: Other columns that the same cause explains, or that the text is about.
        value: The value or the values that the text is about, as text; empty for none.
        reference: The figure of the reference in the column's own units, or a share 0 to 1.
        current: The same figure now.
        effect_size: The size of the change without a unit; None where it has none.
        since: Start of the first of the windows or days in alarm without a break, in the model's
            time zone; None where it began with this one.
    """

    kind: ExplanationKind
    column: str | None
    text: str
    partners: tuple[str, ...] = ()
    value: str = ""
    reference: float | None = None
    current: float | None = None
    effect_size: float | None = None
    since: datetime | None = None

    @property
    def sentence(self) -> str:
        """``temp: median 41 → 68 in the last 24 hours``."""
        return self.text if self.column is None else f"{self.column}: {self.text}"

    @property
    def brief(self) -> str:
        """The first part of the text: ``median 41 → 68 in the last 24 hours``."""
        return self.text.split("; ", 1)[0]

    @property
    def brief_sentence(self) -> str:
        """``temp: median 41 → 68 in the last 24 hours``."""
        return self.brief if self.column is None else f"{self.column}: {self.brief}"

    @property
    def dated_sentence(self) -> str:
        """The sentence, and since when."""
        if self.since is None:
            return self.sentence
        return f"{self.sentence} (since {date_text(self.since)})"

    def with_since(self, since: datetime | None) -> "Explanation":
        """The same explanation since some time."""
        return msgspec.structs.replace(self, since=since)


def date_text(time: datetime) -> str:
    """``Tue 2 Jul 2013, 14:00 EDT``: in the time's own zone."""
    return f"{time:%a} {time.day} {time:%b %Y, %H:%M} {time.tzname()}"


def number_text(value: float | None) -> str:
    """A number in four digits, without an exponent unless it is very large or small."""
    if value is None:
        return "–"
    if abs(value) >= MAX_FLOAT:
        return "inf" if value > 0 else "-inf"
    text = f"{value:.4g}"
    return f"{float(text):.0f}" if "e+" in text and abs(value) < MAX_PLAIN else text


def change_text(reference: float | None, current: float | None) -> str:
    """``41 → 68``, with as many digits as show the difference."""
    texts = [number_text(reference), number_text(current)]
    if reference is not None and current is not None and reference != current:
        for digits in range(5, 13):
            if texts[0] != texts[1]:
                break
            texts = [f"{reference:.{digits}g}", f"{current:.{digits}g}"]
    return " → ".join(texts)


def share_text(reference: float, current: float) -> str:
    """``0.3% → 5.2%``."""
    return f"{percent(reference)} → {percent(current)}"


def value_text(value: str, *, is_category: bool) -> str:
    """A value of the data for a sentence: a category is quoted."""
    return quoted_value(value) if is_category else unlinked(value, MAX_VALUE_LENGTH)


def listed(names: Sequence[str], most: int = MAX_NAMED) -> str:
    """``a, b, c and 2 more``."""
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")
