"""The pair of features whose correlation changed most: one sentence, and a table per side."""

from dataclasses import dataclass

from driftloop.comparison.correlation import QuintileShares
from driftloop.report.formatting import MINUS, format_count, format_p_value, format_share
from driftloop.report.window_report import CorrelationReport

UNCORRELATED = 0.04
"""Share of every cell where two features are not correlated: one in 25."""


@dataclass(frozen=True, slots=True)
class QuintileCell:
    """Share of the records in one quintile of either feature; ``shade`` from 0 to 1."""

    text: str
    shade: float


@dataclass(frozen=True, slots=True)
class QuintileTable:
    """One side as a table: rows from the first feature's highest quintile down to its lowest."""

    title: str
    rows: tuple[tuple[str, tuple[QuintileCell, ...]], ...]


@dataclass(frozen=True, slots=True)
class CorrelationPanel:
    """The panel of one pair of features, reference before current."""

    first: str
    second: str
    drifted: bool
    sentence: str
    sides: tuple[QuintileTable, QuintileTable]


def correlation_panel(change: CorrelationReport | None) -> CorrelationPanel | None:
    """The panel of a report's ``multivariate``; None where no pair could be tested."""
    if change is None:
        return None
    first, second = change.pair
    reference, current = _signed(change.correlation.reference), _signed(change.correlation.current)
    verdict = "this is drift" if change.drifted else "this is not drift"
    sentence = (
        f"Of all pairs of numeric features, {first} and {second} have the most significant change:"
        f" correlation {reference} → {current}"
        f" (p {format_p_value(change.p_value)} over all pairs); {verdict}."
    )
    tables = change.quintiles
    top = max(max(map(max, side.shares)) for side in (tables.reference, tables.current))
    return CorrelationPanel(
        first,
        second,
        change.drifted,
        sentence,
        (
            _table(f"Reference: correlation {reference}", tables.reference, top),
            _table(f"Current: correlation {current}", tables.current, top),
        ),
    )


def _signed(correlation: float) -> str:
    return f"{correlation:+.2f}".replace("-", MINUS)


def _table(title: str, side: QuintileShares, top: float) -> QuintileTable:
    names = [f"{number} of {len(side.shares)}" for number in range(1, len(side.shares) + 1)]
    rows = [
        (name, tuple(QuintileCell(format_share(s), s / max(top, UNCORRELATED)) for s in row))
        for name, row in zip(names, side.shares, strict=True)
    ]
    return QuintileTable(
        f"{title}, {format_count(side.records)} sampled records", tuple(reversed(rows))
    )
