"""The first live weeks, once a person has accepted them as healthy: what is usual at which hour."""

from datetime import timedelta
from typing import Any

from driftloop.contract import keys
from driftloop.errors import InputError
from driftloop.profile import Baseline
from driftloop.profile.rhythm import FEWEST_WEEKS, Rhythm, with_rhythm
from driftloop.window import parse_time
from lambdas.judge.room import Room

_EDGES = 2
"""Windows beside the whole weeks: that in which the version went live, and one that is not over."""


def with_accepted_weeks(
    room: Room, version: dict[str, Any], baseline: Baseline
) -> tuple[Baseline, list[str]]:
    """The baseline with the weeks that were accepted for it, and what the report has to say.

    A baseline with a rhythm of its own needs none. Weeks that can't be used must not stop the
    window: it is judged without them, and says so.
    """
    if baseline.rhythm is not None:
        return baseline, []
    key = keys.rhythm(room.model, version["version"])
    data = room.analysis.find(key)
    if data is None:
        return baseline, _offer(room, version) if _may_be_accepted(room, version) else []
    try:
        return with_rhythm(baseline, Rhythm.from_bytes(data)), []
    except InputError as error:
        place = f"s3://{room.analysis.name}/{key}"
        return baseline, [f"Judged without the accepted weeks, since {place} is unusable: {error}"]


def _may_be_accepted(room: Room, version: dict[str, Any]) -> bool:
    """Whether the version has been live for as many whole weeks as are needed."""
    item = room.ledger.get(f"VERSION#{version['version']:05d}") or {}
    if "live_from" not in item:
        return False
    length = room.window.end - room.window.start
    needed = timedelta(weeks=FEWEST_WEEKS) + _EDGES * length
    return room.window.end >= parse_time(item["live_from"]) + needed


def _offer(room: Room, version: dict[str, Any]) -> list[str]:
    number, bucket = version["version"], f"s3://{room.analysis.name}"
    return [
        f"{FEWEST_WEEKS} whole weeks of live traffic are kept. If they were healthy, a person may"
        " accept them as what is usual at each hour of the week: `driftloop accept --config"
        f" driftloop.yaml --model {room.model} --version {number} --baseline {version['baseline']}"
        f" --profiles {bucket}/{keys.profiles(room.model, number)}"
        f" --out {bucket}/{keys.rhythm(room.model, number)}` shows them first."
    ]
