"""The daily rule in the deployed analysis, on the live days of a version.

They are one object, which is rewritten with each day and each shorter window, and only if nobody
else has rewritten it since it was read: two analyses at once decide one after the other. A
repetition finds its decision in it, and writes nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from driftloop.contract import s3_keys
from driftloop.contract.ledger_items import VersionItem
from driftloop.daily.accepted_change import AcceptedChange, changes_from_json
from driftloop.daily.day import DAY_HOURS
from driftloop.daily.day_decision import DayDecision
from driftloop.daily.history import DayRecord
from driftloop.daily.live_days import (
    LIVE_DAYS,
    LiveDays,
    LiveRule,
    account_of_first_days,
    decide_live_day,
    decide_live_window,
    settling_ends,
)
from driftloop.daily.reference import TrainingDays
from driftloop.daily.stored import training_days
from driftloop.detection import DriftPolicy
from driftloop.detection.exclusions import excluded_features
from driftloop.detection.first_days import check_first_day
from driftloop.errors import FormatError
from driftloop.file_format import LIVE_DAYS_VERSION, is_of_later_version
from driftloop.profile import Baseline, Profile
from driftloop.profile.date_parts import HOUR_SECONDS
from driftloop.report.notes import first_days_notes
from driftloop.window import Window
from lambdas.aws.context import AnalysisContext
from lambdas.aws.transient_errors import TransientError
from lambdas.detect.day_total import has_served_in, sum_day, sum_window

_MAX_ATTEMPTS = 10
"""Reads of an object that other analyses keep changing; the state machine retries later."""


@dataclass(frozen=True, slots=True)
class LiveDecision:
    """The decision on a day, None where the daily rule does not apply; and notes for its report.

    ``checked`` is the record of a first day, on which there is no decision.
    """

    decision: DayDecision | None
    notes: tuple[str, ...] = ()
    checked: DayRecord | None = None


def decide_on_live_day(
    context: AnalysisContext, version: int, baseline: Baseline, day: Window, total: Profile
) -> LiveDecision:
    """Decide on a day of a version, and store it among its live days.

    Args:
        context: The analysis that completes the day.
        version: The version.
        baseline: Its baseline.
        day: The day.
        total: The sum of all of the day's profiles that count.

    Raises:
        TransientError: Other analyses changed the live days at each attempt.
    """
    end = _hour(day.end)
    checked = _check(context, baseline, total, end)

    def decide(live: LiveDays, rule: LiveRule) -> tuple[LiveDays, DayDecision | None]:
        live = live.with_counts(end, total.hours, checked)
        for one in settling_ends(live, rule):
            if one != end:
                live = _with_late_records(context, version, baseline, live, one)
        return decide_live_day(live, rule, end)

    found = _change(context, version, baseline, decide)
    return found if found.decision is not None else replace(found, checked=checked)


def _check(
    context: AnalysisContext, baseline: Baseline, total: Profile, end: int
) -> DayRecord | None:
    """What today's checks find on a day, of a version whose training data has no days."""
    if baseline.days_bytes is not None or baseline.layout is None:
        return None
    policy = DriftPolicy.from_settings(context.settings)
    return check_first_day(baseline, total, end, policy)


def decide_on_live_window(
    context: AnalysisContext, version: int, baseline: Baseline, own: Profile
) -> LiveDecision:
    """Decide on the 24 hours that end with the analyzed window, which is shorter than a day.

    Args:
        context: The analysis.
        version: The version.
        baseline: Its baseline.
        own: The window's profile of this revision.

    Raises:
        TransientError: Other analyses changed the live days at each attempt.
    """
    end, length = _hour(context.window.end), context.settings.monitoring.window_hours
    if context.window.end - context.window.start != timedelta(hours=length):
        return LiveDecision(None)
    hours = sum_window(context, version, baseline, own).hours

    def decide(live: LiveDays, rule: LiveRule) -> tuple[LiveDays, DayDecision | None]:
        return decide_live_window(live, rule, end, length, hours)

    return _change(context, version, baseline, decide)


def _change(
    context: AnalysisContext,
    version: int,
    baseline: Baseline,
    decide: Callable[[LiveDays, LiveRule], tuple[LiveDays, DayDecision | None]],
) -> LiveDecision:
    """Read the live days, decide, and store what is changed if nobody else has changed it.

    Live days that a later release wrote are kept: after a rollback, or while a deployment is under
    way, a day is decided on the training days alone.
    """
    training = training_days(baseline)
    if training is None and baseline.layout is None:
        return LiveDecision(None)
    key = s3_keys.live_days(context.name, version)
    changes, notes = _accepted_changes(context, version)
    rule = _rule(context, version, baseline, training, changes)
    for _ in range(_MAX_ATTEMPTS):
        found = context.analysis_bucket.find_content(key)
        live, problem = _read(None if found is None else found.data, baseline)
        live, decision = decide(live, rule)
        if decision is None:
            problem = (*problem, *_first_days_notes(context, baseline, live, rule))
        if found is not None and is_of_later_version(LIVE_DAYS, LIVE_DAYS_VERSION, found.data):
            return LiveDecision(decision, (*notes, *problem))
        data = live.to_bytes()
        is_stored = found is not None and found.data == data
        if is_stored or context.analysis_bucket.put_unchanged(key, data, found):
            return LiveDecision(decision, (*notes, *problem))
    raise TransientError(f"the live days {key} were changed by others at each attempt")


def _rule(
    context: AnalysisContext,
    version: int,
    baseline: Baseline,
    training: TrainingDays | None,
    changes: tuple[AcceptedChange, ...],
) -> LiveRule:
    item = context.ledger.get(VersionItem, version)
    policy = DriftPolicy.from_settings(context.settings)
    return LiveRule(
        training=training,
        untimed=baseline if training is None else None,
        allowed_lateness_hours=context.settings.monitoring.allowed_lateness_hours,
        is_expected=lambda end: item is not None and has_served_in(item, _day(end)),
        excluded=excluded_features(baseline, policy),
        changes=changes,
        drift_from_training_days=policy.drift_from_training_days,
    )


def _with_late_records(
    context: AnalysisContext, version: int, baseline: Baseline, live: LiveDays, end: int
) -> LiveDays:
    """With all records of a day that is about to be decided for good.

    A profile that can't be read any more does not take away what was counted before.
    """
    total = sum_day(context, version, baseline, _day(end))
    if total.unreadable or not total.windows:
        return live
    checked = _check(context, baseline, total.profile, end)
    return live.with_counts(end, total.profile.hours, checked)


def _first_days_notes(
    context: AnalysisContext, baseline: Baseline, live: LiveDays, rule: LiveRule
) -> list[str]:
    """What is provisional about a report without a decision."""
    policy = DriftPolicy.from_settings(context.settings)
    return first_days_notes(baseline, account_of_first_days(live, rule), policy)


def _accepted_changes(
    context: AnalysisContext, version: int
) -> tuple[tuple[AcceptedChange, ...], tuple[str, ...]]:
    """What a person accepted, and a note if that can't be read."""
    key = s3_keys.accepted_changes(context.name, version)
    data = context.analysis_bucket.find(key)
    if data is None:
        return (), ()
    try:
        return changes_from_json(data), ()
    except FormatError as error:
        uri = f"s3://{context.analysis_bucket.name}/{key}"
        return (), (f"Analyzed without what was accepted, because {uri} is invalid: {error}",)


def _read(data: bytes | None, baseline: Baseline) -> tuple[LiveDays, tuple[str, ...]]:
    """The stored days, and a note if they can't be used and start again."""
    if data is None:
        return LiveDays(baseline.fingerprint), ()
    if is_of_later_version(LIVE_DAYS, LIVE_DAYS_VERSION, data):
        note = (
            "Analyzed without the live days before it, because a later driftloop release wrote"
            " them; they are kept for that release."
        )
        return LiveDays(baseline.fingerprint), (note,)
    try:
        live = LiveDays.from_bytes(data)
    except FormatError as error:
        return LiveDays(baseline.fingerprint), (f"The live days start again: {error}.",)
    if live.baseline != baseline.fingerprint:
        note = "The live days start again: the stored ones were counted on another baseline."
        return LiveDays(baseline.fingerprint), (note,)
    return live, ()


def _hour(time: datetime) -> int:
    return int(time.timestamp()) // HOUR_SECONDS


def _day(end: int) -> Window:
    until = datetime.fromtimestamp(end * HOUR_SECONDS, UTC)
    return Window(until - timedelta(hours=DAY_HOURS), until)
