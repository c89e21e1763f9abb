"""``driftloop accept``: a person says that an alarm of broken data is normal from some day on.

Broken data does not become normal by lasting. Who knows why a column changed accepts its alarm on
the days that were analyzed; later days are compared with these days too. What was accepted is one
file, with who accepted it and when: beside the reports of ``analyze --history``, or where the
deployed analysis reads it.
"""

import getpass
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from driftloop.cli.config_file import get_model, read_config
from driftloop.cli.day_alarms import DayAlarm, deployed_version, read_decided_days
from driftloop.cli.window_option import parse_time_option
from driftloop.contract import s3_keys
from driftloop.daily.accepted_change import (
    FILE,
    AcceptedChange,
    changes_from_json,
    changes_to_json,
)
from driftloop.daily.day import DAY_HOURS
from driftloop.detection.daily_rule import CONSTRAINTS
from driftloop.errors import InputError
from driftloop.profile.date_parts import HOUR_SECONDS
from driftloop.report.formatting import plural
from driftloop.s3_uri import SCHEME, is_s3_uri
from driftloop.storage import (
    caller_arn,
    find_content,
    named,
    write_unchanged,
)
from driftloop.window import format_time

QUIET_DAYS = 7
"""Days without an alarm that end it: earlier days with it are another alarm."""

MAX_NAMED = 8
"""Days and columns that are printed of each."""

CLOCK_TEXT = (
    "The difference to the clock that most of these records have agrees from then on, and any other"
    " is an alarm. If all records disagree, and by no one difference, the column is not checked"
    " against the clock any more."
)


class AcceptOptions(NamedTuple):
    """The options of the command, as given."""

    config: str
    model: str
    history: str
    column: str | None = None
    check: str | None = None
    since: str | None = None
    until: str | None = None
    out: str | None = None
    yes: bool = False


def accept(options: AcceptOptions) -> list[str]:
    """Show alarms of broken data; with ``yes`` write that one of them is normal, and who says so.

    Args:
        options: The command's options, as given.
    Returns:
        Lines to print: the alarms that can be accepted; of a chosen one each day, and what was
        written.
    Raises:
        ConfigError: driftloop.yaml is invalid.
        InputError: A file is missing or can't be read, there are no reports of analyzed days, the
            chosen alarm did not occur, ``yes`` comes without ``until``, or somebody else accepted
            something at the same moment.
    Example:
        >>> accept(AcceptOptions("driftloop.yaml", "rentals", "reports", "hum", "unseen"))
        ... # doctest: +SKIP
        ['rentals: hum, unseen: accepted would be 2 days', ...]
    """
    settings = get_model(read_config(options.config), options.model, options.config)
    if options.yes and options.until is None:
        raise InputError(
            "--yes needs --until, the end of the last day that you have seen: without --yes, the"
            " command prints it"
        )
    out = options.out or _default_out(options.history)
    found = find_content(out)
    with named(out):
        changes = () if found is None else changes_from_json(found.data)
    days = read_decided_days(options.history, options.model, settings.monitoring.window_hours)
    shown_end = min(days.last_end, _until(options, days.last_end))
    alarms = [
        alarm
        for alarm in days.alarms
        if alarm.end <= shown_end
        and not any(
            (one.column, one.name) == (alarm.column, alarm.check) and one.covers(alarm.end)
            for one in changes
        )
    ]
    if options.column is None or options.check is None:
        return [*_overview(options, alarms, shown_end), *days.notes]
    chosen = _choose(options, alarms, changes)
    lines = [*_chosen_text(options, chosen, days.last_end), *days.notes]
    if not options.yes:
        return [
            *lines,
            "Nothing is written yet. If you know why this is right, repeat the command with"
            f" --until {_end(shown_end)} --yes.",
        ]
    change = AcceptedChange(
        column=options.column,
        name=options.check,
        first_end=chosen[0].end,
        last_end=shown_end,
        accepted_by=caller_arn() if is_s3_uri(out) else getpass.getuser(),
        accepted_at=format_time(datetime.now(UTC).replace(microsecond=0)),
        decided_end=days.last_end,
        in_window=max(alarm.in_window for alarm in chosen),
    )
    write_unchanged(out, changes_to_json([*changes, change]), found)
    return [*lines, f"accepted by {change.accepted_by}; written: {out}"]


def _until(options: AcceptOptions, last_end: int) -> int:
    """The hour since 1970 (UTC) up to which days are shown and accepted."""
    if options.until is None:
        return last_end
    return int(parse_time_option("--until", options.until).timestamp()) // HOUR_SECONDS


def _last_alarm(alarms: Sequence[DayAlarm]) -> list[DayAlarm]:
    """The days of the last alarm: no ``QUIET_DAYS`` lie between them."""
    chosen: list[DayAlarm] = []
    for alarm in reversed(alarms):
        if chosen and chosen[-1].end - alarm.end > QUIET_DAYS * DAY_HOURS:
            break
        chosen.append(alarm)
    return chosen[::-1]


def _choose(
    options: AcceptOptions, alarms: Sequence[DayAlarm], changes: Sequence[AcceptedChange]
) -> list[DayAlarm]:
    """The days that are accepted; raises InputError without any."""
    column, check = options.column, options.check
    if check not in CONSTRAINTS:
        raise InputError(
            f"--check {check}: is no alarm of broken data; there are {', '.join(CONSTRAINTS)}."
            " Drift is the new normal after it has lasted for 7 days"
        )
    own = [alarm for alarm in alarms if (alarm.column, alarm.check) == (column, check)]
    if options.since is None:
        own = _last_alarm(own)
    else:
        since = parse_time_option("--since", options.since).timestamp()
        own = [alarm for alarm in own if (alarm.end - DAY_HOURS) * HOUR_SECONDS >= since]
    if own:
        return own
    earlier = [one for one in changes if (one.column, one.name) == (column, check)]
    if earlier:
        last = earlier[-1]
        raise InputError(
            f"{check} of {column} is accepted already up to {_day(last.last_end)}, by"
            f" {last.accepted_by} at {last.accepted_at}; no other day has this alarm"
        )
    others = sorted({f"{one.check} of {one.column}" for one in alarms})
    known = f"there are {', '.join(others[:MAX_NAMED])}" if others else "there is none at all"
    raise InputError(f"there is no alarm {check} of {column} to accept; {known}")


def _overview(options: AcceptOptions, alarms: Sequence[DayAlarm], last_end: int) -> list[str]:
    """The last alarm of each column and check."""
    by_check: dict[tuple[str, str], list[DayAlarm]] = {}
    for alarm in alarms:
        if options.column in (None, alarm.column) and options.check in (None, alarm.check):
            by_check.setdefault((alarm.column, alarm.check), []).append(alarm)
    title = f"{options.model}: analyzed up to {_end(last_end)}"
    if not by_check:
        return [f"{title}; there is no alarm of broken data to accept"]
    lines = []
    for (column, check), found in sorted(by_check.items()):
        days = _last_alarm(found)
        since = f"since {_day(days[0].end)} ({count_text(days)})"
        lines.append(f"  --column {column} --check {check}  {since}: {days[-1].text}")
    return [
        f"{title}; alarms of broken data that can be accepted:",
        *lines,
        "Choose one with --column and --check.",
    ]


def _chosen_text(
    options: AcceptOptions, chosen: Sequence[DayAlarm], last_end: int
) -> Iterator[str]:
    yield f"{options.model}: {options.check} of {options.column}, {count_text(chosen)}:"
    for alarm in chosen[-MAX_NAMED:]:
        yield f"  {_day(alarm.end)}: {alarm.text}"
    rest = len(chosen) - MAX_NAMED
    if rest > 0:
        yield f"  and {rest} before"
    yield (
        f"Once this is accepted, days that end after {_end(last_end)} are compared with these days"
        " too, and the same is no alarm any more. Days up to then keep their verdict."
    )
    if options.check == "clock":
        yield CLOCK_TEXT


def count_text(days: Sequence[DayAlarm]) -> str:
    """How many days; how many windows where these are shorter, as each has its own 24 hours."""
    are_shorter = any(alarm.in_window for alarm in days) or any(
        later.end - earlier.end < DAY_HOURS for earlier, later in pairwise(days)
    )
    return plural(len(days), "window" if are_shorter else "day")


def _day(end: int) -> str:
    """The date of a day that ends at midnight UTC, otherwise when it ends."""
    start = _time(end) - timedelta(hours=DAY_HOURS)
    return f"{start:%Y-%m-%d}" if end % DAY_HOURS == 0 else f"the 24 hours before {_end(end)}"


def _end(end: int) -> str:
    return format_time(_time(end))


def _time(end: int) -> datetime:
    return datetime.fromtimestamp(end * HOUR_SECONDS, UTC)


def _default_out(history: str) -> str:
    """Where the analysis reads what was accepted."""
    if not is_s3_uri(history):
        return f"{history.rstrip('/')}/{FILE}"
    deployed = deployed_version(history)
    if deployed is None:
        raise InputError(
            f"{history}: this is not s3://BUCKET/reports/MODEL/vVERSION; name the file to write"
            " with --out"
        )
    changes = s3_keys.accepted_changes(deployed.model, deployed.version)
    return f"{SCHEME}{deployed.bucket}/{changes}"
