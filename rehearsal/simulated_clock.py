"""Simulated time: it moves only when somebody advances it, and what is due runs in time order."""

import heapq
import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

Callback = Callable[[], None]


@dataclass(order=True, slots=True)
class _Due:
    when: datetime
    order: int
    callback: Callback = field(compare=False)
    label: str = field(compare=False)


class SimulatedClock:
    """A clock in UTC. Callbacks run in the thread that advances it, one after the other.

    A callback may plan further ones, also at its own instant. Two threads that advance at the same
    time take turns.
    """

    def __init__(self, start: datetime) -> None:
        self._now = _in_utc(start)
        self._due: list[_Due] = []
        self._order = itertools.count()
        self._lock = threading.Lock()
        self._turn = threading.RLock()

    def now(self) -> datetime:
        """The simulated instant."""
        with self._lock:
            return self._now

    def call_at(self, when: datetime, callback: Callback, label: str) -> None:
        """Run ``callback`` when the clock reaches ``when`` (at the next step if that is past)."""
        with self._lock:
            heapq.heappush(self._due, _Due(_in_utc(when), next(self._order), callback, label))

    def every(self, period: timedelta, callback: Callback, label: str) -> None:
        """Run ``callback`` at each whole multiple of ``period`` since the epoch, for ever."""
        epoch = datetime(1970, 1, 1, tzinfo=UTC)
        following = epoch + ((self.now() - epoch) // period + 1) * period

        def again() -> None:
            self.call_at(self.now() + period, again, label)
            callback()

        self.call_at(following, again, label)

    def next_due(self) -> datetime | None:
        """The instant of the earliest callback that is planned."""
        with self._lock:
            return self._due[0].when if self._due else None

    def advance_to(self, target: datetime) -> None:
        """Move to ``target``, running what falls due on the way. Time never goes back."""
        target = _in_utc(target)
        with self._turn:
            while (due := self._pop(target)) is not None:
                due.callback()
            with self._lock:
                self._now = max(self._now, target)

    def advance(self, span: timedelta) -> None:
        """Move on by ``span``."""
        self.advance_to(self.now() + span)

    def _pop(self, target: datetime) -> _Due | None:
        with self._lock:
            if not self._due or self._due[0].when > target:
                return None
            due = heapq.heappop(self._due)
            self._now = max(self._now, due.when)
            return due


def _in_utc(when: datetime) -> datetime:
    if when.tzinfo is None:
        raise ValueError(f"{when!r} has no time zone; simulated time is in UTC")
    return when.astimezone(UTC)
