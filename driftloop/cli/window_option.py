"""The options that give a time: ``--start``, ``--end``, ``--until``."""

from datetime import datetime

from driftloop.errors import InputError
from driftloop.window import Window, format_time, parse_time
from driftloop.window_bounds import requested_window


def window_from_options(start: str | None, end: str | None) -> Window | None:
    """The requested window, open where only one option is given; None without both."""
    first = None if start is None else parse_time_option("--start", start)
    last = None if end is None else parse_time_option("--end", end)
    if first is not None and last is not None and last <= first:
        raise InputError(
            f"--end {format_time(last)} must come after --start {format_time(first)}: the window"
            " runs from --start up to, and without, --end"
        )
    return requested_window(first, last)


def parse_time_option(option: str, text: str) -> datetime:
    """The time given for an option, in UTC; raises InputError that names the option."""
    try:
        return parse_time(text)
    except ValueError as error:
        raise InputError(f"{option}: {error}") from error
