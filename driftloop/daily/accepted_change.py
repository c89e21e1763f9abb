"""What a person accepted as normal: ``driftloop accept`` writes it, the daily rule reads it.

Broken data does not become normal by lasting. A person who knows why it is right accepts the alarm
of a column, on days that were decided: these days are accepted then, so that later days are
compared with them. Days that were decided by then keep their decision, whenever they are analyzed
again, so that a rebuild gives the same.

The changes of a version are one JSON file: in a deployment below ``accepted-changes/`` in the
analysis bucket, and ``FILE`` beside the reports that ``driftloop analyze --history`` reads.
"""

from collections.abc import Iterable, Sequence

import msgspec

from driftloop.errors import FormatError

FILE = "accepted-changes.json"


class AcceptedChange(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm of a column that is normal from some day on.

    Attributes:
        column: The column; ``(prediction)`` for the prediction.
        name: The statistic or check, as in ``DayRecord.alarms``.
        first_end: Hour since 1970 (UTC) at which the first day with the accepted alarm ends.
        last_end: The same of the last accepted day.
        accepted_by: Who accepted it.
        accepted_at: When, in ISO 8601.
        decided_end: The same of the last day that was decided when it was accepted. Later days
            take the acceptance into account.
        in_window: The largest value of what windows shorter than a day found and a person
            accepted: a share of the records, or how many of them had one value. 0 where that is
            nothing.
    """

    column: str
    name: str
    first_end: int
    last_end: int
    accepted_by: str
    accepted_at: str
    decided_end: int = 0
    in_window: float = 0.0

    @property
    def applies_after(self) -> int:
        """The hour since 1970 (UTC) from which on decisions take it into account."""
        return max(self.last_end, self.decided_end)

    def covers(self, end: int) -> bool:
        """Whether it is about the day that ends then."""
        return self.first_end <= end <= self.last_end


class _Stored(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    accepted_changes: tuple[AcceptedChange, ...]


def changes_to_json(changes: Iterable[AcceptedChange]) -> bytes:
    """The stored form: one JSON object with all changes of a version."""
    data = msgspec.json.encode(_Stored(accepted_changes=tuple(changes)))
    return msgspec.json.format(data, indent=2) + b"\n"


def changes_from_json(data: bytes) -> tuple[AcceptedChange, ...]:
    """The inverse of :func:`changes_to_json`; raises FormatError."""
    try:
        return msgspec.json.decode(data, type=_Stored).accepted_changes
    except msgspec.MsgspecError as error:
        raise FormatError(
            f"these accepted changes are damaged: {error}; restore the file, or delete it and"
            " accept again with `driftloop accept`"
        ) from error


def changes_before(changes: Iterable[AcceptedChange], end: int) -> list[AcceptedChange]:
    """The changes that a decision on the day that ends at ``end`` takes into account."""
    return [change for change in changes if change.applies_after < end]


def remaining_alarms(
    alarms: Sequence[str], changes: Iterable[AcceptedChange], column: str, end: int
) -> tuple[str, ...]:
    """Alarms of a column on a day, without those that a person accepted."""
    accepted = {one.name for one in changes if one.column == column and one.covers(end)}
    return tuple(alarm for alarm in alarms if alarm not in accepted)
