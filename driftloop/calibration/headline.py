"""The headline of a calibration: the worse of false alarms and of what can't be found."""

from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

from driftloop.calibration.power import DetectableChange
from driftloop.calibration.result import AlarmRate, Calibration
from driftloop.detection.explanation import listed
from driftloop.report.formatting import format_count, format_number, format_share, plural
from driftloop.report.sensitivity_text import column_label

MAX_ALARMS_PER_MONTH = 1.0
"""False alarms per month above which the policy should change: a team that is called more often for
nothing stops looking."""

MAX_UNDETECTABLE_SHARE = 0.5
"""Share of the columns in which no change is found, from which that is bad."""

MAX_NAMED = 5


class Rating(IntEnum):
    """How good a result is."""

    GOOD = 0
    WARNING = 1
    BAD = 2


class Statement(NamedTuple):
    """A sentence without its period, and how good what it says is."""

    text: str
    rating: Rating


def statements(calibration: Calibration) -> list[Statement]:
    """What the calibration says of false alarms and of what can't be found, the worse first."""
    found = [_false_alarms(calibration), _blindness(calibration)]
    return sorted((one for one in found if one is not None), key=lambda one: -one.rating)


def headline(calibration: Calibration) -> str:
    """All statements as one text."""
    return " ".join(f"{statement.text}." for statement in statements(calibration))


def _false_alarms(calibration: Calibration) -> Statement:
    rate = calibration.alarms_per_month
    if rate is None:
        text = "The training data has too few days to say how often the rule alarms for nothing"
        return Statement(text, Rating.WARNING)
    found = _rate_alarms(rate)
    if calibration.replay is not None:
        low, high = (format_number(round(end, 2)) for end in rate.interval)
        text = (
            f"In {plural(calibration.replay.days, 'replayed training day')} there"
            f" {'is' if rate.count == 1 else 'are'} {plural(rate.count, 'alarm')}:"
            f" {format_number(round(rate.mean, 2))} per month (95%: {low} to {high})"
        )
        return Statement(text, found)
    text = (
        f"With {format_count(calibration.records_per_window)} records per window, traffic without"
        f" drift causes {_alarms(rate.mean)} per month"
    )
    return Statement(text, found)


def _rate_alarms(rate: AlarmRate) -> Rating:
    """Bad where even the lower end of the interval is too much."""
    if rate.interval[0] > MAX_ALARMS_PER_MONTH:
        return Rating.BAD
    return Rating.WARNING if rate.mean > MAX_ALARMS_PER_MONTH else Rating.GOOD


def _blindness(calibration: Calibration) -> Statement | None:
    if calibration.is_daily:
        return _daily_blindness(calibration)
    changes = calibration.minimum_detectable_changes
    power = format_share(calibration.power)
    main = [change for change in changes if change.change in ("shift", "moved_share")]
    none = [change.feature for change in main if change.size is None]
    if none:
        text = f"No change of {listed(none, MAX_NAMED)} is found in {power} of the windows"
        return Statement(text, _rate(len(none), len(main)))
    size = _range(changes)
    if size is None:
        return None
    return Statement(f"{power} of shifts of {size} standard deviations are detected", Rating.GOOD)


def _daily_blindness(calibration: Calibration) -> Statement | None:
    columns = calibration.sensitivity
    insufficient = [column_label(one) for one in columns if one.insufficient]
    if insufficient:
        text = f"Changes of the required size can't be found in {listed(insufficient, MAX_NAMED)}"
        return Statement(text, Rating.BAD)
    none = [column_label(one) for one in columns if one.smallest is None]
    if none:
        text = f"No shift of {listed(none, MAX_NAMED)} can be found, only broken values"
        return Statement(text, _rate(len(none), len(columns)))
    sizes = [one.smallest for one in columns if one.level and one.smallest is not None]
    if not sizes:
        return None
    low, high = f"{min(sizes):.2f}", f"{max(sizes):.2f}"
    size = low if low == high else f"{low} to {high}"
    text = f"Shifts of {size} standard deviations of the same hours are found within 7 days"
    return Statement(text, Rating.GOOD)


def _rate(undetectable: int, columns: int) -> Rating:
    is_bad = undetectable >= MAX_UNDETECTABLE_SHARE * columns
    return Rating.BAD if is_bad else Rating.WARNING


def _range(changes: Sequence[DetectableChange]) -> str | None:
    sizes = [item.size for item in changes if item.change == "shift" and item.size is not None]
    if not sizes:
        return None
    low, high = f"{min(sizes):.2f}", f"{max(sizes):.2f}"
    return low if low == high else f"{low} to {high}"


def _alarms(mean: float) -> str:
    return f"{format_number(round(mean, 2))} alarm{'' if mean == 1 else 's'}"
