"""Reasons of verdicts as texts, in the columns' own units."""

from collections import Counter
from collections.abc import Mapping, Sequence

from driftloop.comparison import (
    AssociationDrift,
    CategoryChange,
    ColumnComparison,
    ColumnSummary,
    CorrelationDrift,
)
from driftloop.comparison.scores import ChangeBesideAtoms
from driftloop.comparison.summary import CategoryShares, NumericColumnSummary, NumericSummary
from driftloop.detection.policy import DriftPolicy, MinEffectSizes
from driftloop.detection.verdict import ColumnStatus, ColumnVerdict
from driftloop.profile.column_pair import OTHERS
from driftloop.quality.spelling import Spelling
from driftloop.quality.violations import percent
from driftloop.untrusted_text import quoted_value

MAX_PARTNERS = 3
"""Further partners of a column that a reason names."""


def insufficient_records(records: int, policy: DriftPolicy) -> str:
    """Why a window has no verdict on drift."""
    return f"{records:,} records; a verdict needs at least {policy.min_records:,}"


def no_drift(records: int, columns: Mapping[str, ColumnVerdict]) -> str:
    """Why a window is stable."""
    minor = [name for name, column in columns.items() if column.status == ColumnStatus.MINOR_CHANGE]
    text = f"no column has drifted in {records:,} records"
    return f"{text}; minor changes: {', '.join(minor)}" if minor else text


def distribution_changed(column: ColumnComparison, effect_size: float, change: str) -> str:
    """``temp: median 41 → 68; like a mean shift of 0.9 standard deviations``."""
    text = f"{change}; " if change else ""
    return f"{column.name}: {text}like a mean shift of {effect_size:.2g} standard deviations"


def category_changed(column: ColumnComparison, change: CategoryChange) -> str:
    """A category or a single value whose share changed."""
    if change.kind != "category":
        return f"{column.name}: {_value_changed(change)}"
    category = f"category {quoted_value(change.category)}"
    reference, current = percent(change.reference), percent(change.current)
    if change.change == "new":
        if change.category == OTHERS:
            return f"{column.name}: {current} of the values are not in the reference"
        return f"{column.name}: new {category} has {current} of the values"
    if change.change == "disappeared":
        return f"{column.name}: {category} has disappeared; it had {reference} of the values"
    return f"{column.name}: {category} has {change.change}, {reference} → {current} of the values"


def spelling_changed(column: ColumnComparison, change: CategoryChange, spelling: Spelling) -> str:
    """A known category that is spelled otherwise."""
    return f"{column.name}: {spelling}, in {percent(change.current)} of the values"


def changed_beside_atoms(column: ColumnComparison, change: ChangeBesideAtoms) -> str:
    """``claim: median of the values other than 0: 54 → 5400; …``."""
    atoms = " and ".join(_number(atom) for atom in change.atoms)
    reference, current = (_number(median) for median in change.medians)
    return (
        f"{column.name}: median of the values other than {atoms}: {reference} → {current}; like a"
        f" mean shift of {change.effect_size:.2g} of their standard deviations"
    )


def _value_changed(change: CategoryChange) -> str:
    reference, current = percent(change.reference), percent(change.current)
    if change.kind in ("below", "above"):
        bound = f"{'smallest' if change.kind == 'below' else 'largest'} of the reference"
        return f"{current} of the values are {change.kind} {change.category}, the {bound}"
    if change.current == 1:
        return f"all values are {change.category}"
    if change.change == "new":
        return f"about {current} of the values are {change.category}, new in the data"
    return f"about {reference} → {current} of the values are {change.category}"


def correlation_changed(change: CorrelationDrift) -> str:
    """A changed correlation of two features."""
    first, second = change.pair
    return (
        f"{first} and {second}: their correlation changed from {change.reference:+.2f} to"
        f" {change.current:+.2f}"
    )


def associations_changed(changes: Sequence[AssociationDrift]) -> tuple[str, ...]:
    """Changed associations, the largest first; those of one column are one reason.

    ``currency and country: their association (Cramér's V) changed from 1 to 0.03; currency also
    with city``.
    """
    remaining, texts = list(changes), []
    while remaining:
        counts = Counter(name for change in remaining for name in change.pair)
        column = max(remaining[0].pair, key=lambda name: counts[name])
        own = [change for change in remaining if column in change.pair]
        remaining = [change for change in remaining if column not in change.pair]
        others = [next(name for name in change.pair if name != column) for change in own]
        text = (
            f"{column} and {others[0]}: their association (Cramér's V) changed from"
            f" {own[0].reference:.2g} to {own[0].current:.2g}, as after a wrong join or a shuffle"
        )
        if len(others) > 1:
            rest = len(others) - 1 - MAX_PARTNERS
            more = f" and {rest} more" if rest > 0 else ""
            text += f"; {column} also with {', '.join(others[1 : MAX_PARTNERS + 1])}{more}"
        texts.append(text)
    return tuple(texts)


def missing_share_changed(column: ColumnComparison) -> str:
    """A changed share of missing values, with those that can't be read."""
    reference, current = (percent(share) for share in column.missing_shares)
    text = f"{reference} → {current} of the records"
    if not column.invalid_records:
        return f"{column.name}: missing in {text}"
    invalid = percent(column.invalid_records / max(column.records, 1))
    return f"{column.name}: missing or unreadable in {text}; {invalid} hold another type"


def minor_change(column: ColumnComparison, min_effect_sizes: MinEffectSizes, change: str) -> str:
    """A significant change below the minimum effect size."""
    text = f"{change}; " if change else ""
    return (
        f"{column.name}: {text}a statistically significant change below the minimum effect size"
        f" (effect size {column.effect_size or 0.0:.2g}; minimum"
        f" {min_effect_sizes.distribution:.3g} for distributions,"
        f" {min_effect_sizes.share:.3g} for shares)"
    )


def describe_change(summary: ColumnSummary) -> str:
    """How a column changed: medians, or the category whose share changed most."""
    if isinstance(summary, NumericColumnSummary):
        reference, current = summary.reference, summary.current
        if reference.median is None or current.median is None:
            return ""
        if _number(reference.median) != _number(current.median):
            return f"median {_number(reference.median)} → {_number(current.median)}"
        return _spread(reference, current)
    categories = [item for item in summary.categories if item.tag != "missing"]
    if not categories:
        return ""
    largest = max(categories, key=lambda item: abs(item.change))
    return f"{quoted_value(largest.category)} {_share_change(largest)}"


def _share_change(item: CategoryShares) -> str:
    return f"{percent(item.reference)} → {percent(item.current)}"


def _spread(reference: NumericSummary, current: NumericSummary) -> str:
    """Where the median is unchanged: the quartiles, else the mean."""
    sides = [
        f"{_number(side.quantiles.p25)} to {_number(side.quantiles.p75)}"
        for side in (reference, current)
    ]
    if sides[0] != sides[1]:
        return f"middle half {sides[0]} → {sides[1]}"
    return f"mean {_number(reference.mean)} → {_number(current.mean)}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"
