"""Notes of a report: what a reader must know beside the verdict, one sentence each."""

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime

from driftloop.comparison import ColumnSummary
from driftloop.comparison.reference import ComparedColumn
from driftloop.comparison.summary import CategoricalColumnSummary
from driftloop.daily.first_days import FIRST_DAYS, FirstDayAccount
from driftloop.daily.reference import TrainingDays
from driftloop.detection.exclusions import excluded_features
from driftloop.detection.policy import DriftPolicy, policy_fingerprint
from driftloop.profile import Baseline, Profile
from driftloop.profile.date_parts import HOUR_SECONDS
from driftloop.quality.duplicates import DuplicateEstimate
from driftloop.report.formatting import plural
from driftloop.seasonality.adjustments import DAY_HOURS, Adjustment, Adjustments
from driftloop.seasonality.hour_of_week import HourOfWeekProfile
from driftloop.seasonality.hourly_counts import PREDICTION
from driftloop.window import Window

INDEPENDENT = (
    "The tests assume independent records: repeated users or cycles make changes look more"
    " significant than they are."
)

MAX_NAMED = 5

MAX_RECORDS_RATIO = 3.0
"""Records of the window over those of the same hours of a training week, up to which the
adjustments fitted on the training weeks are taken to hold."""

_IN_GROUPS = "in groups of categories, in which new categories are not detected"
_AS_SUM = "as one sum, in which changes between categories are not detected"


def seasonality_notes(
    baseline: Baseline,
    columns: Mapping[str, ComparedColumn],
    window: Window | None,
    policy: DriftPolicy,
) -> list[str]:
    """What the window was compared with, and how dependence of records was adjusted for."""
    seasonality: HourOfWeekProfile | None = baseline.seasonality
    if window is None or seasonality is None:
        return [INDEPENDENT]
    hours = window.hour_count
    notes = list(_reference_notes(columns, len(seasonality.weeks)))
    if seasonality.adjustments is None:
        notes.append(INDEPENDENT)
    else:
        notes += [
            *_adjustment_notes(seasonality.adjustments, hours, policy),
            *_volume_notes(columns),
        ]
    if hours < DAY_HOURS:
        notes.append(
            "Correlations are tested on whole days only: features that share a daily cycle are"
            " correlated over a day, but not within an hour."
        )
    return notes


def daily_rule_notes(
    baseline: Baseline,
    training: TrainingDays | None,
    unchecked_clocks: Collection[str] = (),
) -> list[str]:
    """What a day was compared with, what its effect sizes are, and what it does not check.

    Args:
        baseline: The baseline.
        training: The training days, or the first live days that take their place.
        unchecked_clocks: Columns that are not checked against the clock.
    """
    seasonality: HourOfWeekProfile | None = baseline.seasonality
    reference = (
        "all of the training data"
        if seasonality is None
        else f"the same hours of {len(seasonality.weeks)} training weeks"
    )
    notes = [
        "The verdict compares with the accepted days before, hour by hour. Effect sizes and metrics"
        f" compare with {reference}, and take no part in it.",
        *(
            f"{name} is not checked against the clock any more: on days that a person accepted, no"
            " record agrees with it, and no one difference explains most of them. To check it"
            " again, make a new baseline."
            for name in unchecked_clocks
        ),
    ]
    if training is not None and training.are_live:
        notes.append(_switch_note(training))
    return notes


def _switch_note(training: TrainingDays) -> str:
    """Since when live days decide, and what they have shown."""
    first, last = (_date(training.records[position].end) for position in (0, -1))
    clocks = [*training.layout.stored.clocks]
    verb = "follows" if len(clocks) == 1 else "follow"
    follows = f" They show that {', '.join(clocks)} {verb} the clock of {training.layout.zone}."
    return (
        "The training data has no times over four weeks. Days after"
        f" {last} are compared with accepted live days, at first with {len(training.records)} days"
        f" from {first} on; until then windows were compared with all of the training data."
        f"{follows if clocks else ''}"
    )


def first_days_notes(
    baseline: Baseline, account: FirstDayAccount, policy: DriftPolicy
) -> list[str]:
    """What is provisional while a version has no days to compare with, and what can't be found.

    Args:
        baseline: The baseline, without training days.
        account: How many days are accepted.
        policy: Has the excluded features.
    """
    excluded = excluded_features(baseline, policy)
    compared = [name for name in baseline.binnings.features if name not in excluded]
    possible = {} if baseline.possible_clocks is None else baseline.possible_clocks.columns
    clocks = [name for name in compared if name in possible]
    notes = [
        "Provisional: the training data has no times over four weeks, so the window is compared"
        " with all of it. A weekly cycle or a season is then drift. Once"
        f" {FIRST_DAYS} live days are accepted, days are compared with these"
        f" ({account.accepted} of {FIRST_DAYS} so far). Until then these can't be found: a wrong"
        " order of two features, a constant feature, and changes that are small beside a season."
    ]
    if clocks:
        notes.append(
            f"{', '.join(clocks[:MAX_NAMED])}{', …' if len(clocks) > MAX_NAMED else ''}: may be the"
            " hour, weekday or month of the request, and can't be compared before the first days"
            " have shown whether that is so."
        )
    if account.refused:
        ranked = sorted(account.refused.items(), key=lambda one: (-one[1], one[0]))[:MAX_NAMED]
        refused = "; ".join(f"{plural(count, 'day')}: {reason}" for reason, count in ranked)
        notes.append(
            f"Of the last {plural(account.days, 'day')}, not accepted: {refused}. Repair what is"
            " broken, accept it with `driftloop accept` if it is right, or name the feature in"
            " monitoring.exclude_features."
        )
    return notes


def _date(end: int) -> str:
    """The date of the day that ends at an hour since 1970."""
    return f"{datetime.fromtimestamp((end - DAY_HOURS) * HOUR_SECONDS, UTC):%Y-%m-%d}"


def data_notes(baseline: Baseline, profile: Profile) -> list[str]:
    """What could not be tested, or not with the usual power."""
    notes = []
    if baseline.binnings.prediction is None:
        notes.append("The baseline has no predictions, so predictions are not tested for drift.")
    elif profile.records and not profile.line_counts.has_responses:
        notes.append("No predictions were captured, so predictions are not tested for drift.")
    if baseline.reference_records < profile.records:
        notes.append(
            f"The baseline has {baseline.reference_records:,} records, fewer than the window: its"
            " size limits how small a change can be detected."
        )
    return notes


def grouped_category_notes(
    summaries: Mapping[str, ColumnSummary], excluded: Collection[str]
) -> Iterator[str]:
    """Columns with more categories than are counted one by one."""
    for name, column in summaries.items():
        if name in excluded or not isinstance(column, CategoricalColumnSummary):
            continue
        sides = column.reference, column.current
        for how, shares in (
            (_IN_GROUPS, [side.grouped_share for side in sides]),
            (_AS_SUM, [side.other_share for side in sides]),
        ):
            if any(shares):
                reference, current = (f"{100 * share:.3g}%" for share in shares)
                yield (
                    f"{name} has more categories than are counted one by one: {reference} of the"
                    f" reference values and {current} of the current values are compared {how}."
                )


def association_notes(baseline: Baseline) -> Iterator[str]:
    """Pairs of features whose association is not compared."""
    names = [n for n in baseline.binnings.features if n not in baseline.excluded_features]
    pairs, watched = len(names) * (len(names) - 1) // 2, len(baseline.associated_pairs)
    if watched:
        yield (
            f"Associations are compared for {watched:,} of {pairs:,} pairs of features, those most"
            " associated in the training data. Correlations are compared for all pairs of numeric"
            " features."
        )


def duplicate_notes(duplicates: DuplicateEstimate | None) -> list[str]:
    """How many records were captured more than once."""
    note = None if duplicates is None else duplicates.note()
    return [] if note is None else [note]


def _reference_notes(columns: Mapping[str, ComparedColumn], weeks: int) -> Iterator[str]:
    whole = [name for name, column in columns.items() if not column.weeks]
    if len(whole) < len(columns):
        yield f"Compared with the same hours of the week of {weeks} training weeks."
    if whole:
        named = ", ".join(whole[:MAX_NAMED]) + (", …" if len(whole) > MAX_NAMED else "")
        yield (
            "Compared with all of the training data, because these hours of the training weeks have"
            f" too few records: {named}."
        )


def _volume_notes(columns: Mapping[str, ComparedColumn]) -> Iterator[str]:
    """The dependence of records shows fully only where there are as many of them."""
    seasonal = [column for column in columns.values() if column.weeks]
    reference = max((column.reference.rows / column.weeks for column in seasonal), default=0.0)
    current = max((column.current.rows for column in seasonal), default=0)
    if reference and current > MAX_RECORDS_RATIO * reference:
        yield (
            f"The window has {current:,} records, and these hours of a training week have"
            f" {reference:,.0f}: the adjustments for dependent records may be too small, and"
            " changes may look more significant than they are."
        )


def _adjustment_notes(adjustments: Adjustments, hours: int, policy: DriftPolicy) -> Iterator[str]:
    by_column = adjustments.for_hours(hours)
    design_effect = _largest(by_column, lambda one: one.design_effect)
    multiplier = _largest(by_column, lambda one: one.min_effect_multiplier)
    if design_effect and multiplier:
        yield (
            f"Adjusted for dependent records: design effect up to {design_effect[1]:.2g}"
            f" ({design_effect[0]}), minimum effect size multiplied by up to {multiplier[1]:.3g}"
            f" ({multiplier[0]})."
        )
    if hours < DAY_HOURS and hours != adjustments.window_hours:
        yield (
            f"The adjustments were fitted for windows of {adjustments.window_hours} hours, and this"
            f" one has {hours}."
        )
    current = policy_fingerprint(policy)
    changed = [name for name, value in adjustments.policy.items() if current.get(name) != value]
    if changed:
        yield (
            "The adjustments were fitted with other settings: "
            + ", ".join(f"monitoring.{name}" for name in changed)
            + " changed since. Create the baseline again to fit them with the current settings."
        )


def _largest(
    by_column: Mapping[str, Adjustment], value: Callable[[Adjustment], float]
) -> tuple[str, float] | None:
    if not by_column:
        return None
    name = max(by_column, key=lambda name: value(by_column[name]))
    return "the prediction" if name == PREDICTION else name, value(by_column[name])
