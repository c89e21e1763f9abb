"""The pair of features whose correlation changed most surely: in words, and by fifths of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from driftloop.report.numbers import MINUS, count, probability, share

EVEN = 0.04
"""A cell's share where two features don't hang together: one in 25."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Share of the records in one fifth of either feature; ``strength`` from 0 to 1 as shade."""

    text: str
    strength: float


@dataclass(frozen=True, slots=True)
class Fifths:
    """One side as a table: rows from the first feature's highest fifth down to its lowest."""

    title: str
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]


@dataclass(frozen=True, slots=True)
class Together:
    """The panel; ``sides`` is empty where no table is kept."""

    first: str
    second: str
    drifted: bool
    sentence: str
    sides: tuple[Fifths, ...]


def together(change: Mapping[str, Any] | None) -> Together | None:
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
        f" (p {probability(change['p_value'])} over all pairs); {verdict}."
    )
    fifths = change.get("fifths") or {}
    top = max((max(map(max, side["shares"])) for side in fifths.values()), default=0.0)
    sides = tuple(
        _side(f"{title}: correlation {rho[name]}", fifths[name], top)
        for name, title in (("baseline", "Baseline"), ("current", "Now"))
        if name in fifths
    )
    return Together(first, second, drifted, sentence, sides)


def _signed(correlation: float) -> str:
    return f"{correlation:+.2f}".replace("-", MINUS)


def _side(title: str, side: Mapping[str, Any], top: float) -> Fifths:
    shares: Sequence[Sequence[float]] = side["shares"]
    names = [f"{place} of {len(shares)}" for place in range(1, len(shares) + 1)]
    rows = [
        (name, tuple(Cell(share(part), part / max(top, EVEN)) for part in row))
        for name, row in zip(names, shares, strict=True)
    ]
    return Fifths(f"{title}, {count(side['records'])} sampled records", tuple(reversed(rows)))
