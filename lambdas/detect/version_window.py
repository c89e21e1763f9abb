"""The analysis of one version's window."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from driftloop.contract.ledger_items import WindowItem
from driftloop.detection import WindowVerdict
from driftloop.profile import Baseline, Profile
from lambdas.aws.context import AnalysisContext
from lambdas.detect.accepted_weeks import with_accepted_weeks
from lambdas.detect.analyzed_window import AnalyzedWindow, Item, compare
from lambdas.detect.day_total import sum_day
from lambdas.detect.few_records import sum_days
from lambdas.detect.live_days import decide_on_live_day, decide_on_live_window


def analyze_version(
    context: AnalysisContext,
    version: Item,
    stored: Baseline,
    profiles: Mapping[int, Profile],
    late: Mapping[int, Mapping[str, int]],
) -> AnalyzedWindow:
    """Compare the version's records of the window with its own baseline, ``stored``.

    A window of a whole day is decided by the daily rule, with what counts for it by the ledger; a
    shorter one by the 24 hours that end with it. A day with too few records is decided with the
    days before it.
    """
    number = version["version"]
    baseline, notes = with_accepted_weeks(context, version, stored)
    total = None
    if context.window == context.window.day:
        total = sum_day(context, number, baseline, context.window)
        decided = decide_on_live_day(context, number, baseline, context.window, total.profile.hours)
    else:
        own = profiles.get(number, Profile.empty(baseline))
        decided = decide_on_live_window(context, number, baseline, own)
    compare_window = partial(
        compare,
        context,
        item_type=WindowItem,
        version=number,
        is_champion=version["champion"],
        baseline=baseline,
        window=context.window,
        profile=profiles.get(number, Profile.empty(baseline)),
        daily=decided.decision,
    )
    analyzed = compare_window()
    if total is not None and analyzed.verdict == WindowVerdict.INSUFFICIENT_DATA:
        summed = sum_days(context, number, baseline, context.window, total)
        analyzed = analyzed if summed is None else compare_window(summed=summed)
    report = analyzed.report.with_late_records(late.get(number, {}))
    return replace(analyzed, report=report.with_notes([*notes, *decided.notes]))
