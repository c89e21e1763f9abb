"""The table of the smallest changes that are found, on the pages of a report and a calibration."""

from collections.abc import Sequence
from dataclasses import dataclass

from driftloop.daily.sensitivity import ColumnSensitivity
from driftloop.daily.statistics import HORIZONS
from driftloop.report.formatting import plural
from driftloop.report.sensitivity_text import (
    UNITS,
    column_label,
    findings,
    size_text,
    sizes_by_kind,
    undetectable_lines,
)


@dataclass(frozen=True, slots=True)
class SensitivityRow:
    """One kind of change of a column: its size for each horizon."""

    name: str
    kind: str
    sizes: tuple[str, ...]
    is_first: bool


@dataclass(frozen=True, slots=True)
class SensitivityTable:
    """The table, and the sentences above it."""

    horizons: tuple[str, ...]
    rows: tuple[SensitivityRow, ...]
    findings: tuple[str, ...]
    undetectable: tuple[str, ...]
    units: str


def sensitivity_table(columns: Sequence[ColumnSensitivity]) -> SensitivityTable | None:
    """The table of some columns; None without any."""
    if not columns:
        return None
    return SensitivityTable(
        horizons=tuple(plural(days, "day") for days in HORIZONS),
        rows=tuple(
            SensitivityRow(
                name=column_label(column),
                kind=kind,
                sizes=tuple(size_text(kind, sizes.get(days)) for days in HORIZONS),
                is_first=not position,
            )
            for column in columns
            for position, (kind, sizes) in enumerate(sizes_by_kind(column).items())
        ),
        findings=tuple(findings(columns)),
        undetectable=tuple(undetectable_lines(columns)),
        units=UNITS,
    )
