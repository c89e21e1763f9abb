"""What a report says of independence: what a window was compared with, and what it was granted.

What a reader of a report must know beside the verdict, one sentence each.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from driftloop.comparison.reference import ComparedColumn
from driftloop.detection.policy import DriftPolicy, settings
from driftloop.profile import Baseline, Profile
from driftloop.quality.duplicates import DuplicateEstimate
from driftloop.seasonality.adjustments import DAY_HOURS, Adjustment, Adjustments
from driftloop.seasonality.hour_of_week import HourOfWeekProfile
from driftloop.seasonality.hourly_counts import PREDICTION
from driftloop.window import Window

INDEPENDENT = "Verdicts assume independent records: repeated users or cycles make them too sure."
MAX_NAMED = 5
DENSER = 3.0
"""Times as many records as the training weeks had in these hours, from which on that is said."""


def seasonality_notes(
    baseline: Baseline, columns: Mapping[str, ComparedColumn], window: Window, policy: DriftPolicy
) -> list[str]:
    """One sentence for each thing that a reader of the verdict should know."""
    seasonality: HourOfWeekProfile | None = baseline.seasonality
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


_APART = {
    "grouped_share": "in groups of levels; none of these can be called new",
    "other_share": "as one sum, and changes among them are not seen",
}


def data_notes(baseline: Baseline, profile: Profile) -> list[str]:
    """What could not be judged, or not well."""
    notes = []
    if baseline.binnings.prediction is None:
        notes.append("The baseline holds no predictions, so the model's answers are not judged.")
    elif profile.records and not _answers(profile):
        notes.append("No predictions were captured, so the model's answers are not judged.")
    if baseline.reference_records < profile.records:
        notes.append(
            f"The baseline has {baseline.reference_records:,} rows, fewer than the window: "
            "it is what limits how small a change can be seen."
        )
    return notes


def grouped_category_notes(
    described: Mapping[str, Mapping[str, Any]], apart: Collection[str]
) -> Iterator[str]:
    """Columns of so many levels that some are not told apart."""
    for name, column in described.items():
        for share, words in _APART.items():
            shares = [column[side].get(share, 0.0) for side in ("baseline", "current")]
            if any(shares) and name not in apart:
                before, now = (f"{100 * share:.3g}%" for share in shares)
                yield (
                    f"{name} has more levels than are told apart: {before} of the baseline's and"
                    f" {now} of the window's values are compared {words}."
                )


def duplicate_notes(repeated: DuplicateEstimate | None) -> list[str]:
    """How many records count more than once."""
    note = None if repeated is None else repeated.note()
    return [] if note is None else [note]


def _answers(profile: Profile) -> bool:
    prediction = profile.counts.prediction
    return prediction is not None and prediction.present > 0
