"""One explanation for one cause that several columns show."""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from driftloop.daily.column_change import ColumnChange
from driftloop.detection.alarm_texts import AlarmedColumn, medians, shown
from driftloop.detection.explanation import Explanation, ExplanationKind, listed

Kind = ExplanationKind

VALUE_KINDS = frozenset(
    {
        Kind.CONSTANT,
        Kind.UNIT_CHANGE,
        Kind.SPELLING,
        Kind.VALUE_SHARE,
        Kind.OUT_OF_RANGE,
        Kind.NEW_VALUES,
    }
)
"""Changes of a column's values, which also break its order with other columns."""

SAME_SHARE = 0.1
"""Relative difference of two columns' shares of missing values up to which they have one cause."""

Cause = tuple[str, Explanation]
"""A column and its explanation."""


def merge_causes(
    columns: Sequence[AlarmedColumn], by_column: Mapping[str, Sequence[Explanation]]
) -> list[Cause]:
    """One explanation for each cause."""
    causes = [(column.name, one) for column in columns for one in by_column[column.name]]
    of_kind = {
        kind: [cause for cause in causes if cause[1].kind == kind]
        for kind in (Kind.CLOCK_SHIFT, Kind.MISSING_VALUES, Kind.ORDER, Kind.ASSOCIATION)
    }
    others = [cause for cause in causes if cause[1].kind not in of_kind]
    changed = {shown(name): {one.kind for one in found} for name, found in by_column.items()}
    by_shown = {shown(column.name): column.change for column in columns}
    weights = {shown(column.name): (len(column.alarms), column.excess) for column in columns}
    return [
        *others,
        *_one_clock(of_kind[Kind.CLOCK_SHIFT]),
        *_equally_missing(of_kind[Kind.MISSING_VALUES]),
        *(
            _swapped(cause, by_shown)
            for cause in _best_of_pairs(
                of_kind[Kind.ORDER],
                lambda partner: bool(changed.get(partner, set()) & VALUE_KINDS),
                weights,
            )
        ),
        *_best_of_pairs(
            of_kind[Kind.ASSOCIATION],
            lambda partner: bool(changed.get(partner, set()) - {Kind.ASSOCIATION}),
            weights,
        ),
    ]


def _one_clock(causes: Sequence[Cause]) -> list[Cause]:
    """A shifted clock disagrees with hour, weekday and month; the hour has most to say."""
    if len(causes) < 2:
        return list(causes)
    first, *others = sorted(causes, key=lambda cause: -(cause[1].current or 0.0))
    return [_with_others(first, others)]


def _equally_missing(causes: Sequence[Cause]) -> list[Cause]:
    """Columns that are missing in the same share of the records are missing together."""
    remaining, merged = list(causes), []
    while remaining:
        first, *rest = remaining
        share = first[1].current or 0.0
        same = [c for c in rest if abs((c[1].current or 0.0) - share) <= SAME_SHARE * share]
        remaining = [cause for cause in rest if cause not in same]
        merged.append(_with_others(first, same) if same else first)
    return merged


def _with_others(first: Cause, others: Sequence[Cause]) -> Cause:
    names = tuple(one.column or "" for _, one in others)
    name, found = first
    verb = "so does" if len(names) == 1 else "so do"
    text = f"{found.text}; {verb if found.kind == Kind.CLOCK_SHIFT else 'likewise'} {listed(names)}"
    return name, msgspec.structs.replace(found, text=text, partners=(*found.partners, *names))


def _swapped(cause: Cause, changes: Mapping[str, ColumnChange]) -> Cause:
    """Two columns out of order whose medians are now near each other's are swapped."""
    name, found = cause
    partner = found.partners[0] if len(found.partners) == 1 else ""
    if partner not in changes or found.column is None:
        return cause
    (own, own_now), (other, other_now) = (
        medians(changes[column]) for column in (found.column, partner)
    )
    if own is None or own_now is None or other is None or other_now is None:
        return cause
    if abs(own_now - other) < abs(own_now - own) and abs(other_now - own) < abs(other_now - other):
        text = f"looks swapped with {partner}: {found.text.removeprefix('is ')}"
        return name, msgspec.structs.replace(found, text=text)
    return cause


def _best_of_pairs(
    causes: Sequence[Cause],
    is_explained: Callable[[str], bool],
    weights: Mapping[str, tuple[int, float]],
) -> list[Cause]:
    """Of the columns of pairs, those that explain all pairs: the ones with the most partners.

    Args:
        causes: Explanations with their partners.
        is_explained: Whether a partner's own explanation explains its pairs.
        weights: By column, by which those with equally many partners are ranked.
    """
    edges = {
        frozenset((one.column or "", partner))
        for _, one in causes
        for partner in one.partners
        if not is_explained(partner)
    }
    by_name = {one.column or "": (name, one) for name, one in causes}
    chosen = []
    while edges:
        degrees = {name: sum(name in edge for edge in edges) for name in by_name}
        best = max(degrees, key=lambda name: (degrees[name], *weights.get(name, (0, 0.0)), name))
        if not degrees[best]:
            break
        chosen.append(by_name[best])
        edges = {edge for edge in edges if best not in edge}
    return chosen
