"""What each alarm of the daily rule says, in the column's own units."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from driftloop.daily.column_change import ColumnChange, Disorder, MovedValue
from driftloop.daily.column_day import angle
from driftloop.daily.day_decision import DailyAlarm
from driftloop.detection.explanation import (
    MAIN_PART,
    Explanation,
    ExplanationKind,
    change_text,
    listed,
    number_text,
    share_text,
    value_text,
)
from driftloop.profile.hourly.layout import PREDICTION
from driftloop.quality.clock import clock_text
from driftloop.quality.spelling import Spelling
from driftloop.quality.violations import percent

Kind = ExplanationKind

MANY_NEW = 0.3
"""Share of new values from which the sentence on them says how the median changed."""


class AlarmedColumn(NamedTuple):
    """A column in alarm: its alarms by name, the largest excess of each, and what changed.

    ``period`` says when, such as ``in the last 24 hours``.
    """

    name: str
    alarms: Mapping[str, DailyAlarm]
    partners: tuple[str, ...]
    change: ColumnChange
    spellings: Sequence[Spelling]
    is_category: bool
    zone: str
    clock_part: str
    period: str

    @property
    def excess(self) -> float:
        """By how much its limits are exceeded at most."""
        return max(map(excess_of, self.alarms.values()))

    @property
    def is_broken(self) -> bool:
        """Whether one of its alarms means broken data."""
        return any(alarm.is_broken_data for alarm in self.alarms.values())


def excess_of(alarm: DailyAlarm) -> float:
    """By how much a limit is exceeded, as a multiple of it."""
    return abs(alarm.change) / max(alarm.limit, 1e-9)


def explanation(
    column: AlarmedColumn, kind: ExplanationKind, text: str, alarm: DailyAlarm | None, **more: Any
) -> Explanation:
    """An explanation of a column; ``alarm`` has its effect size."""
    effect_size = None if alarm is None else abs(alarm.change)
    return Explanation(
        kind=kind, column=shown(column.name), text=text, effect_size=effect_size, **more
    )


def shown(name: str) -> str:
    """The name by which people know a column."""
    return "prediction" if name == PREDICTION else name


def _in_days(alarm: DailyAlarm) -> str:
    return "" if alarm.days == 1 else f"over {alarm.days} days "


def _with_days(alarm: DailyAlarm, of_day: str, of_alarm: str) -> str:
    """What changed on the day, and what the alarm measured. Over several days, the alarm comes
    first: the last day by itself may be as usual."""
    parts = [of_day, of_alarm] if alarm.days == 1 else [f"{_in_days(alarm)}{of_alarm}", of_day]
    return "; ".join(part for part in parts if part)


def _level(column: AlarmedColumn, alarm: DailyAlarm) -> Explanation:
    reference, current = medians(column.change)
    direction = "rose" if alarm.change > 0 else "fell"
    text = _with_days(
        alarm,
        f"median {change_text(reference, current)} {column.period}",
        f"its level {direction} by {abs(alarm.change):.2g} standard deviations of the same hours,"
        f" and at most {alarm.limit:.2g} is usual",
    )
    return explanation(column, Kind.LEVEL, text, alarm, reference=reference, current=current)


def _spread(column: AlarmedColumn, alarm: DailyAlarm) -> Explanation:
    before, after = column.change.quartiles, column.change.current_quartiles
    direction = "rose" if alarm.change > 0 else "fell"
    limit = math.exp(math.copysign(alarm.limit, alarm.change))
    bound = "most" if alarm.change > 0 else "least"
    ranges = ""
    widths: tuple[float | None, float | None] = (None, None)
    if before is not None and after is not None:
        widths = before.p75 - before.p25, after.p75 - after.p25
        ranges = (
            f"the middle half of the values from {number_text(before.p25)} to"
            f" {number_text(before.p75)} → from {number_text(after.p25)} to"
            f" {number_text(after.p75)} {column.period}"
        )
    text = _with_days(
        alarm,
        ranges,
        f"its spread {direction} to {math.exp(alarm.change):.2g} times the usual one, and at"
        f" {bound} {limit:.2g} is usual",
    )
    return explanation(column, Kind.SPREAD, text, alarm, reference=widths[0], current=widths[1])


def _shares(column: AlarmedColumn, alarm: DailyAlarm) -> Explanation:
    moved = [one for one in (column.change.risen, column.change.fallen) if one is not None]
    moved.sort(key=lambda one: -abs(one.shares.current - one.shares.reference))
    values = ", ".join(
        f"{_named(column, one)} {share_text(*one.shares)}" for one in moved if _is_moved(one)
    )
    text = _with_days(
        alarm,
        f"{values} of the values {column.period}" if values else "",
        f"its shares changed by {alarm.change:.2g} (Hellinger distance), and at most"
        f" {alarm.limit:.2g} is usual",
    )
    first = moved[0] if moved else None
    return explanation(
        column,
        Kind.SHARES,
        text,
        alarm,
        value="" if first is None else first.name,
        reference=None if first is None else first.shares.reference,
        current=None if first is None else first.shares.current,
    )


def _is_moved(one: MovedValue) -> bool:
    return one.shares.current != one.shares.reference


def _named(column: AlarmedColumn, one: MovedValue) -> str:
    is_category = column.is_category and one.is_one_value
    return value_text(one.name, is_category=is_category)


def value_share(column: AlarmedColumn, alarm: DailyAlarm | None) -> Explanation:
    """One value, or the values between two bounds, became more frequent."""
    one = column.change.risen
    if one is None:
        return explanation(
            column, Kind.SHARES, f"one value became more frequent {column.period}", alarm
        )
    text = f"{share_text(*one.shares)} of the values are {_named(column, one)} {column.period}"
    if alarm is not None and alarm.days > 1:
        text = _with_days(alarm, text, "one value or range became more frequent")
    is_alone = not {"level", "spread", "shares"} & {*column.alarms}
    explains = one.is_one_value and column.change.far_value is None
    return explanation(
        column,
        Kind.VALUE_SHARE if explains and (is_alone or one.part >= MAIN_PART) else Kind.SHARES,
        text,
        alarm,
        value=one.name,
        reference=one.shares.reference,
        current=one.shares.current,
    )


def _variety(column: AlarmedColumn, alarm: DailyAlarm) -> Explanation:
    shares = column.change.alike
    more = "differ more" if alarm.change > 0 else "are more alike"
    text = f"{_in_days(alarm)}the values of the same hour {more} than usual"
    if shares is not None:
        text += f": {share_text(*shares)} of the pairs of one hour are alike {column.period}"
    return explanation(
        column,
        Kind.VARIETY,
        text,
        alarm,
        reference=None if shares is None else shares.reference,
        current=None if shares is None else shares.current,
    )


def _new_values(column: AlarmedColumn, alarm: DailyAlarm) -> Explanation:
    change = column.change
    share, names = change.unseen_share, [name for name, _ in change.new_values]
    if change.missing.reference == 1:
        filled = 1 - change.missing.current
        text = f"{percent(filled)} of the records {column.period} have a value, and none had before"
        return explanation(column, Kind.NEW_VALUES, text, alarm, reference=0.0, current=filled)
    if len(names) == 1 or (names and change.new_values[0][1] >= MAIN_PART * share):
        value = value_text(names[0], is_category=column.is_category)
        text = (
            f"{percent(share)} of the values {column.period} are {value}, which was never seen"
            " before"
        )
        names = names[:1]
    else:
        shown = ", ".join(value_text(name, is_category=column.is_category) for name in names)
        examples = f", such as {shown}" if shown else ""
        text = f"{percent(share)} of the values {column.period} were never seen before{examples}"
    reference, current = medians(change)
    if share >= MANY_NEW and reference is not None:
        text += f"; median {change_text(reference, current)}"
    return explanation(
        column,
        Kind.NEW_VALUES,
        text,
        alarm,
        value=", ".join(value_text(name, is_category=False) for name in names),
        reference=0.0,
        current=share,
    )


def _out_of_range(column: AlarmedColumn, alarm: DailyAlarm) -> Explanation:
    change = column.change
    share = percent(change.out_of_range_share)
    usual = " the range until now"
    if change.extremes is not None:
        low, high = change.extremes
        usual = f" {number_text(low)} to {number_text(high)}, the range until now"
    if change.far_value is not None:
        text = (
            f"{share} of the values {column.period} are {change.far_value}, far outside of{usual}"
        )
    else:
        text = f"{share} of the values {column.period} are far outside of{usual}"
        if change.current_extremes is not None and change.extremes is not None:
            low, high = change.current_extremes
            reached = [
                number
                for number, is_beyond in (
                    (low, low < change.extremes[0]),
                    (high, high > change.extremes[1]),
                )
                if is_beyond
            ]
            text += f": up to {' and '.join(map(number_text, reached))}" if reached else ""
    return explanation(
        column,
        Kind.OUT_OF_RANGE,
        text,
        alarm,
        value=change.far_value or "",
        reference=0.0,
        current=change.out_of_range_share,
    )


def _missing(column: AlarmedColumn, alarm: DailyAlarm) -> Explanation:
    reference, current = column.change.missing
    if alarm.change > 0:
        usual = math.sin(min(angle(reference) + alarm.limit, math.pi) / 2) ** 2
        bound = f"at most {percent(usual)}"
    else:
        usual = math.sin(max(angle(reference) - alarm.limit, 0.0) / 2) ** 2
        bound = f"at least {percent(usual)}"
    text = (
        f"missing in {share_text(reference, current)} of the records {column.period}, and"
        f" {_in_days(alarm)}{bound} is usual"
    )
    return explanation(
        column, Kind.MISSING_VALUES, text, alarm, reference=reference, current=current
    )


def _association(column: AlarmedColumn, alarm: DailyAlarm) -> Explanation:
    partners = column.change.partners
    names = [shown(one.name) for one in partners]
    if not partners:
        return explanation(column, Kind.ASSOCIATION, "its association with others changed", alarm)
    sides = partners[0].association
    changed = (
        f"its association with {names[0]} (Cramér's V) changed from {sides.reference:.2g} to"
        f" {sides.current:.2g}"
    )
    if alarm.days == 1:
        text = f"no longer belongs to {listed(names)} {column.period}, as after a wrong join or a"
        text += f" shuffle; {changed}"
    else:
        text = f"{_in_days(alarm)}no longer belongs to {listed(names)}, as after a wrong join or a"
        text += f" shuffle; {changed} {column.period}"
    return explanation(
        column,
        Kind.ASSOCIATION,
        text,
        alarm,
        partners=tuple(names),
        reference=sides.reference,
        current=sides.current,
    )


def _clock(column: AlarmedColumn, alarm: DailyAlarm) -> Explanation:
    offset = column.change.clock_offset
    parts = column.clock_part if offset in (1, -1) else f"{column.clock_part}s"
    share = column.change.clock_share
    text = clock_text(column.zone, column.clock_part, share, offset, column.period)
    return explanation(
        column,
        Kind.CLOCK_SHIFT,
        text,
        alarm,
        value="" if offset is None else f"{offset:+d} {parts}",
        reference=0.0,
        current=share,
    )


def _order(column: AlarmedColumn, alarm: DailyAlarm) -> Explanation:
    found = [one for one in column.change.disorders if one.partner in column.partners]
    found.sort(key=lambda one: -one.shares.current)
    if not found:
        return explanation(column, Kind.ORDER, f"out of order with {alarm.partner}", alarm)
    first = found[0]
    text = f"is {_position(first)} in {share_text(*first.shares)} of the records {column.period}"
    if len(found) > 1:
        others = [shown(one.partner) for one in found[1:]]
        text += f", and likewise out of order with {listed(others)}"
    if {"level", "spread", "unseen"} & {*column.alarms}:
        text += f"; median {change_text(*medians(column.change))}"
    return explanation(
        column,
        Kind.ORDER,
        text,
        alarm,
        partners=tuple(shown(one.partner) for one in found),
        reference=first.shares.reference,
        current=first.shares.current,
    )


def _position(disorder: Disorder) -> str:
    return f"{'below' if disorder.is_usually_larger else 'above'} {shown(disorder.partner)}"


def constant(column: AlarmedColumn, alarm: DailyAlarm | None) -> Explanation:
    """One single value: for longer than usual if there is an alarm, else all day."""
    value = column.change.single_value
    if value is None:
        text = "one single value"
    else:
        text = f"all values are {value_text(value, is_category=column.is_category)}"
    if alarm is None:
        text = f"{text} {column.period}"
    else:
        text = (
            f"{text} for {alarm.change:.0f} hours in a row, and fewer than {alarm.limit:.0f} are"
            " usual"
        )
    return explanation(column, Kind.CONSTANT, text, alarm, value=value or "", current=1.0)


BY_ALARM: Mapping[str, Callable[[AlarmedColumn, DailyAlarm], Explanation]] = {
    "level": _level,
    "spread": _spread,
    "shares": _shares,
    "variety": _variety,
    "unseen": _new_values,
    "out_of_range": _out_of_range,
    "missing": _missing,
    "association": _association,
    "clock": _clock,
    "order": _order,
    "constant": constant,
    "largest_increase": value_share,
}
"""By name of a statistic or check: what its alarm says; of two of one kind the first counts."""


def medians(change: ColumnChange) -> tuple[float | None, float | None]:
    """The medians of the reference and of the day; None where there is no number."""
    before, after = change.quartiles, change.current_quartiles
    return None if before is None else before.p50, None if after is None else after.p50
