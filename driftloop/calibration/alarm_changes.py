"""How often an alarm goes off over a run of windows, drawn or replayed."""

from collections.abc import Collection, Mapping

from driftloop.judge import DriftPolicy
from driftloop.judge.alarm import recurring_columns


def alarm_transitions(
    windows: Mapping[int, Collection[str] | None], closing: Collection[int], policy: DriftPolicy
) -> int:
    """Changes into ALARM: the same column in M of the last N judged windows, or a drifted day.

    ``windows`` hold each one's drifted columns by its start, None where it was not judged, which
    leaves the alarm as it is. ``closing`` are the starts of the last windows of drifted days: a
    day is known with its last window.
    """
    count, persistent, before = 0, False, False
    judged: list[Collection[str]] = []
    for start in sorted({*windows, *closing}):
        names = windows.get(start)
        if names is not None:
            judged.append(names)
            persistent = bool(recurring_columns(judged, policy))
        now = persistent or start in closing
        count += now and not before
        before = now
    return count
