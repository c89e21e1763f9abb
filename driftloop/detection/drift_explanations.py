"""Explains the drift of a column against the training data, in its own units.

What the tests found are candidates. A constant, a change of unit, of spelling or of one value
explains the others of its column; they are not said again.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from driftloop.comparison import (
    AssociationDrift,
    CategoryChange,
    ColumnComparison,
    ColumnSummary,
    CorrelationDrift,
)
from driftloop.comparison.category_changes import NEW_CATEGORIES
from driftloop.comparison.scores import ChangeBesideAtoms
from driftloop.comparison.summary import CategoricalColumnSummary, NumericColumnSummary
from driftloop.detection.explanation import (
    MAIN_PART,
    MAX_NAMED,
    Explanation,
    ExplanationKind,
    change_text,
    listed,
    number_text,
    value_text,
)
from driftloop.detection.reasons import describe_change, has_other_spread
from driftloop.detection.unit_change import (
    UnitChange,
    UsualQuartiles,
    find_unit_change,
    unit_of_ratio,
)
from driftloop.profile.column_pair import OTHERS
from driftloop.quality.spelling import Spelling
from driftloop.quality.violations import percent
from driftloop.untrusted_text import quoted_value

Kind = ExplanationKind

TAILS = ("below", "above")
"""Kinds of changed shares that are not those of a single value."""

SINGLE_NUMBER_DEVIATION = 1e-4
"""Standard deviations of the reference up to which values are one number: the sums of a column are
rounded."""

STD_MARGIN = 1.5
"""Factor by which the standard deviation of a window may differ from the reference's."""

MIN_CONSTANT_VALUES = 30
"""Values of a window from which a single one of all is a constant."""

QUARTILE_TOLERANCE, SAMPLING_FACTOR = 0.05, 4.0
"""Distance of a quartile from the reference's that is usual, in interquartile ranges: a part, and
this many divided by the square root of the number of values (some three standard errors)."""


class FoundChanges(NamedTuple):
    """What the tests of a column found to be drift.

    Attributes:
        distribution: The effect size of its distribution.
        beside_atoms: The change of the values other than the most frequent ones.
        categories: Categories and single values.
        missing: Whether the share of missing values changed.
    """

    distribution: float | None = None
    beside_atoms: ChangeBesideAtoms | None = None
    categories: tuple[CategoryChange, ...] = ()
    missing: bool = False


def explain_drift(
    column: ColumnComparison,
    found: FoundChanges,
    summary: ColumnSummary | None,
    spellings: Sequence[Spelling] = (),
) -> tuple[Explanation, ...]:
    """The explanations of a column's drift, the best first.

    Args:
        column: The comparison.
        found: What of it is drift.
        summary: Both sides in the column's own units.
        spellings: New categories that are known ones spelled otherwise.
    """
    missing = (_missing(column),) if found.missing else ()
    if found.distribution is None and not found.categories and found.beside_atoms is None:
        return missing
    cause = _constant(column, found, summary) or _unit_change(column, found, summary)
    if cause is not None:
        return (cause, *missing)
    return (*_changes(column, found, summary, spellings), *missing)


def explain_invalid_column(
    column: ColumnComparison,
    reason: str,
    summary: ColumnSummary | None,
    *,
    is_clock: bool = False,
) -> Explanation:
    """Why a column is invalid: a constant or a change of unit, else what the checks say.

    Args:
        column: The comparison.
        reason: What the checks of the constraints say, with the column's name.
        summary: Both sides in the column's own units.
        is_clock: Whether it disagrees with the clock.
    """
    text = reason.removeprefix(f"{column.name}: ")
    if is_clock:
        return _make(column, Kind.CLOCK_SHIFT, text)
    found = FoundChanges(distribution=0.0)
    cause = _constant(column, found, summary) or _unit_change(column, found, summary)
    if cause is not None:
        return cause
    return _make(column, Kind.INVALID_VALUES, text)


def explain_correlation(change: CorrelationDrift) -> Explanation:
    """A changed correlation of two features."""
    first, second = change.pair
    return Explanation(
        kind=Kind.ASSOCIATION,
        column=first,
        text=f"its correlation with {second} changed from {change.reference:+.2f} to"
        f" {change.current:+.2f}",
        partners=(second,),
        reference=change.reference,
        current=change.current,
        effect_size=change.effect_size,
    )


def explain_associations(changes: Sequence[AssociationDrift]) -> list[Explanation]:
    """Changed associations; those of one column are one cause.

    Args:
        changes: The largest effect first.
    """
    remaining, found = list(changes), []
    while remaining:
        counts = Counter(name for change in remaining for name in change.pair)
        column = max(remaining[0].pair, key=lambda name: counts[name])
        own = [change for change in remaining if column in change.pair]
        remaining = [change for change in remaining if column not in change.pair]
        others = tuple(next(name for name in change.pair if name != column) for change in own)
        first = own[0]
        text = (
            f"no longer belongs to {listed(others)}, as after a wrong join or a shuffle; its"
            f" association with {others[0]} (Cramér's V) changed from {first.reference:.2g} to"
            f" {first.current:.2g}"
        )
        found.append(
            Explanation(
                kind=Kind.ASSOCIATION,
                column=column,
                text=text,
                partners=others,
                reference=first.reference,
                current=first.current,
                effect_size=first.effect_size,
            )
        )
    return found


def _make(column: ColumnComparison, kind: ExplanationKind, text: str, **more: Any) -> Explanation:
    return Explanation(kind=kind, column=column.name, text=text, **more)


def _missing(column: ColumnComparison) -> Explanation:
    """A changed share of missing values, with those that can't be read."""
    reference, current = column.missing_shares
    text = f"{percent(reference)} → {percent(current)} of the records"
    if column.invalid_records:
        invalid = percent(column.invalid_records / max(column.records, 1))
        text = f"missing or unreadable in {text}; {invalid} hold another type"
    else:
        text = f"missing in {text}"
    return _make(
        column,
        Kind.MISSING_VALUES,
        text,
        reference=reference,
        current=current,
        effect_size=column.missing_effect,
    )


# --- causes that explain all changes of a column's values ---


def _constant(
    column: ColumnComparison, found: FoundChanges, summary: ColumnSummary | None
) -> Explanation | None:
    """All values are one, which the reference's are not."""
    single_values = [
        one
        for one in found.categories
        if one.kind not in TAILS and one.category not in (NEW_CATEGORIES, OTHERS)
    ]
    value = next((one.category for one in single_values if one.current == 1), None)
    is_category = isinstance(summary, CategoricalColumnSummary)
    if value is None and isinstance(summary, NumericColumnSummary):
        single = _single_number(summary)
        value = None if single is None else number_text(single)
    elif value is None and isinstance(summary, CategoricalColumnSummary):
        own = [one for one in summary.categories if one.tag in ("", "new")]
        value = next((one.category for one in own if one.current == 1 > one.reference), None)
    if value is None or column.records - column.missing_records < MIN_CONSTANT_VALUES:
        return None
    text = f"all values are {value_text(value, is_category=is_category)}"
    return _make(
        column,
        Kind.CONSTANT,
        text,
        value=value_text(value, is_category=False),
        current=1.0,
        effect_size=column.effect_size,
    )


def _single_number(summary: NumericColumnSummary) -> float | None:
    """The number that all values are, which the reference's are not; None without one.

    Of values beyond the reference's range the smallest and the largest are not known. Their
    standard deviation shows whether they are one number.
    """
    before, after = summary.reference, summary.current
    if after.min is None or after.min != after.max or after.min == before.min == before.max:
        return None
    if before.min == before.max:  # nothing lies within its range, and all is known by the sample
        return after.min if after.quantiles.p01 == after.quantiles.p99 else None
    if after.mean is None or after.std is None or before.std is None:
        return None
    tolerance = SINGLE_NUMBER_DEVIATION * before.std
    if after.std > tolerance:
        return None
    return after.min if abs(after.mean - after.min) <= tolerance else after.mean


def _unit_change(
    column: ColumnComparison, found: FoundChanges, summary: ColumnSummary | None
) -> Explanation | None:
    """All values, or those other than the most frequent ones, have another unit."""
    values = column.records - column.missing_records
    if isinstance(summary, NumericColumnSummary) and found.distribution is not None and values:
        before, after = summary.reference.quantiles, summary.current.quantiles
        reference, current = (
            [one for one in (side.p25, side.p50, side.p75) if one is not None]
            for side in (before, after)
        )
        if len(reference) == len(current) == 3:
            unit = find_unit_change(_usual(reference, values), current)
            if unit is not None and _has_spread_of(unit, summary):
                return _unit(column, unit, "its values", (reference[1], current[1]))
    beside = found.beside_atoms
    if beside is not None:
        unit = unit_of_ratio(*beside.medians)
        if unit is not None:
            atoms = " and ".join(number_text(atom) for atom in beside.atoms)
            return _unit(column, unit, f"its values other than {atoms}", beside.medians)
    return None


def _has_spread_of(unit: UnitChange, summary: NumericColumnSummary) -> bool:
    """Whether the standard deviation changed as the unit did, where the unit has another zero: a
    shift of all values can have the same quartiles as degrees Fahrenheit by chance."""
    before, after = summary.reference.std, summary.current.std
    if not unit.offset or not before or after is None:
        return True
    return 1 / STD_MARGIN <= after / (before * abs(unit.factor)) <= STD_MARGIN


def _unit(
    column: ColumnComparison, unit: UnitChange, subject: str, medians: tuple[float, float]
) -> Explanation:
    text = f"{subject} {unit.text} (median {change_text(*medians)}): a change of unit?"
    return _make(
        column,
        Kind.UNIT_CHANGE,
        text,
        value=unit.text,
        reference=medians[0],
        current=medians[1],
        effect_size=column.effect_size,
    )


def _usual(quartiles: Sequence[float], values: int) -> UsualQuartiles:
    """How far the quartiles of that many values are from those of the reference by chance."""
    low, middle, high = quartiles
    relative = QUARTILE_TOLERANCE + SAMPLING_FACTOR / math.sqrt(values)
    slack = relative * (high - low)
    iqr = high - low
    return UsualQuartiles(
        (low - slack, low + slack),
        (middle - slack, middle + slack),
        (high - slack, high + slack),
        (iqr / (1 + 2 * relative), iqr * (1 + 2 * relative)),
    )


# --- single changes ---


def _changes(
    column: ColumnComparison,
    found: FoundChanges,
    summary: ColumnSummary | None,
    spellings: Sequence[Spelling],
) -> Iterator[Explanation]:
    """Each change that no other one explains."""
    spelled = {one.category: one for one in spellings}
    replaced = {one.known for one in spellings}
    respelled = [one for one in found.categories if one.category in spelled]
    together = [one for one in found.categories if one.category == NEW_CATEGORIES]
    new = [
        one
        for one in found.categories
        if one.kind == "category" and one.change == "new" and one not in [*respelled, *together]
    ]
    for one in respelled:
        yield _spelling(column, one, spelled[one.category])
    distribution = found.distribution
    explained = [*respelled, *(together or new)]
    are_all = _explain_all(explained, summary)
    have_replaced = are_all and bool(together or len(explained) > 1)
    if distribution is not None and not are_all:
        yield _distribution(column, distribution, summary)
    if found.beside_atoms is not None:
        yield _beside_atoms(column, found.beside_atoms)
    if together:
        yield _many_new_categories(column, together[0], summary)
    elif len(new) > 1:
        yield _new_categories(column, new)
    for changed in found.categories:
        is_new = changed in together or ((together or len(new) > 1) and changed in new)
        if changed in respelled or is_new:
            continue
        is_replaced = changed.category in replaced or have_replaced
        if is_replaced and changed.change in ("decreased", "disappeared"):
            continue
        # an increase, a decrease or a longer tail is the change of the distribution once more
        is_repetition = distribution is not None and (
            changed.change in ("increased", "decreased") or changed.kind in TAILS
        )
        if not is_repetition and not _is_one_value_beyond(changed, found.categories):
            yield _category(column, changed)


def _explain_all(changes: Sequence[CategoryChange], summary: ColumnSummary | None) -> bool:
    """Whether some new categories are nearly all that changed in a categorical column."""
    if not changes or not isinstance(summary, CategoricalColumnSummary):
        return False
    own = [one for one in summary.categories if one.tag != "missing"]
    moved = sum(abs(one.change) for one in own) / 2
    return sum(one.current for one in changes) >= MAIN_PART * moved


def _is_one_value_beyond(tail: CategoryChange, drifted: Sequence[CategoryChange]) -> bool:
    """Whether nearly all the values beyond one end of the reference are one value."""
    if tail.kind not in TAILS:
        return False
    sign = 1 if tail.kind == "above" else -1
    return any(
        change.current >= MAIN_PART * tail.current
        and sign * float(change.category) > sign * float(tail.category)
        for change in drifted
        if change.kind == "value"
    )


def _distribution(
    column: ColumnComparison, effect_size: float, summary: ColumnSummary | None
) -> Explanation:
    """``median 41 → 68; like a mean shift of 0.9 standard deviations``."""
    change = "" if summary is None else describe_change(summary)
    text = f"{change}; " if change else ""
    kind, reference, current = _kind_of(summary)
    return _make(
        column,
        kind,
        f"{text}like a mean shift of {effect_size:.2g} standard deviations",
        reference=reference,
        current=current,
        effect_size=effect_size,
    )


def _kind_of(
    summary: ColumnSummary | None,
) -> tuple[ExplanationKind, float | None, float | None]:
    """What the change of a distribution is about, with its figure on both sides."""
    if isinstance(summary, NumericColumnSummary):
        before, after = summary.reference, summary.current
        if has_other_spread(before, after):
            widths = [
                None
                if side.quantiles.p25 is None or side.quantiles.p75 is None
                else side.quantiles.p75 - side.quantiles.p25
                for side in (before, after)
            ]
            return Kind.SPREAD, widths[0], widths[1]
        return Kind.LEVEL, before.median, after.median
    return (Kind.LEVEL if summary is None else Kind.SHARES), None, None


def _beside_atoms(column: ColumnComparison, change: ChangeBesideAtoms) -> Explanation:
    """``median of the values other than 0: 54 → 540; …``."""
    atoms = " and ".join(number_text(atom) for atom in change.atoms)
    reference, current = change.medians
    text = (
        f"median of the values other than {atoms}: {change_text(reference, current)}; like a"
        f" mean shift of {change.effect_size:.2g} of their standard deviations"
    )
    return _make(
        column,
        Kind.LEVEL,
        text,
        reference=reference,
        current=current,
        effect_size=change.effect_size,
    )


def _spelling(column: ColumnComparison, change: CategoryChange, spelling: Spelling) -> Explanation:
    """A known category that is spelled otherwise."""
    text = f"{spelling}, in {percent(change.current)} of the values"
    return _of_category(column, Kind.SPELLING, text, change)


def _many_new_categories(
    column: ColumnComparison, change: CategoryChange, summary: ColumnSummary | None
) -> Explanation:
    """Many new categories, some of them by name; of a column in which some are usual."""
    categories = summary.categories if isinstance(summary, CategoricalColumnSummary) else ()
    names = [one.category for one in categories if one.tag == "new"][:MAX_NAMED]
    examples = f", such as {', '.join(map(quoted_value, names))}" if names else ""
    usual = f", and {percent(change.reference)} are usual" if change.reference else ""
    return _make(
        column,
        Kind.NEW_VALUES,
        f"{percent(change.current)} of the values are new categories{examples}{usual}",
        value=", ".join(value_text(name, is_category=False) for name in names),
        reference=change.reference,
        current=change.current,
        effect_size=change.effect_size,
    )


def _new_categories(column: ColumnComparison, changes: Sequence[CategoryChange]) -> Explanation:
    ranked = sorted(changes, key=lambda one: (-one.current, one.category))
    names = [f"{quoted_value(one.category)} ({percent(one.current)})" for one in ranked]
    share = sum(one.current for one in ranked)
    text = f"new categories {listed(names)} have {percent(share)} of the values"
    return _make(
        column,
        Kind.NEW_VALUES,
        text,
        value=", ".join(value_text(one.category, is_category=False) for one in ranked[:MAX_NAMED]),
        reference=0.0,
        current=share,
        effect_size=max(one.effect_size for one in ranked),
    )


def _category(column: ColumnComparison, change: CategoryChange) -> Explanation:
    """A category or a single value whose share changed."""
    if change.kind in TAILS:
        bound = f"{'smallest' if change.kind == 'below' else 'largest'} of the reference"
        text = (
            f"{percent(change.current)} of the values are {change.kind} {change.category}, the"
            f" {bound}"
        )
        return _of_category(column, Kind.OUT_OF_RANGE, text, change)
    reference, current = percent(change.reference), percent(change.current)
    if change.kind == "value":
        if change.change == "new":
            text = f"about {current} of the values are {change.category}, new in the data"
        else:
            text = f"about {reference} → {current} of the values are {change.category}"
        return _of_category(column, Kind.VALUE_SHARE, text, change)
    category = f"category {quoted_value(change.category)}"
    if change.change == "new" and change.category == OTHERS:
        text = f"{current} of the values are not in the reference"
    elif change.change == "new":
        text = f"new {category} has {current} of the values"
    elif change.change == "disappeared":
        text = f"{category} has disappeared; it had {reference} of the values"
    else:
        text = f"{category} has {change.change}, {reference} → {current} of the values"
    kind = Kind.NEW_VALUES if change.change == "new" else Kind.SHARES
    return _of_category(column, kind, text, change)


def _of_category(
    column: ColumnComparison, kind: ExplanationKind, text: str, change: CategoryChange
) -> Explanation:
    return _make(
        column,
        kind,
        text,
        value=value_text(change.category, is_category=False),
        reference=change.reference,
        current=change.current,
        effect_size=change.effect_size,
    )
