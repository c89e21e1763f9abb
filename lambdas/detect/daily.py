"""The analysis of the day that a window completes: the sum of its windows' stored profiles.

A change too small to be significant in an hour can be significant over a day. The day is analyzed
once for each revision of its last window; records that arrive later are included when that window
is analyzed again.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from driftloop.contract.ledger_items import DayItem, VerdictItem
from driftloop.report.window_report import DayWindows
from lambdas.aws.context import AnalysisContext
from lambdas.detect.analyzed_window import AnalyzedWindow, compare
from lambdas.detect.day_total import DayTotal
from lambdas.detect.store import ledger_item, store_report, store_verdict
from lambdas.detect.whole_day import analyze_whole_day


def analyze_day(context: AnalysisContext, last: AnalyzedWindow) -> VerdictItem | None:
    """The verdict on the day that ``last`` completes; None if the day is not complete.

    The day is analyzed unless the ledger has its verdict of this revision.
    """
    if not last.window.is_last_of_day:
        return None
    label = DayItem.label_of(last.window.day)
    existing = context.ledger.get(DayItem, last.version, label)
    if existing is not None and existing.revision >= context.revision:
        return existing
    day = _analyze(context, last)
    store_report(context, day)
    item = ledger_item(context, day)
    stored = store_verdict(context, item)
    return item if stored else context.ledger.get(DayItem, last.version, label)


def _analyze(context: AnalysisContext, last: AnalyzedWindow) -> AnalyzedWindow:
    compare_day = partial(
        compare,
        context,
        item_type=DayItem,
        version=last.version,
        is_champion=last.is_champion,
        baseline=last.baseline,
        window=last.window.day,
    )
    day, total, notes = analyze_whole_day(
        context, last.version, last.baseline, last.window.day, compare_day
    )
    windows = DayWindows(
        included=tuple(sorted(total.windows)),
        missing=total.missing,
        unreadable=tuple(sorted(total.unreadable)),
    )
    report = day.report.with_windows(windows).with_late_records(total.late)
    return replace(day, report=report.with_notes([*_notes(total), *notes]))


def _notes(total: DayTotal) -> Iterator[str]:
    """Which windows of the day are not in its report."""
    if total.missing:
        yield f"These windows of the day have not been analyzed: {', '.join(total.missing)}."
    if total.unreadable:
        yield (
            "The stored profiles of these windows can't be included, because another version of"
            f" driftloop wrote them: {', '.join(sorted(total.unreadable))}. Analyze these windows"
            " again to include them."
        )
