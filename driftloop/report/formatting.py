"""Numbers and times as text for people; times are always in UTC."""

import math
from datetime import UTC, datetime

from driftloop.window import Window

THIN_SPACE = "\u202f"
MINUS = "\u2212"


def format_number(value: float | None) -> str:
    """Up to four significant digits, thousands separated; extreme ones as powers of ten."""
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    size = abs(value)
    if size >= 1e7 or 0 < size < 1e-4:
        return _power(value)
    digits = max(0, 3 - math.floor(math.log10(size))) if size else 0
    text = f"{value:,.{digits}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace(",", THIN_SPACE).replace("-", MINUS)


def format_count(value: float | None) -> str:
    """A whole number, thousands separated."""
    return "–" if value is None else f"{round(value):,}".replace(",", THIN_SPACE)


def format_share(value: float | None) -> str:
    """A share from 0 to 1 as a percentage: ``0.1234`` is ``12.3%``."""
    if value is None or math.isnan(value):
        return "–"
    if 0 < value < 0.001:
        return "<0.1%"
    return f"{100 * value:.1f}".removesuffix(".0") + "%"


def format_p_value(value: float | None) -> str:
    """A p- or q-value: three decimals, below a thousandth as a bound."""
    if value is None or math.isnan(value):
        return "–"
    for bound, text in ((1e-9, "<10⁻⁹"), (1e-6, "<10⁻⁶"), (1e-3, "<0.001")):
        if value < bound:
            return text
    return f"{value:.3f}"


def plural(quantity: int, noun: str, nouns: str = "") -> str:
    """``1 feature``, ``2 features``."""
    return f"{format_count(quantity)} {noun if quantity == 1 else nouns or noun + 's'}"


def hour_text(time: datetime) -> str:
    """``2 Jul 14:00``."""
    utc = time.astimezone(UTC)
    return f"{utc.day} {utc:%b %H:%M}"


def long_time(time: datetime) -> str:
    """``Tue 2 Jul 2013, 14:00 UTC``."""
    utc = time.astimezone(UTC)
    return f"{_day(utc)}, {utc:%H:%M} UTC"


def window_text(window: Window | None) -> str:
    """``Tue 2 Jul 2013, 14:00 to 15:00 UTC``."""
    if window is None:
        return "no time window"
    start, end = window.start.astimezone(UTC), window.end.astimezone(UTC)
    until = f"{end:%H:%M}" if start.date() == end.date() else f"{_day(end)}, {end:%H:%M}"
    return f"{_day(start)}, {start:%H:%M} to {until} UTC"


def _power(value: float) -> str:
    mantissa, exponent = f"{value:.2e}".split("e")
    raised = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    mantissa = mantissa.rstrip("0").rstrip(".").replace("-", MINUS)
    return f"{mantissa}×10{raised}"


def _day(time: datetime) -> str:
    return f"{time:%a} {time.day} {time:%b %Y}"
