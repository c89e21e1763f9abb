"""The smallest changes that are found, and what can't be found, in words."""

from collections.abc import Iterator, Mapping, Sequence

from driftloop.daily.sensitivity import ColumnSensitivity, Horizons
from driftloop.daily.statistics import HORIZONS
from driftloop.seasonality.hourly_counts import PREDICTION

UNITS = (
    "The level is in standard deviations of the same hours, the spread a factor of the standard"
    " deviation, shares of categories an effect size (Hellinger distance)."
)

DAYS = f"{', '.join(str(days) for days in HORIZONS[:-1])} and {HORIZONS[-1]} days"
"""All horizons."""

MIN_WHOLE_SHARE = 0.1
"""Share from which percentages have no decimals."""

_CHECKS: Mapping[str, str] = {"out_of_range": "range"}
"""Shorter names of checks, where they have one."""


def clock_lines(zone: str, clocks: Mapping[str, object]) -> list[str]:
    """One sentence for each feature that follows the clock of a time zone, with what it holds."""
    return [
        f"{name} follows the clock of {zone}: checked against it, left out of drift; it is the"
        f" {code}"
        for name, code in clocks.items()
    ]


def sensitivity_lines(columns: Sequence[ColumnSensitivity]) -> list[str]:
    """The smallest changes as a table for a terminal, then what can't be found, and findings."""
    if not columns:
        return []
    width = max(len(column_label(one)) for one in columns)
    return [
        f"smallest changes that {DAYS} find, each in 90% of the cases:",
        *(f"  {column_label(one):<{width}}  {_sizes(one)}" for one in columns),
        f"  {UNITS}",
        *undetectable_lines(columns),
        *(f"finding: {text}" for text in findings(columns)),
    ]


def undetectable_lines(columns: Sequence[ColumnSensitivity]) -> list[str]:
    """One sentence for each column whose level or shares can't be watched."""
    return [text for one in columns if (text := undetectable_text(one)) is not None]


def undetectable_text(column: ColumnSensitivity) -> str | None:
    """What can't be found in a column, and what can; None where changes are found."""
    if column.smallest is not None:
        return None
    watched = ", ".join(_CHECKS.get(name, name) for name in column.watched_by)
    name = column_label(column)
    if not column.main:
        return f"{name} has too few days with values to watch it for drift ({watched} are watched)"
    what = "shift of the level" if column.level else "change of the shares"
    return f"no {what} can be found in {name}; broken values would be ({watched})"


def findings(columns: Sequence[ColumnSensitivity]) -> list[str]:
    """One sentence for each column that is less sensitive than required."""
    return [
        f"{column_label(one)}: monitoring.required_sensitivity is {one.required:.3g}, and"
        f" {_best(one)}"
        for one in columns
        if one.insufficient
    ]


def sensitivity_notes(columns: Sequence[ColumnSensitivity]) -> Iterator[str]:
    """The notes of a report: what can't be found, and findings."""
    for line in (*undetectable_lines(columns), *findings(columns)):
        yield f"{line[0].upper()}{line[1:]}." if line.startswith("no ") else f"{line}."


def sizes_text(kind: str, sizes: Horizons) -> str:
    """The changes of one kind over all horizons: ``0.26, 0.23, none``."""
    return ", ".join(size_text(kind, sizes.get(days)) for days in HORIZONS)


def size_text(kind: str, size: float | None) -> str:
    """A change of one kind."""
    if size is None:
        return "none"
    return {
        "missing": f"{100 * size:.0f}%" if size >= MIN_WHOLE_SHARE else f"{100 * size:.2g}%",
        "spread": f"× {size:.2g}",
    }.get(kind, f"{size:.2g}")


def column_label(column: ColumnSensitivity) -> str:
    """The column's name in a sentence."""
    return "the prediction" if column.column == PREDICTION else column.column


def sizes_by_kind(column: ColumnSensitivity) -> dict[str, Horizons]:
    """The kinds of changes that are found in a column, with their sizes."""
    kinds = {
        "level": column.level,
        "spread": column.spread,
        "shares": column.shares,
        "missing": column.missing,
    }
    return {kind: sizes for kind, sizes in kinds.items() if sizes}


def _sizes(column: ColumnSensitivity) -> str:
    parts = [f"{kind} {sizes_text(kind, sizes)}" for kind, sizes in sizes_by_kind(column).items()]
    return "; ".join(parts) or "too few days"


def _best(column: ColumnSensitivity) -> str:
    what = "shift of the level" if column.level else "change of the shares"
    if column.smallest is None:
        return f"no {what} is found"
    return f"the smallest {what} that is found is {column.smallest:.3g}"
