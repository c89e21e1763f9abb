"""The day that a window closes: the sum of its windows' kept profiles, judged as one.

A change too small for any hour is sure over a day. The day is judged once for each revision of its
last window; records that arrive later are in it when that window is analysed anew.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from driftloop.contract import keys
from driftloop.errors import InputError
from driftloop.policy.days import apart, missing
from driftloop.profile import Profile
from driftloop.window import Window, parse_time
from lambdas.judge.judged import Item, Judged, compare, label_of, prefix_of
from lambdas.judge.keeping import item_of, keep_report, put_item
from lambdas.judge.room import Room


@dataclass(frozen=True, slots=True)
class Place:
    """One kept profile: of a window, or of records of it that came late."""

    window: str
    key: str
    late: bool


@dataclass(slots=True)
class Sum:
    """A day's records, and which windows they are of; ``late`` counts those that came late."""

    profile: Profile
    windows: set[str] = field(default_factory=set)
    unreadable: set[str] = field(default_factory=set)
    late: Counter[str] = field(default_factory=Counter)

    def add(self, place: Place, data: bytes) -> None:
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


def close_day(room: Room, judged: Judged) -> Item | None:
    """The day as the ledger has it, judged where it was not; None where it goes on."""
    if not judged.window.closes_day:
        return None
    key = f"{prefix_of('DAY', judged.version)}{label_of('DAY', judged.window.day)}"
    known = room.ledger.get(key)
    if known is not None and known["revision"] >= room.revision:
        return known
    day = _judge(room, judged)
    keep_report(room, day)
    item = {**item_of(room, day), "reasons": day.report["reasons"]}
    return item if put_item(room, day, item) else room.ledger.get(key)


def _judge(room: Room, judged: Judged) -> Judged:
    total, lacking = _sum(room, judged)
    day = compare(
        room,
        kind="DAY",
        version=judged.version,
        champion=judged.champion,
        baseline=judged.baseline,
        window=judged.window.day,
        profile=total.profile,
    )
    day.report["late_records"] = dict(total.late)
    day.report["windows"] = {
        "summed": sorted(total.windows),
        "missing": lacking,
        "unreadable": sorted(total.unreadable),
    }
    day.report["notes"] += _notes(total, lacking)
    return day


def _sum(room: Room, judged: Judged) -> tuple[Sum, list[str]]:
    """The sum of what is kept of the day, and the windows of which nothing is."""
    day, version = judged.window.day, judged.version
    analysed = _analysed(room, version, day)
    chosen = apart(analysed)
    total = Sum(Profile.empty(judged.baseline))
    for place in [*_kept(room, version, chosen), *_late(room, version, day, analysed, chosen)]:
        data = room.analysis.find(place.key)
        if data is not None:
            total.add(place, data)
    known = total.windows | total.unreadable
    present = [window for window in chosen if window.label in known]
    length = judged.window.end - judged.window.start
    lacking = missing(day, present, length, _live_from(room, version, day))
    return total, [window.label for window in lacking if window.label not in known]


def _analysed(room: Room, version: int, day: Window) -> list[Window]:
    found = room.ledger.prefixed(f"{prefix_of('WINDOW', version)}{label_of('DAY', day)}")
    return [Window.from_dict(item["window"]) for item in found]


def _kept(room: Room, version: int, windows: list[Window]) -> Iterator[Place]:
    for window in windows:
        yield Place(window.label, keys.profile(room.model, version, window.label), late=False)


def _late(
    room: Room, version: int, day: Window, analysed: list[Window], chosen: list[Window]
) -> Iterator[Place]:
    """Late records; not those of windows that lie within another one, which has read them."""
    within = {window.label for window in analysed} - {window.label for window in chosen}
    for listed in room.analysis.list(keys.late_profiles(room.model, version, label_of("DAY", day))):
        label = keys.late_label(listed.key)
        if label not in within:
            yield Place(label, listed.key, late=True)


def _live_from(room: Room, version: int, day: Window) -> datetime:
    """When the version began to serve: there was nothing to analyse before."""
    item = room.ledger.get(f"VERSION#{version:05d}") or {}
    return parse_time(item["live_from"]) if "live_from" in item else day.start


def _notes(total: Sum, lacking: list[str]) -> Iterator[str]:
    """What of the day is not in its report."""
    if lacking:
        yield f"The day lacks windows that have not been analysed: {', '.join(lacking)}."
    if total.unreadable:
        yield (
            "Kept profiles of these windows can't be added up, since another version of driftloop"
            f" made them: {', '.join(sorted(total.unreadable))}. Analyse them anew to have them in."
        )
