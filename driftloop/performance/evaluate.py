"""How good a model's predictions were: labeled predictions in, a report out."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import numpy as np

from driftloop.labels import LabelPolicy, MissingLabel
from driftloop.labels.join import JoinedLabels
from driftloop.labels.pending import PendingRecords
from driftloop.labels.resolved import ResolvedLabels
from driftloop.outcomes import MulticlassBinning, OutcomeBinning
from driftloop.outcomes.sums import sums_of
from driftloop.performance import breakdown
from driftloop.performance.assumption_free_bounds import assumption_free_bounds
from driftloop.performance.confidence_intervals import (
    ScoreInterval,
    learn_design_effects,
    score_intervals,
)
from driftloop.performance.counted_days import (
    CountedDay,
    CountedDays,
    count_mature_and_weighted,
    day_intervals,
)
from driftloop.performance.daily_outcomes import (
    DayOutcomes,
    LabeledPredictions,
    count_days,
    day_text,
    total,
)
from driftloop.performance.degradation import compare_scores, is_degraded
from driftloop.performance.label_values import label_values
from driftloop.performance.performance_policy import PerformancePolicy
from driftloop.performance.performance_report import (
    FORMAT_VERSION,
    DayPerformance,
    DayScore,
    DayStatus,
    LabelUse,
    Maturity,
    PerformanceReport,
    PeriodCheck,
    ScoreChange,
    ScoreEstimate,
)
from driftloop.performance.reference import ReferenceOutcomes, fit_binning
from driftloop.performance.verdict_reasons import decide
from driftloop.profile.date_parts import HOUR_SECONDS
from driftloop.schema import ProblemType
from driftloop.window import format_time


def label_records(
    records: PendingRecords,
    joined: JoinedLabels,
    problem_type: ProblemType,
    policy: LabelPolicy,
    *,
    missing_texts: frozenset[str],
    known_classes: Sequence[str] = (),
) -> LabeledPredictions:
    """Records with their labels as numbers.

    Raises:
        InputError: The labels have classes that the model can't have.
    """
    values = label_values(
        joined.codes,
        joined.values,
        problem_type,
        missing_texts=missing_texts,
        positive_class=policy.positive_class,
        known_classes=(*known_classes, *records.classes),
    )
    return LabeledPredictions.of(problem_type, records, values, joined.first_collected)


def evaluate(
    rows: LabeledPredictions,
    *,
    model: str,
    baseline: str | None = None,
    reference: ReferenceOutcomes | None = None,
    label_policy: LabelPolicy,
    policy: PerformancePolicy,
    as_of: float | None = None,
    labels: LabelUse | None = None,
    notes: Sequence[str] = (),
) -> PerformanceReport:
    """Evaluate predictions by the labels that arrived.

    Args:
        rows: Records with a prediction, labeled or not.
        model: The model's name.
        baseline: The baseline's fingerprint.
        reference: Outcomes of the baseline's held-out rows; without them nothing is degraded.
        label_policy: What labels mean.
        policy: What counts as a degradation.
        as_of: Epoch seconds up to which labels were collected; by default the latest time of a
            label or a record. Without times of labels all labels count as known for good.
        labels: What became of the labels, for the report.
        notes: Further notes of the report.
    """
    as_of = _as_of(rows) if as_of is None else as_of
    rows = _with_negatives(rows, label_policy, as_of)
    has_reference = reference is not None and _fits(reference, rows, label_policy)
    if reference is not None and not has_reference:
        notes = (*notes, _other_reference(reference, label_policy))
    known = reference if has_reference else None
    binning = _binning(rows, known, label_policy)
    days = count_days(binning, rows)
    counted = count_mature_and_weighted(binning, days, label_policy, as_of)
    then, effects = _reference_scores(known, policy, days, binning)
    checks = _checks(binning, counted, then, effects, rows.problem_type, label_policy, policy)
    intervals = day_intervals(
        binning, counted.days, design_effects=effects, confidence_level=policy.confidence_level
    )
    verdict, reasons = decide(
        counted, checks, is_degraded(checks, policy), bool(then), label_policy.min_labels, intervals
    )
    outcomes = total([one.day for one in counted.days])
    sums = sums_of(binning, outcomes)
    known_all = all(day.known == day.expected for day in counted.days)
    bounds = {} if known_all else assumption_free_bounds(binning, rows)
    first_record, last_record = _period(rows)
    return PerformanceReport(
        format_version=FORMAT_VERSION,
        model=model,
        problem_type=str(rows.problem_type),
        baseline=baseline,
        first_record=first_record,
        last_record=last_record,
        verdict=verdict,
        reasons=tuple(reasons),
        scores={name: _estimate(one, bounds.get(name)) for name, one in intervals.items()},
        known=sum(day.known for day in counted.days),
        expected=sum(day.expected for day in counted.days),
        maturity=_maturity(counted),
        reference={name: _estimate(one, None) for name, one in then.items()},
        checks=tuple(checks),
        days=tuple(_day(binning, day, effects, policy) for day in counted.days),
        segments=breakdown.segments(
            binning, outcomes, [column.name for column in rows.records.segments]
        ),
        groups=breakdown.groups(binning, rows),
        confusion=breakdown.confusion(binning, sums, outcomes, rows.classes),
        calibration=breakdown.calibration(sums),
        labels=labels,
        notes=(*notes, *_notes(counted, bool(then), intervals)),
    )


def label_use(joined: JoinedLabels, resolved: ResolvedLabels) -> LabelUse:
    """What became of the labels that were read."""
    return LabelUse(
        requests=len(resolved),
        unmatched=joined.unmatched,
        unlabeled=joined.unlabeled,
        unreadable_lines=len(resolved.unreadable),
    )


def _as_of(rows: LabeledPredictions) -> float | None:
    """The latest time of a label or a record; None where no label has a time."""
    known = rows.known_at[~np.isnan(rows.known_at)]
    if not len(known):
        return None
    times = rows.records.times[~np.isnan(rows.records.times)]
    return float(max(known.max(), times.max() if len(times) else -np.inf))


def _with_negatives(
    rows: LabeledPredictions, policy: LabelPolicy, as_of: float | None
) -> LabeledPredictions:
    """The records; those that are old enough and have no label are negative, if that is set."""
    if (
        policy.missing_label_means is not MissingLabel.NEGATIVE
        or rows.problem_type is not ProblemType.BINARY_CLASSIFICATION
        or not len(rows)
    ):
        return rows
    times = rows.records.times
    now = float(np.nanmax(times)) if as_of is None else as_of
    due = times + policy.max_label_age_hours * HOUR_SECONDS
    is_negative = np.isnan(rows.labels) & (due <= now)
    return LabeledPredictions(
        rows.problem_type,
        rows.records,
        np.where(is_negative, 0.0, rows.labels),
        rows.classes,
        np.where(is_negative, due, rows.known_at),
    )


def _binning(
    rows: LabeledPredictions, reference: ReferenceOutcomes | None, policy: LabelPolicy
) -> OutcomeBinning:
    """The reference's split points; those of the records where it has none of probabilities."""
    if reference is None:
        return fit_binning(rows, policy.decision_threshold)
    has_probabilities = rows.records.probabilities is not None
    if (
        isinstance(reference.binning, MulticlassBinning)
        and not reference.binning.probabilities
        and has_probabilities
    ):
        return fit_binning(rows, policy.decision_threshold)
    return reference.binning


def _fits(reference: ReferenceOutcomes, rows: LabeledPredictions, policy: LabelPolicy) -> bool:
    """Whether live outcomes can be counted on the reference's split points."""
    threshold = getattr(reference.binning, "decision_threshold", policy.decision_threshold)
    if threshold != policy.decision_threshold:
        return False
    if rows.problem_type is ProblemType.MULTICLASS_CLASSIFICATION:
        return reference.classes == rows.classes
    return rows.problem_type is ProblemType.REGRESSION or reference.classes[1:] == rows.classes[1:]


def _other_reference(reference: ReferenceOutcomes, policy: LabelPolicy) -> str:
    return (
        "The baseline's held-out records are not compared: they were counted with the classes"
        f" {', '.join(reference.classes)} and another decision threshold or positive class"
        f" (now {policy.decision_threshold:g}). Make the baseline again with `driftloop baseline`."
    )


def _reference_scores(
    reference: ReferenceOutcomes | None,
    policy: PerformancePolicy,
    days: Sequence[DayOutcomes],
    binning: OutcomeBinning,
) -> tuple[Mapping[str, ScoreInterval], Mapping[str, float]]:
    """The reference's scores, and the design effect of days by score, from whichever has days."""
    own = [day.outcomes for day in days if day.number is not None and day.outcomes.labeled]
    effects = learn_design_effects(binning, own) if own else {}
    if reference is None:
        return {}, effects
    then = [outcomes for number, outcomes in reference.days if number is not None]
    if then:
        effects = {**effects, **learn_design_effects(reference.binning, then)}
    scores = score_intervals(
        reference.binning,
        [outcomes for _, outcomes in reference.days],
        design_effects=effects,
        confidence_level=policy.confidence_level,
    )
    return scores, effects


def _checks(
    binning: OutcomeBinning,
    counted: CountedDays,
    reference: Mapping[str, ScoreInterval],
    effects: Mapping[str, float],
    problem_type: ProblemType,
    label_policy: LabelPolicy,
    policy: PerformancePolicy,
) -> list[PeriodCheck]:
    """The comparison of the days up to each of the last days with the reference."""
    usable = [day for day in counted.days if day.counts and day.known]
    compared = policy.compared(problem_type)
    checks = []
    for end in range(max(1, len(usable) - policy.evaluation_periods + 1), len(usable) + 1):
        days = usable[max(0, end - policy.window_days) : end]
        labeled = sum(day.known for day in days)
        changes: tuple[ScoreChange, ...] = ()
        if reference and labeled >= label_policy.min_labels:
            now = day_intervals(
                binning,
                days,
                design_effects=effects,
                confidence_level=policy.confidence_level,
                names=[*compared],
            )
            changes = compare_scores(now, reference, compared, policy)
        checks.append(
            PeriodCheck(
                first_day=day_text(days[0].day.number),
                last_day=day_text(days[-1].day.number),
                labeled=labeled,
                changes=changes,
                is_degraded=any(one.is_degraded for one in changes) if changes else None,
            )
        )
    return checks


def _estimate(interval: ScoreInterval, bounds: tuple[float, float] | None) -> ScoreEstimate:
    return ScoreEstimate(
        value=interval.value,
        low=interval.low,
        high=interval.high,
        bound=interval.bound,
        method=interval.method,
        undefined=interval.reason,
        lowest=None if bounds is None else bounds[0],
        highest=None if bounds is None else bounds[1],
    )


def _maturity(counted: CountedDays) -> Maturity:
    known = sum(day.known for day in counted.days)
    expected = sum(day.expected for day in counted.days)
    delays, mass = counted.delays, counted.mass
    quantiles = {}
    for name, curve in zip(
        ("negative", "positive"), delays.by_class if delays else (), strict=False
    ):
        if curve is not None:
            low, middle, high = (curve.quantile(share) / HOUR_SECONDS for share in (0.1, 0.5, 0.9))
            quantiles[name] = (low, middle, high)
    return Maturity(
        known_share=known / expected if expected else 0.0,
        expected_share=counted.expected_share,
        as_of=_seconds_text(counted.as_of),
        mature_until=_seconds_text(counted.mature_until),
        learned_from=0 if delays is None else delays.labels,
        mass=None if mass is None else mass.mass,
        mass_z=None if mass is None else mass.z,
        delay_hours=quantiles,
    )


def _day(
    binning: OutcomeBinning,
    day: CountedDay,
    effects: Mapping[str, float],
    policy: PerformancePolicy,
) -> DayPerformance:
    scores = day_intervals(
        binning, [day], design_effects=effects, confidence_level=policy.confidence_level
    )
    return DayPerformance(
        day=day_text(day.day.number),
        expected=day.expected,
        known=day.known,
        status=day.status,
        scores={
            name: DayScore(value=one.value, low=one.low, high=one.high)
            for name, one in scores.items()
        },
    )


def _notes(
    counted: CountedDays, has_reference: bool, intervals: Mapping[str, ScoreInterval]
) -> list[str]:
    notes = []
    if counted.as_of is None:
        notes.append(
            "The label files have no times (folders yyyy/mm/dd/hh): every label counts as final,"
            " and it is unknown whether further ones come."
        )
    if not has_reference:
        notes.append(
            "The baseline has no outcomes of held-out records, so nothing is compared: make it with"
            " `driftloop baseline --prediction COLUMN`, of rows that the model was not trained on."
        )
    if any(one.takes_records_as_independent for one in intervals.values()):
        notes.append(
            "Intervals take records as independent, because there are fewer than seven days of"
            " labels: on real traffic they are then too narrow."
        )
    if any(day.status is DayStatus.WEIGHTED for day in counted.days):
        notes.append(
            "Confusion, calibration, segments and groups count the labels that are known, without"
            " weights."
        )
    return notes


def _period(rows: LabeledPredictions) -> tuple[str | None, str | None]:
    """The times of the first and of the last record; None where no record has a time."""
    times = rows.records.times
    known = times[~np.isnan(times)]
    if not len(known):
        return None, None
    return _seconds_text(float(known.min())), _seconds_text(float(known.max()))


def _seconds_text(seconds: float | None) -> str | None:
    return None if seconds is None else format_time(datetime.fromtimestamp(int(seconds), UTC))
