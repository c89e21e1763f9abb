"""The analysis of a whole day, as a window of 24 hours or as the sum of shorter windows."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from driftloop.detection import WindowVerdict
from driftloop.profile import Baseline, Profile
from driftloop.window import Window
from lambdas.aws.context import AnalysisContext
from lambdas.detect.analyzed_window import AnalyzedWindow
from lambdas.detect.day_total import DayTotal, sum_day
from lambdas.detect.few_records import sum_days
from lambdas.detect.live_days import decide_on_live_day


class WholeDay(NamedTuple):
    """An analyzed day, the sum of the profiles that count for it, and notes for its report."""

    analyzed: AnalyzedWindow
    total: DayTotal
    notes: tuple[str, ...]


def analyze_whole_day(
    context: AnalysisContext,
    version: int,
    baseline: Baseline,
    day: Window,
    compare: Callable[..., AnalyzedWindow],
    *,
    own: Profile | None = None,
) -> WholeDay:
    """Decide on a day by the daily rule, with what counts for it by the ledger.

    A day with too few records is decided with the days before it.

    Args:
        context: The analysis that completes the day.
        version: The version.
        baseline: Its baseline.
        day: The day.
        compare: Compares ``profile`` with the baseline, given ``daily`` and ``summed``.
        own: The profile to compare; None for the sum of the day.
    """
    total = sum_day(context, version, baseline, day)
    live = decide_on_live_day(context, version, baseline, day, total.profile)
    profile = total.profile if own is None else own
    analyzed = compare(profile=profile, daily=live.decision)
    if analyzed.verdict == WindowVerdict.INSUFFICIENT_DATA:
        summed = sum_days(context, version, baseline, day, total)
        if summed is not None:
            analyzed = compare(profile=profile, daily=live.decision, summed=summed)
    if live.checked is not None:
        analyzed = replace(analyzed, report=analyzed.report.with_day(live.checked, None))
    return WholeDay(analyzed, total, live.notes)
