"""What a report says of independence: what a window was compared with, and what it was granted."""

from collections.abc import Callable, Iterable, Mapping

from driftloop.compare.reference import ComparedColumn
from driftloop.judge.policy import DriftPolicy
from driftloop.profile import Baseline
from driftloop.profile.allowances import DAY_HOURS, Adjustment, Adjustments
from driftloop.profile.rhythm import rhythm_of
from driftloop.profile.thinned import PREDICTION
from driftloop.window import Window

INDEPENDENT = "Verdicts assume independent records: repeated users or cycles make them too sure."
MAX_NAMED = 5
DENSER = 3.0
"""Times as many records as the training weeks had in these hours, from which on that is said."""

SETTINGS = (
    "min_records",
    "min_effect_size",
    "min_share_effect_size",
    "false_discovery_rate",
    "datapoints_to_alarm",
    "evaluation_periods",
    "feature_weights",
)
"""Settings of the policy that allowances hang on."""


def settings(policy: DriftPolicy) -> dict[str, object]:
    """The settings that allowances hang on, plain."""
    given = policy.to_dict()
    return {name: given[name] for name in SETTINGS}


def seasonality_notes(
    baseline: Baseline, columns: Mapping[str, ComparedColumn], window: Window, policy: DriftPolicy
) -> list[str]:
    """One sentence for each thing that a reader of the verdict should know."""
    seasonality = rhythm_of(baseline)
    if seasonality is None:
        return [INDEPENDENT]
    hours = window.hour_count
    notes = list(_references(columns, len(seasonality.weeks)))
    if seasonality.adjustments is None:
        notes.append(INDEPENDENT)
    else:
        notes += [*_granted(seasonality.adjustments, hours, policy), *_denser(columns)]
    if hours < DAY_HOURS:
        notes.append(
            "Correlations are judged on whole days: features that share a daily cycle are"
            " correlated over the day, and not within an hour."
        )
    return notes


def _references(columns: Mapping[str, ComparedColumn], weeks: int) -> Iterable[str]:
    whole = [name for name, column in columns.items() if not column.weeks]
    if len(whole) < len(columns):
        yield f"Compared with the same hours of the week of {weeks} training weeks."
    if whole:
        named = ", ".join(whole[:MAX_NAMED]) + (", …" if len(whole) > MAX_NAMED else "")
        yield (
            "These hours of the training weeks hold too few records, so that all of the training"
            f" data is compared: {named}."
        )


def _denser(columns: Mapping[str, ComparedColumn]) -> Iterable[str]:
    """How much one record depends on others shows where all of them are there."""
    same = [column for column in columns.values() if column.weeks]
    usual = max((column.reference.rows / column.weeks for column in same), default=0.0)
    now = max((column.current.rows for column in same), default=0)
    if usual and now > DENSER * usual:
        yield (
            f"The window has {now:,} records, and these hours of the training weeks had"
            f" {usual:,.0f} each: with so few, dependence shows less than it is, and verdicts may"
            " be too sure."
        )


def _granted(adjustments: Adjustments, hours: int, policy: DriftPolicy) -> Iterable[str]:
    granted = adjustments.for_hours(hours)
    effect = _most(granted, lambda one: one.design_effect)
    factor = _most(granted, lambda one: one.min_effect_multiplier)
    if effect and factor:
        yield (
            f"What records have in common is allowed for: design effect up to {effect[1]:.2g}"
            f" ({effect[0]}); floors raised up to {factor[1]:.3g}-fold ({factor[0]})."
        )
    if hours < DAY_HOURS and hours != adjustments.window_hours:
        yield (
            f"Floors were replayed for windows of {adjustments.window_hours} hours, and this one"
            f" has {hours}."
        )
    now = settings(policy)
    other = [name for name, value in adjustments.policy.items() if now.get(name) != value]
    if other:
        yield (
            "Floors were replayed with other settings than today's: "
            + ", ".join(f"monitoring.{name}" for name in other)
            + ". Make the baseline anew to replay them."
        )


def _most(
    granted: Mapping[str, Adjustment], of: Callable[[Adjustment], float]
) -> tuple[str, float] | None:
    if not granted:
        return None
    name = max(granted, key=lambda name: of(granted[name]))
    return "the prediction" if name == PREDICTION else name, of(granted[name])
