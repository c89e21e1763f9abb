"""Simulated time: it moves only when it is advanced, and callbacks run in order of time."""

import heapq
import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

Callback = Callable[[], None]


@dataclass(order=True, slots=True)
class _ScheduledCallback:
    time: datetime
    order: int
    callback: Callback = field(compare=False)
    label: str = field(compare=False)


class SimulatedClock:
    """A clock in UTC. Callbacks run one after the other, in the thread that advances the clock.

    A callback may schedule others, also for its own time. Threads that advance the clock at the
    same time take turns.
    """

    def __init__(self, start: datetime) -> None:
        self._now = _to_utc(start)
        self._callbacks: list[_ScheduledCallback] = []
        self._order = itertools.count()
        self._lock = threading.Lock()
        self._advancing = threading.RLock()

    def now(self) -> datetime:
        """Return the simulated time."""
        with self._lock:
            return self._now

    def call_at(self, time: datetime, callback: Callback, label: str) -> None:
        """Run ``callback`` when the clock reaches ``time`` (at the next step if it is past)."""
        scheduled = _ScheduledCallback(_to_utc(time), next(self._order), callback, label)
        with self._lock:
            heapq.heappush(self._callbacks, scheduled)

    def every(self, period: timedelta, callback: Callback, label: str) -> None:
        """Run ``callback`` at each multiple of ``period`` since the epoch, without an end."""
        epoch = datetime(1970, 1, 1, tzinfo=UTC)
        following = epoch + ((self.now() - epoch) // period + 1) * period

        def repeat() -> None:
            self.call_at(self.now() + period, repeat, label)
            callback()

        self.call_at(following, repeat, label)

    def next_callback_time(self) -> datetime | None:
        """Return the time of the earliest scheduled callback; None without one."""
        with self._lock:
            return self._callbacks[0].time if self._callbacks else None

    def advance_to(self, target: datetime) -> None:
        """Move to ``target`` and run the callbacks on the way. Time never goes back."""
        target = _to_utc(target)
        with self._advancing:
            while (scheduled := self._pop_until(target)) is not None:
                scheduled.callback()
            with self._lock:
                self._now = max(self._now, target)

    def advance(self, duration: timedelta) -> None:
        """Move on by ``duration``."""
        self.advance_to(self.now() + duration)

    def _pop_until(self, target: datetime) -> _ScheduledCallback | None:
        with self._lock:
            if not self._callbacks or self._callbacks[0].time > target:
                return None
            scheduled = heapq.heappop(self._callbacks)
            self._now = max(self._now, scheduled.time)
            return scheduled


def _to_utc(time: datetime) -> datetime:
    if time.tzinfo is None:
        raise ValueError(f"{time!r} has no time zone; simulated time is in UTC")
    return time.astimezone(UTC)
