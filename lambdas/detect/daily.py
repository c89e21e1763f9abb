"""The analysis of the day that a window completes: the sum of its windows' stored profiles.

A change too small to be significant in an hour can be significant over a day. The day is analyzed
once for each revision of its last window; records that arrive later are included when that window
is analyzed again.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from driftloop.analysis_plan import missing_windows, non_overlapping
from driftloop.contract import s3_keys
from driftloop.contract.ledger_items import (
    DayItem,
    VerdictItem,
    VersionItem,
    WindowCountItem,
    WindowItem,
)
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
    """One stored profile: of a window, or of its late records."""

    window: str
    key: str
    is_late: bool


@dataclass(slots=True)
class DailyTotal:
    """The sum of a day's profiles; ``windows`` are included, ``late`` counts late records."""

    profile: Profile
    windows: set[str] = field(default_factory=set)
    unreadable: set[str] = field(default_factory=set)
    late: Counter[str] = field(default_factory=Counter)

    def add(self, stored: StoredProfile, data: bytes) -> None:
        """Add one profile; one that can't be added is recorded and does not stop the day."""
        try:
            part = Profile.from_bytes(data)
            self.profile = self.profile + part
        except InputError:
            self.unreadable.add(stored.window)
            return
        self.windows.add(stored.window)
        if stored.is_late:
            self.late[stored.window] += part.records


def analyze_day(context: AnalysisContext, last: AnalyzedWindow) -> VerdictItem | None:
    """The verdict on the day that ``last`` completes; None if the day is not complete.

    The day is analyzed unless the ledger has its verdict of this revision.
    """
    if not last.window.is_last_of_day:
        return None
    label = window_label(DayItem, last.window.day)
    existing = context.ledger.get(DayItem, last.version, label)
    if existing is not None and existing.revision >= context.revision:
        return existing
    day = _analyze(context, last)
    store_report(context, day)
    item = ledger_item(context, day)
    stored = store_verdict(context, item)
    return item if stored else context.ledger.get(DayItem, last.version, label)


def _analyze(context: AnalysisContext, last: AnalyzedWindow) -> AnalyzedWindow:
    total, missing = _total(context, last)
    day = compare(
        context,
        item_type=DayItem,
        version=last.version,
        is_champion=last.is_champion,
        baseline=last.baseline,
        window=last.window.day,
        profile=total.profile,
    )
    windows = DayWindows(
        included=tuple(sorted(total.windows)),
        missing=tuple(missing),
        unreadable=tuple(sorted(total.unreadable)),
    )
    report = day.report.with_windows(windows).with_late_records(total.late)
    return replace(day, report=report.with_notes(_notes(total, missing)))


def _total(context: AnalysisContext, last: AnalyzedWindow) -> tuple[DailyTotal, list[str]]:
    """The sum of the day's stored profiles, and labels of the windows that have none."""
    day, version = last.window.day, last.version
    analyzed = _analyzed(context, version, day)
    chosen = non_overlapping(analyzed)
    total = DailyTotal(Profile.empty(last.baseline))
    counts = _counts(context, day)
    for stored in [
        *_window_profiles(context, version, chosen, counts),
        *_late_profiles(version, counts, analyzed, chosen),
    ]:
        data = context.analysis_bucket.find(stored.key)
        if data is not None:
            total.add(stored, data)
    found = total.windows | total.unreadable
    present = [window for window in chosen if window.label in found]
    length = last.window.end - last.window.start
    item = context.ledger.get(VersionItem, version)
    missing = [
        window.label
        for window in missing_windows(day, present, length, day.start)
        if window.label not in found and (item is None or _has_served_in(item, window))
    ]
    return total, missing


def _analyzed(context: AnalysisContext, version: int, day: Window) -> list[Window]:
    date = window_label(DayItem, day)
    found = context.ledger.query(WindowItem, version, first=date, last=f"{date}~")
    return [item.window for item in found]


def _counts(context: AnalysisContext, day: Window) -> dict[str, WindowCountItem]:
    """What counts for each window of the day, by label."""
    date = window_label(DayItem, day)
    found = context.ledger.query(WindowCountItem, first=date, last=f"{date}~")
    return {item.label: item for item in found}


def _window_profiles(
    context: AnalysisContext,
    version: int,
    windows: list[Window],
    counts: Mapping[str, WindowCountItem],
) -> Iterator[StoredProfile]:
    for window in windows:
        revision = counts[window.label].completed[str(version)]
        key = s3_keys.profile(context.name, version, window.label, revision)
        yield StoredProfile(window.label, key, is_late=False)


def _late_profiles(
    version: int,
    counts: Mapping[str, WindowCountItem],
    analyzed: list[Window],
    chosen: list[Window],
) -> Iterator[StoredProfile]:
    """Profiles of late records, without those of windows inside another one: that has read them."""
    within = {window.label for window in analyzed} - {window.label for window in chosen}
    for label, item in counts.items():
        for key in item.late:
            if label not in within and s3_keys.profile_version(key) == version:
                yield StoredProfile(label, key, is_late=True)


def _has_served_in(item: VersionItem, window: Window) -> bool:
    """Whether the version served: there is nothing to analyze in other windows."""
    return any(period.overlaps(window) for period in item.serving_periods)


def _notes(total: DailyTotal, missing: list[str]) -> Iterator[str]:
    """Which windows of the day are not in its report."""
    if missing:
        yield f"These windows of the day have not been analyzed: {', '.join(missing)}."
    if total.unreadable:
        yield (
            "The stored profiles of these windows can't be included, because another version of"
            f" driftloop wrote them: {', '.join(sorted(total.unreadable))}. Analyze these windows"
            " again to include them."
        )
