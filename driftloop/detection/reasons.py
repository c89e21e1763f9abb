"""Verdicts in words, in the columns' own units."""

from collections.abc import Mapping

from driftloop.comparison import CategoryChange, ColumnComparison, ColumnSummary, CorrelationDrift
from driftloop.comparison.summary import NumericColumnSummary, NumericSummary
from driftloop.detection.policy import DriftPolicy, MinEffectSizes
from driftloop.detection.verdict import ColumnStatus, ColumnVerdict
from driftloop.profile.column_pair import OTHERS


def insufficient_records(records: int, policy: DriftPolicy) -> str:
    """Why there is no judgement."""
    return f"{records:,} records, and at least {policy.min_records:,} are needed to judge"


def no_drift(records: int, columns: Mapping[str, ColumnVerdict]) -> str:
    """Why a window is stable."""
    shifted = [
        name for name, column in columns.items() if column.status == ColumnStatus.MINOR_CHANGE
    ]
    text = f"no column changed by more than its floor in {records:,} records"
    return f"{text}; small but sure changes: {', '.join(shifted)}" if shifted else text


def distribution_changed(score: ColumnComparison, effect: float, phrase: str) -> str:
    """``temp: median 41 → 68; like a mean shift of 0.9 standard deviations``."""
    change = f"{phrase}; " if phrase else ""
    return f"{score.name}: {change}like a mean shift of {effect:.2g} standard deviations"


def category_changed(score: ColumnComparison, change: CategoryChange) -> str:
    """A level that came, went, grew or shrank."""
    named = f"the level {change.category!r}"
    if change.change == "new":
        if change.category == OTHERS:
            return f"{score.name}: {_percent(change.current)} are values that the baseline has not"
        return (
            f"{score.name}: the new level {change.category!r} makes up"
            f" {_percent(change.current)} of "
            "the values; the baseline has never seen it"
        )
    if change.change == "disappeared":
        share = _percent(change.reference)
        return f"{score.name}: {named} has vanished; it made up {share} of the baseline"
    shares = f"{_percent(change.reference)} → {_percent(change.current)}"
    return f"{score.name}: {named} has {change.change}, {shares} of the values"


def correlation_changed(change: CorrelationDrift) -> str:
    """How two features go together."""
    first, second = change.pair
    return (
        f"{first} and {second}: their correlation went from {change.reference:+.2f} to "
        f"{change.current:+.2f}"
    )


def missing_share_changed(score: ColumnComparison) -> str:
    """A change of the missing share."""
    before, now = score.missing_shares
    return f"{score.name}: missing in {_percent(before)} of the records → {_percent(now)}"


def shifted(score: ColumnComparison, min_effect_sizes: MinEffectSizes, phrase: str) -> str:
    """A change that is sure and small."""
    change = f"{phrase}; " if phrase else ""
    effect = score.effect_size or 0.0
    told = f"{min_effect_sizes.distribution:.3g} for shape, {min_effect_sizes.share:.3g} for shares"
    return f"{score.name}: {change}a sure but small change (effect {effect:.2g}; floors {told})"


def describe_change(summary: ColumnSummary) -> str:
    """How a column changed: medians, or the category whose share changed most."""
    if isinstance(summary, NumericColumnSummary):
        reference, current = summary.reference, summary.current
        if reference.median is None or current.median is None:
            return ""
        if _number(reference.median) != _number(current.median):
            return f"median {_number(reference.median)} → {_number(current.median)}"
        return _spread(reference, current)
    plain = [item for item in summary.categories if item.tag != "missing"]
    if not plain:
        return ""
    most = max(plain, key=lambda item: abs(item.change))
    return f"{most.category!r} {_percent(most.reference)} → {_percent(most.current)}"


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


def _percent(share: float) -> str:
    return f"{100 * share:.2g}%" if share < 1 else "100%"
