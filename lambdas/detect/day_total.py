"""The sum of a day's stored profiles: those that count by the ledger, late ones included."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from driftloop.analysis_plan import missing_windows, non_overlapping
from driftloop.contract import s3_keys
from driftloop.contract.ledger_items import DayItem, VersionItem, WindowCountItem, WindowItem
from driftloop.errors import InputError
from driftloop.profile import Baseline, Profile
from driftloop.window import Window
from lambdas.aws.context import AnalysisContext


@dataclass(frozen=True, slots=True)
class StoredProfile:
    """One stored profile: of a window, or of its late records."""

    window: str
    key: str
    is_late: bool


@dataclass(slots=True)
class DayTotal:
    """The sum of a day's profiles.

    ``windows`` are included, ``missing`` have none, and those of ``unreadable`` can't be added;
    ``late`` counts late records.
    """

    profile: Profile
    missing: tuple[str, ...] = ()
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


def sum_day(context: AnalysisContext, version: int, baseline: Baseline, day: Window) -> DayTotal:
    """The sum of the stored profiles of the windows of a day, with the window being analyzed."""
    counts = _counts(context, day)
    analyzed = _analyzed(context, version, day)
    current = counts.get(context.window.label)
    if current is not None and str(version) in current.completed:
        analyzed = sorted({*analyzed, context.window})
    chosen = non_overlapping(analyzed)
    total = DayTotal(Profile.empty(baseline))
    for stored in [
        *_window_profiles(context, version, chosen, counts),
        *_late_profiles(version, counts, analyzed, chosen),
    ]:
        data = context.analysis_bucket.find(stored.key)
        if data is not None:
            total.add(stored, data)
    found = total.windows | total.unreadable
    present = [window for window in chosen if window.label in found]
    length = context.window.end - context.window.start
    item = context.ledger.get(VersionItem, version)
    total.missing = tuple(
        window.label
        for window in missing_windows(day, present, length, day.start)
        if window.label not in found and (item is None or has_served_in(item, window))
    )
    return total


def sum_window(context: AnalysisContext, version: int, baseline: Baseline, own: Profile) -> Profile:
    """The sum of the profiles that count for the analyzed window; ``own`` is of this revision.

    So an old revision that is delivered again has the counts of the newer one, and late records
    that have arrived since.
    """
    label = context.window.label
    item = context.ledger.get(WindowCountItem, label)
    if item is None or str(version) not in item.completed:
        return own
    revision = item.completed[str(version)]
    is_own = revision == context.revision
    total = DayTotal(own if is_own else Profile.empty(baseline))
    keys = [key for key in item.late if s3_keys.profile_version(key) == version]
    if not is_own:
        keys.append(s3_keys.profile(context.name, version, label, revision))
    for key in keys:
        data = context.analysis_bucket.find(key)
        if data is not None:
            total.add(StoredProfile(label, key, is_late=key in item.late), data)
    return total.profile if is_own or total.windows else own


def _analyzed(context: AnalysisContext, version: int, day: Window) -> list[Window]:
    date = DayItem.label_of(day)
    found = context.ledger.query(WindowItem, version, first=date, last=f"{date}~")
    return [item.window for item in found]


def _counts(context: AnalysisContext, day: Window) -> dict[str, WindowCountItem]:
    """What counts for each window of the day, by label."""
    date = DayItem.label_of(day)
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


def has_served_in(item: VersionItem, window: Window) -> bool:
    """Whether the version served: there is nothing to analyze in other windows."""
    return any(period.overlaps(window) for period in item.serving_periods)
