"""Versions that wait for a person: how long they prevent retrainings, and when people are reminded.

A version that nobody decides on must not end the loop: after a time it prevents no retraining any
more, and a newer version may be registered beside it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from driftloop.config.sections import ApprovalSettings
from driftloop.window import DAY

PENDING_APPROVAL = "pending_approval"
"""The state of a version that a person has neither approved nor rejected."""


@dataclass(frozen=True, slots=True)
class WaitingVersion:
    """A version that waits ``since`` a time; ``state`` is what it waits in.

    That is :data:`PENDING_APPROVAL`, or the status in the ledger of an approved version.
    """

    number: int
    state: str
    model_package_arn: str
    since: datetime

    def blocks_until(self, settings: ApprovalSettings) -> datetime:
        """Until when it prevents retrainings, if it waits for approval."""
        return self.since + settings.max_blocking_days * DAY

    def reminders_due(self, as_of: datetime, settings: ApprovalSettings) -> int:
        """The number of reminders that are due by ``as_of``."""
        return max(0, (as_of - self.since) // (settings.remind_after_days * DAY))


def newest(pending: Iterable[WaitingVersion]) -> list[WaitingVersion]:
    """The newest version that waits for approval, if there is one: it replaces the older ones."""
    return sorted(pending, key=lambda version: version.number)[-1:]


def longest_wait(waiting: Iterable[WaitingVersion], as_of: datetime) -> timedelta:
    """For how long the version that has waited longest waits; zero without one."""
    return max((as_of - version.since for version in waiting), default=timedelta(0))
