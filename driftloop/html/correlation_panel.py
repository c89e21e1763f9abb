"""The pair of features whose correlation changed most surely: in words, and by fifths of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from driftloop.report.formatting import MINUS, format_count, format_p_value, format_share

EVEN = 0.04
"""A cell's share where two features don't hang together: one in 25."""


@dataclass(frozen=True, slots=True)
class QuintileCell:
    """Share of the records in one fifth of either feature; ``strength`` from 0 to 1 as shade."""

    text: str
    strength: float


@dataclass(frozen=True, slots=True)
class QuintileTable:
    """One side as a table: rows from the first feature's highest fifth down to its lowest."""

    title: str
    rows: tuple[tuple[str, tuple[QuintileCell, ...]], ...]


@dataclass(frozen=True, slots=True)
class CorrelationPanel:
    """The panel; ``sides`` is empty where no table is kept."""

    first: str
    second: str
    drifted: bool
    sentence: str
    sides: tuple[QuintileTable, ...]


def correlation_panel(change: Mapping[str, Any] | None) -> CorrelationPanel | None:
    """The panel of a report's ``multivariate``; None where no pair could be tested."""
    if not change:
        return None
    first, second = (str(name) for name in change["pair"])
    drifted = bool(change["drifted"])
    rho = {side: _signed(value) for side, value in change["correlation"].items()}
    verdict = "this is drift" if drifted else "this is no drift"
    sentence = (
        f"Of all pairs of numeric features, {first} and {second} changed most surely: correlation"
        f" {rho['baseline']} → {rho['current']}"
        f" (p {format_p_value(change['p_value'])} over all pairs); {verdict}."
    )
    quintiles = change.get("quintiles") or {}
    top = max((max(map(max, side["shares"])) for side in quintiles.values()), default=0.0)
    sides = tuple(
        _side(f"{title}: correlation {rho[name]}", quintiles[name], top)
        for name, title in (("baseline", "Baseline"), ("current", "Now"))
        if name in quintiles
    )
    return CorrelationPanel(first, second, drifted, sentence, sides)


def _signed(correlation: float) -> str:
    return f"{correlation:+.2f}".replace("-", MINUS)


def _side(title: str, side: Mapping[str, Any], top: float) -> QuintileTable:
    shares: Sequence[Sequence[float]] = side["shares"]
    names = [f"{place} of {len(shares)}" for place in range(1, len(shares) + 1)]
    rows = [
        (name, tuple(QuintileCell(format_share(part), part / max(top, EVEN)) for part in row))
        for name, row in zip(names, shares, strict=True)
    ]
    return QuintileTable(
        f"{title}, {format_count(side['records'])} sampled records", tuple(reversed(rows))
    )
