"""Changes of the association between features of any kinds, from the samples that profiles keep."""

from collections.abc import Collection
from dataclasses import dataclass

from driftloop.comparison.correlation import design_effects
from driftloop.comparison.reference import PairedColumns
from driftloop.metrics.association_change import association_change
from driftloop.profile.column_groups import count_pairs, grouped, pairs_of
from driftloop.seasonality.adjustments import DAY_HOURS
from driftloop.seasonality.hour_of_week import HourOfWeekProfile

MAX_P_VALUE = 0.05
"""Largest p-value with which a change is listed."""

MAX_LISTED = 50
"""Pairs whose changes are listed, those with the largest effects."""


@dataclass(frozen=True, slots=True)
class AssociationDrift:
    """A pair of features whose association changed.

    ``reference`` and ``current`` are Cramér's V, 0 to 1, between groups of their values;
    ``effect_size`` is Cohen's w of what changed; ``p_value`` is over all tested pairs (Bonferroni).
    """

    pair: tuple[str, str]
    reference: float
    current: float
    effect_size: float
    p_value: float


def compare_associations(
    columns: PairedColumns, excluded_features: Collection[str] = ()
) -> tuple[AssociationDrift, ...]:
    """Test the association of all watched pairs of features on the samples that profiles keep.

    With seasonality only whole days are tested, as correlations are.

    Args:
        columns: The window and its reference.
        excluded_features: Features that take no part.

    Returns:
        The changes with a p-value of at most ``MAX_P_VALUE``, the largest effect first.
    """
    baseline, profile, window = columns.baseline, columns.profile, columns.window
    seasonality: HourOfWeekProfile | None = None if window is None else baseline.seasonality
    if seasonality is not None and window is not None and window.hour_count < DAY_HOURS:
        return ()
    names = list(baseline.binnings.features)
    ages, parts = baseline.schema.age_columns, baseline.schema.calendar_columns
    pairs = [
        pair
        for pair in pairs_of(names, baseline.associated_pairs)
        if not (both := {names[pair[0]], names[pair[1]]}) & {*excluded_features}
        # which age a month has depends on the time of the request
        and not (both & ages and both & parts)
    ]
    reference, current = baseline.reference.sample.values, profile.counts.sample.values
    if not pairs or not len(reference) or not len(current):
        return ()
    sides = [
        grouped(binning, reference[:, position], current[:, position])
        for position, binning in enumerate(baseline.binnings.features.values())
    ]
    effects = design_effects(seasonality, names, len(current) / max(profile.counts.records, 1))
    found = association_change(
        count_pairs([side[0] for side in sides], pairs),
        count_pairs([side[1] for side in sides], pairs),
        effects[list(pairs)].max(axis=1),
    )
    changes = [
        AssociationDrift(
            (names[first], names[second]),
            float(found.reference[position]),
            float(found.current[position]),
            float(found.effect_size[position]),
            min(1.0, float(found.p_value[position]) * len(pairs)),
        )
        for position, (first, second) in enumerate(pairs)
    ]
    listed = [change for change in changes if change.p_value <= MAX_P_VALUE]
    return tuple(sorted(listed, key=_by_effect)[:MAX_LISTED])


def _by_effect(change: AssociationDrift) -> tuple[float, tuple[str, str]]:
    return -change.effect_size, change.pair
