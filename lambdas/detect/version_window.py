"""The analysis of one version's window."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from driftloop.contract.ledger_items import WindowItem
from driftloop.profile import Baseline, Profile
from lambdas.aws.context import AnalysisContext
from lambdas.detect.analyzed_window import AnalyzedWindow, Item, compare
from lambdas.detect.live_days import decide_on_live_window
from lambdas.detect.whole_day import analyze_whole_day


def analyze_version(
    context: AnalysisContext,
    version: Item,
    baseline: Baseline,
    profiles: Mapping[int, Profile],
    late: Mapping[int, Mapping[str, int]],
) -> AnalyzedWindow:
    """Compare the version's records of the window with its own baseline.

    A window of a whole day is decided by the daily rule, with what counts for it by the ledger; a
    shorter one by the 24 hours that end with it. A day with too few records is decided with the
    days before it.
    """
    number = version["version"]
    own = profiles.get(number, Profile.empty(baseline))
    compare_window = partial(
        compare,
        context,
        item_type=WindowItem,
        version=number,
        is_champion=version["champion"],
        baseline=baseline,
        window=context.window,
    )
    if context.window == context.window.day:
        day = analyze_whole_day(context, number, baseline, context.window, compare_window, own=own)
        analyzed, notes = day.analyzed, day.notes
    else:
        decided = decide_on_live_window(context, number, baseline, own)
        analyzed, notes = compare_window(profile=own, daily=decided.decision), decided.notes
    report = analyzed.report.with_late_records(late.get(number, {}))
    return replace(analyzed, report=report.with_notes(notes))
