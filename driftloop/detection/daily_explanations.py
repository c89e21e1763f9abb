"""Explains the alarms of the daily rule: one explanation for each cause, in the columns' own units.

A column has a candidate for each of its alarms, and further ones for what its alarms have in
common, such as a change of unit. The best one explains those of ``_EXPLAINED``. Of columns that
changed together, such as the two of a pair, the one that fits best is named.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from driftloop.daily.column_change import ColumnChange
from driftloop.daily.column_day import angle
from driftloop.daily.day_decision import DailyAlarm, DayDecision
from driftloop.detection.alarm_texts import (
    BY_ALARM,
    AlarmedColumn,
    constant,
    excess_of,
    explanation,
    medians,
    value_share,
)
from driftloop.detection.explanation import (
    MAIN_PART,
    MAX_NAMED,
    Explanation,
    ExplanationKind,
    change_text,
    value_text,
)
from driftloop.detection.shared_causes import VALUE_KINDS, merge_causes
from driftloop.detection.unit_change import UsualQuartiles, find_unit_change
from driftloop.profile.date_parts import HOUR_SECONDS
from driftloop.profile.hourly.cells import NumericCells
from driftloop.profile.hourly.layout import CountedColumn, HourlyLayout
from driftloop.quality.spelling import Spelling, match_spellings
from driftloop.quality.violations import percent

Kind = ExplanationKind

TODAY = "in the last 24 hours"

MIN_RISE = 0.2
"""Smallest rise of a value's share, as Cohen's h, that explains a column's change."""

MIN_LEAD = 0.6
"""How much less, as a part of it, the second largest rise must be, for one value to explain that
values are more alike."""

WIDTH_MARGIN = 0.5
"""Part of the width of a range of reference days that is added on both sides."""

MAX_FAR_PART, MIN_MOVED_QUARTILES = 0.25, 2
"""Share of far values from which they move a quartile by themselves; and how many of the quartiles
must be unusual, for a shift of all values to explain fewer far ones."""

_SHAPES = frozenset({Kind.LEVEL, Kind.SHARES, Kind.SPREAD, Kind.VARIETY, Kind.ASSOCIATION})

_EXPLAINED: Mapping[ExplanationKind, frozenset[ExplanationKind]] = {
    Kind.CONSTANT: VALUE_KINDS | _SHAPES | {Kind.ORDER},
    Kind.UNIT_CHANGE: VALUE_KINDS | _SHAPES | {Kind.ORDER},
    Kind.SPELLING: _SHAPES | {Kind.NEW_VALUES, Kind.VALUE_SHARE},
    Kind.VALUE_SHARE: _SHAPES | {Kind.OUT_OF_RANGE, Kind.NEW_VALUES, Kind.ORDER},
    Kind.OUT_OF_RANGE: _SHAPES | {Kind.NEW_VALUES, Kind.ORDER},
    Kind.NEW_VALUES: _SHAPES | {Kind.ORDER},
    Kind.ORDER: _SHAPES,
    Kind.LEVEL: _SHAPES,
    Kind.SHARES: _SHAPES,
    Kind.SPREAD: frozenset({Kind.VARIETY, Kind.ASSOCIATION}),
    Kind.VARIETY: frozenset({Kind.ASSOCIATION}),
}
"""What a change of each kind explains in the same column."""

_RANK = {kind: position for position, kind in enumerate(Kind)}


class DailyExplanations(NamedTuple):
    """What explains the alarms of a day.

    Attributes:
        ranked: One explanation for each cause; broken data first, then by how far the limit is
            exceeded.
        by_column: The explanations of each column in alarm, the best first.
    """

    ranked: tuple[Explanation, ...]
    by_column: Mapping[str, tuple[Explanation, ...]]


def explain_alarms(
    decision: DayDecision,
    layout: HourlyLayout,
    spellings: Mapping[str, Sequence[Spelling]],
) -> DailyExplanations:
    """Explain the alarms of a day.

    Args:
        decision: The decision with what changed.
        layout: Knows the columns and the time zone.
        spellings: By column, new categories that are known ones spelled otherwise.
    """
    columns = [
        alarmed_column(
            name,
            decision.alarms,
            decision.column_changes.get(name),
            layout,
            spellings.get(name, ()),
            TODAY,
        )
        for name in decision.record.alarms
    ]
    by_column = {
        column.name: tuple(
            one.with_since(start_of_alarm(decision, column.name, layout.zone))
            for one in explain_column(column)
        )
        for column in columns
    }
    causes = merge_causes(columns, by_column)
    broken = {column.name: column.is_broken for column in columns}
    excess = {column.name: column.excess for column in columns}
    ranked = sorted(
        causes, key=lambda cause: (not broken[cause[0]], -excess[cause[0]], _RANK[cause[1].kind])
    )
    chosen = tuple(one for _, one in ranked)
    return DailyExplanations(
        chosen or tuple(one for found in by_column.values() for one in found), by_column
    )


def alarmed_column(
    name: str,
    alarms: Iterable[DailyAlarm],
    change: ColumnChange | None,
    layout: HourlyLayout,
    spellings: Sequence[Spelling],
    period: str,
) -> AlarmedColumn:
    """A column with its own alarms.

    Args:
        name: The column.
        alarms: All alarms.
        change: How the column changed; None where that is not known.
        layout: Knows the columns and the time zone.
        spellings: New categories that are known ones spelled otherwise.
        period: When it changed, as a part of a sentence.
    """
    own = sorted((alarm for alarm in alarms if alarm.column == name), key=excess_of)
    partners = {alarm.partner: None for alarm in reversed(own) if alarm.partner is not None}
    counted = layout.columns[name]
    change = change or ColumnChange()
    is_category = counted.number is None and counted.clock is None
    return AlarmedColumn(
        name=name,
        alarms={alarm.name: alarm for alarm in own},
        partners=tuple(partners),
        change=change,
        spellings=spellings or (_spellings_of(counted, change) if is_category else ()),
        is_category=is_category,
        zone=layout.zone,
        clock_part="" if counted.clock is None else counted.clock.part,
        period=period,
    )


def _spellings_of(column: CountedColumn, change: ColumnChange) -> Sequence[Spelling]:
    """The spellings of a day that its last window has no more: if all examples of new values are
    known categories spelled otherwise."""
    cells = column.cells
    if isinstance(cells, NumericCells):
        return ()
    new = {value: round(share * change.values) for value, share in change.new_values}
    found = match_spellings(cells.index, new)
    return found if len(found) == len(new) else ()


def start_of_alarm(decision: DayDecision, column: str, zone: str) -> datetime | None:
    """The start of the first window of a column's alarm in local time; None if it is this one."""
    end = decision.since.get(column)
    if end is None:
        return None
    return datetime.fromtimestamp((end - decision.window_hours) * HOUR_SECONDS, ZoneInfo(zone))


def explain_column(column: AlarmedColumn) -> list[Explanation]:
    """The explanations of a column that no better one explains."""
    candidates: dict[ExplanationKind, Explanation] = {}
    for name in sorted(column.alarms, key=[*BY_ALARM].index):
        found = BY_ALARM[name](column, column.alarms[name])
        candidates.setdefault(found.kind, found)
    for found in _common_causes(column):
        candidates[found.kind] = found
    if Kind.LEVEL in candidates and _has_moved(column):
        candidates.pop(Kind.OUT_OF_RANGE, None)
    chosen: list[Explanation] = []
    for kind in sorted(candidates, key=lambda kind: _RANK[kind]):
        if not any(kind in _EXPLAINED.get(better.kind, ()) for better in chosen):
            chosen.append(candidates[kind])
    return chosen


def _has_moved(column: AlarmedColumn) -> bool:
    """Whether most values lie beyond the usual ones, so that far values are the end of a shift."""
    usual, current = column.change.usual_quartiles, column.change.current_quartiles
    if usual is None or current is None or column.change.out_of_range_share >= MAX_FAR_PART:
        return False
    ranges = map(_widened, usual)
    moved = [not low <= one <= high for one, (low, high) in zip(current, ranges, strict=False)]
    return sum(moved) >= MIN_MOVED_QUARTILES


# --- causes that several alarms of a column have in common ---


def _common_causes(column: AlarmedColumn) -> Iterator[Explanation]:
    names = {*column.alarms} - {"missing", "clock"}
    if not names:
        return
    change = column.change
    if change.single_value is not None and "constant" not in names:
        yield constant(column, None)
    unit = _unit_change(column)
    if unit is not None:
        yield unit
    if column.spellings and names & {"unseen", "shares"}:
        yield _spelling(column)
    if _is_one_value(column):
        yield value_share(column, column.alarms.get("largest_increase"))


def _is_one_value(column: AlarmedColumn) -> bool:
    """Whether one value that has become more frequent explains the alarms."""
    risen = column.change.risen
    if risen is None or not risen.is_one_value or column.change.far_value is not None:
        return False
    rise = angle(risen.shares.current) - angle(risen.shares.reference)
    if rise < MIN_RISE:
        return False
    is_alone = {*column.alarms} <= {"variety", "largest_increase", "association", "missing"}
    return risen.part >= MAIN_PART or (is_alone and risen.lead >= MIN_LEAD)


def _unit_change(column: AlarmedColumn) -> Explanation | None:
    usual, current = column.change.usual_quartiles, column.change.current_quartiles
    if usual is None or current is None:
        return None
    found = find_unit_change(UsualQuartiles(*map(_widened, usual)), current)
    if found is None:
        return None
    reference, median = medians(column.change)
    text = (
        f"its values {found.text} {column.period} (median {change_text(reference, median)}): a"
        " change of unit?"
    )
    return explanation(
        column,
        Kind.UNIT_CHANGE,
        text,
        None,
        value=found.text,
        reference=reference,
        current=median,
    )


def _widened(interval: tuple[float, float]) -> tuple[float, float]:
    """The range of the reference days with a margin: one more day may lie beyond it."""
    low, high = interval
    return low - WIDTH_MARGIN * (high - low), high + WIDTH_MARGIN * (high - low)


def _spelling(column: AlarmedColumn) -> Explanation:
    found = column.spellings
    count = sum(one.count for one in found)
    share = min(1.0, count / max(column.change.values, 1))
    examples = ", ".join(str(one) for one in found[:MAX_NAMED])
    text = f"{examples}, in {percent(share)} of the values {column.period}"
    return explanation(
        column,
        Kind.SPELLING,
        text,
        None,
        value=value_text(found[0].category, is_category=False),
        reference=0.0,
        current=share,
    )
