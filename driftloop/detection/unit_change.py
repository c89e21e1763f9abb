"""Recognizes a change of unit: undone, the quartiles and their distance are as usual again.

An ordinary shift keeps the distance of the quartiles, and an ordinary change of spread the median.
A conversion is only looked for where quartiles are beyond what is usual by at least as much as that
range is wide.
"""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

Interval = tuple[float, float]

MIN_FACTOR = 5.0
"""Smallest factor that is a change of unit by itself, whatever units these may be. Of smaller ones
only those of ``_SMALL_FACTORS`` are."""

IQR_MARGIN = 1.25
"""Factor by which the usual interquartile range may be exceeded or undercut."""

MIN_EXCLUDED = 2
"""Quartiles that must be beyond the usual range."""

TOLERANCE_OF_ROUND_FACTOR = 0.15
"""Relative distance of the medians' ratio from a factor that units have, up to which the factor is
named instead of the ratio."""

MAX_HOURS = 14
"""The largest difference of two time zones, from UTC (IANA time zone database)."""

HOUR_UNITS = {3600.0: "seconds", 60.0: "minutes"}
"""Units of a time, as parts of an hour."""

MAX_NOISE_OF_HOURS = 0.02
"""Part of an hour within which the usual range must locate a shift, to be one of whole hours."""

_FACTORS = (10.0, 60.0, 100.0, 1000.0, 3600.0, 86_400.0, 1e6, 1e9)
"""Factors between units that need no proof: powers of ten, parts of hours and days."""

_SMALL_FACTORS = (
    (1.609344, "miles", "kilometers"),
    (1.852, "nautical miles", "kilometers"),
    (2.20462, "kilograms", "pounds"),
    (2.54, "inches", "centimeters"),
    (3.28084, "meters", "feet"),
    (3.6, "meters per second", "kilometers per hour"),
    (3.785412, "gallons", "liters"),
)
"""Factors below ``MIN_FACTOR`` that are a change of unit, from one unit to the other (NIST Special
Publication 811, appendix B). Ordinary growth may have such a factor too, so that they are named."""

TOLERANCE_OF_SMALL_FACTOR = 0.03
"""Relative distance of each quartile's ratio from one of these, up to which it is that factor: a
doubling is none."""

_TEMPERATURES = (
    (1.0, 0.0, 1.8, 32.0, 60.0, "from degrees Celsius to Fahrenheit"),
    (1.8, 32.0, 1 / 1.8, -32 / 1.8, 60.0, "from degrees Fahrenheit to Celsius"),
    (1.0, 0.0, 1.0, 273.15, 10.0, "from degrees Celsius to kelvins"),
    (1.0, 273.15, 1.0, -273.15, 10.0, "from kelvins to degrees Celsius"),
)
"""Factor and offset from Celsius to the usual unit, and from the usual to the current one; and the
widest usual range of a median, in degrees Celsius, with which that is recognized: an offset alone
needs a narrow one."""

TEMPERATURES = (-100.0, 150.0)
"""Degrees Celsius within which a usual median may be a temperature: weather, bodies, water."""


class UsualQuartiles(NamedTuple):
    """The usual ranges of the quartiles and of the interquartile range."""

    p25: Interval
    p50: Interval
    p75: Interval
    iqr: Interval


class UnitChange(NamedTuple):
    """Values are ``factor`` times the usual ones plus ``offset``.

    ``text`` is the predicate of a sentence on the values.
    """

    factor: float
    offset: float
    text: str


def find_unit_change(usual: UsualQuartiles, current: Sequence[float]) -> UnitChange | None:
    """The change of unit that explains the quartiles of a column.

    Args:
        usual: What is usual.
        current: The quartiles of the current values.

    Returns:
        The change whose undoing brings the median nearest to the middle of its range; None where
        no conversion explains all quartiles, or the quartiles are not unusual enough.
    """
    excluded = [_is_far(value, interval) for value, interval in zip(current, usual, strict=False)]
    is_unusual = sum(excluded) >= MIN_EXCLUDED and all(map(math.isfinite, current))
    if not is_unusual or usual.iqr[1] <= 0:
        return None
    found = [change for change in _candidates(usual, current) if _explains(change, usual, current)]
    middle = sum(usual.p50) / 2
    return min(
        found,
        key=lambda change: abs((current[1] - change.offset) / change.factor - middle),
        default=None,
    )


def unit_of_ratio(reference: float, current: float) -> UnitChange | None:
    """The change of unit by a factor of which the ratio of two medians is one; None if none is."""
    if not reference or reference * current <= 0:
        return None
    factor = _round_factor(current / reference)
    return None if factor is None else UnitChange(factor, 0.0, _factor_text(factor))


def _explains(change: UnitChange, usual: UsualQuartiles, current: Sequence[float]) -> bool:
    """Whether all is as usual without the change."""
    undone = [(value - change.offset) / change.factor for value in current]
    low, high = usual.iqr
    return _contains((low / IQR_MARGIN, high * IQR_MARGIN), undone[2] - undone[0]) and all(
        _contains(interval, value) for value, interval in zip(undone, usual, strict=False)
    )


def _candidates(usual: UsualQuartiles, current: Sequence[float]) -> Iterator[UnitChange]:
    low, high = usual.p50
    middle = (low + high) / 2
    for own_factor, own_offset, factor, offset, max_width, text in _TEMPERATURES:
        celsius = (middle - own_offset) / own_factor
        is_narrow = high - low <= max_width * own_factor
        if TEMPERATURES[0] <= celsius <= TEMPERATURES[1] and is_narrow:
            yield UnitChange(factor, offset, f"look converted {text}")
    if middle * current[1] > 0:
        yield from _factors(current[1] / middle)
    if all(value * sum(interval) > 0 for value, interval in zip(current, usual, strict=False)):
        yield from _small_factors(usual, current)
    yield from _hours(current[1] - middle, high - low)


def _factors(ratio: float) -> Iterator[UnitChange]:
    round_factor = _round_factor(ratio)
    if round_factor is not None:
        yield UnitChange(round_factor, 0.0, _factor_text(round_factor))
    elif max(ratio, 1 / ratio) >= MIN_FACTOR:
        yield UnitChange(ratio, 0.0, _factor_text(ratio))


def _small_factors(usual: UsualQuartiles, current: Sequence[float]) -> Iterator[UnitChange]:
    """Factors that each of the quartiles has grown by: growth by another amount is no unit."""
    ratios = [2 * value / sum(interval) for value, interval in zip(current, usual[:3], strict=True)]
    for size, first, second in _SMALL_FACTORS:
        for factor, units in ((size, (first, second)), (1 / size, (second, first))):
            if all(abs(math.log(ratio / factor)) <= TOLERANCE_OF_SMALL_FACTOR for ratio in ratios):
                text = f"{_factor_text(factor)}, as from {units[0]} to {units[1]}"
                yield UnitChange(factor, 0.0, text)


def _hours(shift: float, width: float) -> Iterator[UnitChange]:
    for hour, unit in HOUR_UNITS.items():
        hours = round(shift / hour)
        if 1 <= abs(hours) <= MAX_HOURS and width <= MAX_NOISE_OF_HOURS * hour:
            noun = "hour" if abs(hours) == 1 else "hours"
            text = f"are {abs(hours)} {noun} {'later' if hours > 0 else 'earlier'}, as {unit}"
            yield UnitChange(1.0, hours * hour, text)


def _round_factor(ratio: float) -> float | None:
    """The factor of units that is near a ratio, or its inverse; None without one."""
    size = max(ratio, 1 / ratio)
    near = [one for one in _FACTORS if abs(math.log(size / one)) <= TOLERANCE_OF_ROUND_FACTOR]
    if not near:
        return None
    factor = min(near, key=lambda one: abs(math.log(size / one)))
    return factor if ratio > 1 else 1 / factor


def _factor_text(factor: float) -> str:
    size = max(factor, 1 / factor)
    return f"are about {_plain(size)} times as {'large' if factor > 1 else 'small'}"


def _plain(size: float) -> str:
    """Up to three digits without an exponent: ``1000``, ``37.2``."""
    digits = max(0, 2 - math.floor(math.log10(size)))
    rounded = round(size, 2 - math.floor(math.log10(size)))
    text = f"{rounded:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _is_far(value: float, interval: Interval) -> bool:
    low, high = interval
    distance = max(low - value, value - high)
    return distance > 0 and distance >= high - low


def _contains(interval: Interval, value: float) -> bool:
    low, high = interval
    slack = 1e-9 * max(abs(low), abs(high))
    return low - slack <= value <= high + slack
