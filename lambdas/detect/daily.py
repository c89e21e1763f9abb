"""The day that a window closes: the sum of its windows' kept profiles, judged as one.

A change too small for any hour is sure over a day. The day is judged once for each revision of its
last window; records that arrive later are in it when that window is analyzed anew.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from driftloop.analysis_plan import missing_windows, non_overlapping
from driftloop.contract import s3_keys
from driftloop.contract.ledger_items import DayItem, VerdictItem, VersionItem, WindowItem
from driftloop.errors import InputError
from driftloop.profile import Profile
from driftloop.report.window_report import DayWindows
from driftloop.window import Window
from lambdas.aws.context import AnalysisContext
from lambdas.detect.analyzed_window import (
    AnalyzedWindow,
    compare,
    window_label,
)
from lambdas.detect.store import ledger_item, store_report, store_verdict


@dataclass(frozen=True, slots=True)
class StoredProfile:
    """One kept profile: of a window, or of records of it that came late."""

    window: str
    key: str
    late: bool


@dataclass(slots=True)
class DailyTotal:
    """A day's records, and which windows they are of; ``late`` counts those that came late."""

    profile: Profile
    windows: set[str] = field(default_factory=set)
    unreadable: set[str] = field(default_factory=set)
    late: Counter[str] = field(default_factory=Counter)

    def add(self, place: StoredProfile, data: bytes) -> None:
        """One more profile. What can't be added is noted: it must not stop its day."""
        try:
            part = Profile.from_bytes(data)
            self.profile = self.profile + part
        except InputError:
            self.unreadable.add(place.window)
            return
        self.windows.add(place.window)
        if place.late:
            self.late[place.window] += part.records


def analyze_day(context: AnalysisContext, judged: AnalyzedWindow) -> VerdictItem | None:
    """The day in the ledger, analyzed if it was not; None if the window does not complete it."""
    if not judged.window.closes_day:
        return None
    label = window_label(DayItem, judged.window.day)
    known = context.ledger.get(DayItem, judged.version, label)
    if known is not None and known.revision >= context.revision:
        return known
    day = _judge(context, judged)
    store_report(context, day)
    item = ledger_item(context, day)
    stored = store_verdict(context, item)
    return item if stored else context.ledger.get(DayItem, judged.version, label)


def _judge(context: AnalysisContext, judged: AnalyzedWindow) -> AnalyzedWindow:
    total, lacking = _sum(context, judged)
    day = compare(
        context,
        item_type=DayItem,
        version=judged.version,
        is_champion=judged.is_champion,
        baseline=judged.baseline,
        window=judged.window.day,
        profile=total.profile,
    )
    windows = DayWindows(
        included=tuple(sorted(total.windows)),
        missing=tuple(lacking),
        unreadable=tuple(sorted(total.unreadable)),
    )
    report = day.report.with_windows(windows).with_late_records(total.late)
    return replace(day, report=report.with_notes(_notes(total, lacking)))


def _sum(context: AnalysisContext, judged: AnalyzedWindow) -> tuple[DailyTotal, list[str]]:
    """The sum of what is kept of the day, and the windows of which nothing is."""
    day, version = judged.window.day, judged.version
    analyzed = _analyzed(context, version, day)
    chosen = non_overlapping(analyzed)
    total = DailyTotal(Profile.empty(judged.baseline))
    for place in [
        *_kept(context, version, chosen),
        *_late(context, version, day, analyzed, chosen),
    ]:
        data = context.analysis_bucket.find(place.key)
        if data is not None:
            total.add(place, data)
    known = total.windows | total.unreadable
    present = [window for window in chosen if window.label in known]
    length = judged.window.end - judged.window.start
    lacking = missing_windows(day, present, length, _live_from(context, version, day))
    return total, [window.label for window in lacking if window.label not in known]


def _analyzed(context: AnalysisContext, version: int, day: Window) -> list[Window]:
    date = window_label(DayItem, day)
    found = context.ledger.query(WindowItem, version, first=date, last=f"{date}~")
    return [item.window for item in found]


def _kept(context: AnalysisContext, version: int, windows: list[Window]) -> Iterator[StoredProfile]:
    for window in windows:
        yield StoredProfile(
            window.label, s3_keys.profile(context.name, version, window.label), late=False
        )


def _late(
    context: AnalysisContext,
    version: int,
    day: Window,
    analyzed: list[Window],
    chosen: list[Window],
) -> Iterator[StoredProfile]:
    """Late records; not those of windows that lie within another one, which has read them."""
    within = {window.label for window in analyzed} - {window.label for window in chosen}
    for listed in context.analysis_bucket.list(
        s3_keys.late_profiles(context.name, version, window_label(DayItem, day))
    ):
        label = s3_keys.late_label(listed.key)
        if label not in within:
            yield StoredProfile(label, listed.key, late=True)


def _live_from(context: AnalysisContext, version: int, day: Window) -> datetime:
    """When the version began to serve: there was nothing to analyze before."""
    item = context.ledger.get(VersionItem, version)
    return item.serving_from if item and item.serving_from else day.start


def _notes(total: DailyTotal, lacking: list[str]) -> Iterator[str]:
    """What of the day is not in its report."""
    if lacking:
        yield f"The day lacks windows that have not been analyzed: {', '.join(lacking)}."
    if total.unreadable:
        yield (
            "Kept profiles of these windows can't be added up, since another version of driftloop"
            f" made them: {', '.join(sorted(total.unreadable))}. Analyse them anew to have them in."
        )
