"""A small model of what release does, without AWS: the pure policy, and what each action changes.

The tests compare the handler's ledger and endpoint with it. Names of endpoint configs are its own.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from driftloop.release import next_action as policy
from driftloop.release.next_action import (
    ReleaseOutcome,
    ReleasePurpose,
    VersionStatus,
)

STALE_FOR = timedelta(minutes=10)
"""For how long DescribeEndpoint may answer with the state before an update."""
NEVER = datetime.min.replace(tzinfo=UTC)
PASSING = frozenset({"ThrottlingException"})
"""Codes with which AWS refuses a call for the moment; it refuses with the others for good."""
PENDING = "PendingManualApproval"
WAITING = frozenset({VersionStatus.APPROVED, VersionStatus.AWAITING_ENDPOINT})
START_CALLS = ("create_model", "create_endpoint_config", "update_endpoint")
"""The calls of a release that can be refused, in their order."""


class PassingError(Exception):
    """A call failed for the moment: the delivery fails and is repeated."""


class EffectUnknownError(Exception):
    """An earlier call may have begun the update: the delivery ends, and a later one continues."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """What release reads of an event: its time, and the version whose approval status was set."""

    as_of: datetime
    version: int | None = None
    status: str | None = None
    reconcile: bool = False


@dataclass(slots=True)
class Account:
    """What people and AWS decide: the registry, settings, and what SageMaker refuses or answers."""

    registry: dict[int, str] = field(default_factory=dict)
    approved_at: dict[int, datetime] = field(default_factory=dict)
    digest: str = "settings 0"
    paused: bool = False
    refusals: dict[str, str] = field(default_factory=dict)
    now: datetime = NEVER
    answers_late: bool = False

    def is_stale(self, updated_at: datetime) -> bool:
        """Whether DescribeEndpoint answers with the state before the UpdateEndpoint of then."""
        return self.answers_late and self.now - updated_at < STALE_FOR


@dataclass(slots=True)
class ReferenceRelease:
    """The ledger and the endpoint as they should be; version 1 has been adopted."""

    account: Account
    since: datetime
    versions: dict[int, policy.Version] = field(default_factory=dict)
    recorded: dict[int, str] = field(default_factory=dict)
    served_by: dict[str, int] = field(default_factory=lambda: {"v1": 1})
    in_progress: policy.ReleaseInProgress | None = None
    completed: list[tuple[int, str, str]] = field(default_factory=list)
    updates: list[tuple[int, str]] = field(default_factory=list)
    champion: policy.Champion = field(init=False)
    endpoint: policy.EndpointState = field(init=False)
    pending: str | None = None
    updated_at: datetime = NEVER
    before_update: policy.EndpointState = field(init=False)

    def __post_init__(self) -> None:
        self.champion = policy.Champion(1, "v1", self.account.digest)
        self.endpoint = policy.EndpointState("InService", "v1", None, self.since)
        self.before_update = self.endpoint
        self.versions[1] = policy.Version(1, VersionStatus.PROMOTED, serving_from=self.since)
        self.recorded[1] = "Approved"

    def settle(self, *, promoted: bool) -> None:
        """The update in progress ends."""
        config = self.pending if promoted and self.pending else self.endpoint.endpoint_config_name
        self.endpoint = policy.EndpointState("InService", config, None, self.account.now)
        self.pending = None

    def scale(self, status: str) -> None:
        """AWS changes the endpoint, but not its endpoint config: it is updating, or in service."""
        self.endpoint = replace(self.endpoint, status=status, modified_at=self.account.now)

    def deliver(
        self,
        event: Delivered,
        between: Callable[["ReferenceRelease"], None] = lambda _: None,
        at: int = -1,
    ) -> bool:
        """Deliver an event; ``between`` happens before the action with the number ``at``.

        Returns:
            Whether the delivery succeeded.
        """
        self._record(event)
        for number in range(8):
            if number == at:
                between(self)
            action = policy.next_action(self._state(event.as_of))
            if isinstance(action, policy.NoAction):
                break
            try:
                self._carry_out(action, event.as_of)
            except PassingError:
                return False
            except EffectUnknownError:
                break
        return True

    def _state(self, as_of: datetime) -> policy.ReleaseState:
        return policy.ReleaseState(
            endpoint=self._described(),
            champion=self.champion,
            in_progress=self.in_progress,
            versions=tuple(self.versions[number] for number in sorted(self.versions)),
            serving_settings_digest=self.account.digest,
            as_of=as_of,
            paused=self.account.paused,
        )

    def _described(self) -> policy.EndpointState:
        """The answer of DescribeEndpoint, which may be the one from before the update."""
        return self.before_update if self.account.is_stale(self.updated_at) else self.endpoint

    def _record(self, event: Delivered) -> None:
        if event.version is not None:
            present = self.account.registry[event.version]
            last_change = self.account.approved_at[event.version]
            decided_at = event.as_of if event.status == present else last_change
            self._record_version(event.version, decided_at, event.as_of)
        elif event.reconcile:
            for number in sorted(self.account.registry):
                if number in self.versions or number > self.champion.version:
                    self._record_version(number, self.account.approved_at[number])

    def _record_version(
        self, number: int, decided_at: datetime, set_at: datetime | None = None
    ) -> None:
        """Without an event that says when the status was set, only another one is a decision."""
        status = self.account.registry[number]
        version = self.versions.get(number)
        if status == PENDING:
            self._withdraw(number)
            return
        if version is not None and self.recorded.get(number) == status:
            known_at = version.approved_at or version.serving_from
            if set_at is None or (known_at is not None and set_at <= known_at):
                return
        self.recorded[number] = status
        if status == "Rejected":
            self._change(number, VersionStatus.REJECTED, approved_at=decided_at)
        elif number == self.champion.version:
            self._change(number, VersionStatus.PROMOTED, approved_at=decided_at)
        elif version is not None and version.status is VersionStatus.DEPLOYING:
            self._change(number, None, approved_at=decided_at)
        else:
            self._change(number, VersionStatus.APPROVED, approved_at=decided_at)

    def _withdraw(self, number: int) -> None:
        """An approval that was not carried out yet."""
        version, release = self.versions.get(number), self.in_progress
        if version is None:
            return
        is_starting = (
            version.status is VersionStatus.DEPLOYING
            and release is not None
            and release.version == number
            and release.purpose is ReleasePurpose.APPROVAL
            and not (release.is_requested or release.is_update_seen)
        )
        if version.status in WAITING or is_starting:
            self.recorded[number] = PENDING
            self._change(number, VersionStatus.SUPERSEDED)

    def _change(self, number: int, status: VersionStatus | None, **changes: Any) -> None:
        version = self.versions.get(number) or policy.Version(number, VersionStatus.APPROVED)
        self.versions[number] = replace(version, status=status or version.status, **changes)

    def _status_of(self, number: int, status: VersionStatus | None) -> VersionStatus:
        """The status, unless a person rejected the version."""
        current = self.versions[number].status
        return current if current is VersionStatus.REJECTED or status is None else status

    def _carry_out(self, action: policy.Action, as_of: datetime) -> None:
        if isinstance(action, policy.StartRelease):
            self._start(action, as_of)
        elif isinstance(action, policy.SupersedeApprovals):
            for version in action.versions:
                self._change(version.number, VersionStatus.SUPERSEDED)
        elif isinstance(action, policy.ResumeRelease):
            self._request_update(action.endpoint_modified_at, as_of)
        elif isinstance(action, policy.RecordUpdate):
            self.in_progress = replace(self._release(), is_update_seen=True)
        elif isinstance(action, policy.RefuseRelease):
            self._refuse(as_of)
        elif isinstance(action, policy.SupersedeRelease):
            release = self._release()
            if release.purpose is not ReleasePurpose.SERVING_SETTINGS:
                self._change(
                    release.version, self._status_of(release.version, action.version_status)
                )
            self._end(ReleaseOutcome.SUPERSEDED)
        elif isinstance(action, policy.FinishRelease):
            self._finish(action.outcome, as_of)
        else:
            raise NotImplementedError(f"for an endpoint that others change or delete: {action}")

    def _release(self) -> policy.ReleaseInProgress:
        assert self.in_progress is not None
        return self.in_progress

    def _start(self, action: policy.StartRelease, as_of: datetime) -> None:
        name = f"v{action.version}, release {len(self.served_by)}"
        self.served_by[name] = action.version
        for superseded in action.supersedes:
            self._change(superseded.number, VersionStatus.SUPERSEDED)
        if action.purpose is not ReleasePurpose.SERVING_SETTINGS:
            self._change(action.version, VersionStatus.DEPLOYING)
        self.in_progress = policy.ReleaseInProgress(
            version=action.version,
            purpose=action.purpose,
            endpoint_config_name=name,
            endpoint_modified_at=self._described().modified_at,
            serving_settings_digest=self.account.digest,
            started_at=as_of,
        )
        self._request_update(self._described().modified_at, as_of)

    def _request_update(self, modified_at: datetime, as_of: datetime) -> None:
        before = self._release()
        if before.is_requested:
            return
        called = replace(before, update_called_at=as_of, endpoint_modified_at=modified_at)
        not_called = replace(called, update_called_at=before.update_called_at)
        self.in_progress = called
        for call in START_CALLS:
            if call == "update_endpoint" and self._is_withdrawn(before):
                self.in_progress = not_called
                self._record_withdrawal(as_of)
                return
            code = self.account.refusals.get(call)
            if code in PASSING:
                is_unknown = call == "update_endpoint"
                self.in_progress = replace(called if is_unknown else not_called, last_error=code)
                raise PassingError
            if code is not None:
                self.in_progress = not_called
                self._refuse_new(as_of)
                return
        if not self.endpoint.is_settled:
            raise PassingError
        release = self._release()
        self.before_update = self.endpoint
        self.updated_at = self.account.now
        self.pending = release.endpoint_config_name
        self.endpoint = policy.EndpointState(
            "Updating", self.endpoint.endpoint_config_name, self.pending, self.account.now
        )
        self.updates.append((release.version, str(release.purpose)))
        self.in_progress = replace(release, is_requested=True, last_error=None)

    def _is_withdrawn(self, release: policy.ReleaseInProgress) -> bool:
        """Whether the version is not approved, and the ledger does not know that."""
        status = self.account.registry[release.version]
        if release.purpose is ReleasePurpose.SERVING_SETTINGS:
            return status == "Rejected" != self.recorded.get(release.version)
        return status != "Approved"

    def _record_withdrawal(self, as_of: datetime) -> None:
        number = self._release().version
        self._record_version(number, min(self.account.approved_at[number], as_of))
        if self.versions[number].status is VersionStatus.DEPLOYING:  # the version of a rollback
            self.recorded[number] = self.account.registry[number]
            self._refuse_new(as_of)

    def _refuse_new(self, as_of: datetime) -> None:
        """Refuse the release, unless an earlier call may have begun the update."""
        called_at = self._release().update_called_at
        if called_at is not None and as_of - called_at < policy.STALE_ANSWER_UNTIL:
            raise EffectUnknownError
        self._refuse(as_of)

    def _refuse(self, as_of: datetime) -> None:
        release = self._release()
        if release.purpose is ReleasePurpose.SERVING_SETTINGS:
            self._fail_settings(release)
        else:
            status = self._status_of(release.version, VersionStatus.RELEASE_REFUSED)
            self._change(release.version, status, approved_at=self._ended_at(release, as_of))
        self._end(ReleaseOutcome.REFUSED)

    def _ended_at(self, release: policy.ReleaseInProgress, as_of: datetime) -> datetime:
        return max(as_of, self.versions[release.version].approved_at or as_of)

    def _finish(self, outcome: ReleaseOutcome, as_of: datetime) -> None:
        release = self._release()
        if outcome is ReleaseOutcome.PROMOTED:
            self._promote(release, as_of)
        elif release.purpose is ReleasePurpose.SERVING_SETTINGS:
            self._fail_settings(release)
        else:
            status = self._status_of(release.version, VersionStatus.ROLLED_BACK)
            ended_at = self._ended_at(release, as_of)
            self._change(release.version, status, approved_at=ended_at, serving_until=as_of)
        self._end(outcome)

    def _promote(self, release: policy.ReleaseInProgress, as_of: datetime) -> None:
        previous = self.champion.version
        replaced = policy.replaced_status(self.versions[previous], self.versions[release.version])
        self.champion = policy.Champion(
            release.version, release.endpoint_config_name, release.serving_settings_digest
        )
        status = self._status_of(release.version, VersionStatus.PROMOTED)
        self._change(release.version, status)
        if previous != release.version:
            self._change(previous, replaced, serving_until=as_of)

    def _fail_settings(self, release: policy.ReleaseInProgress) -> None:
        digest = release.serving_settings_digest
        self.champion = replace(self.champion, failed_settings_digest=digest)

    def _end(self, outcome: ReleaseOutcome) -> None:
        release = self._release()
        self.completed.append((release.version, str(release.purpose), str(outcome)))
        self.in_progress = None

    def expected(self) -> dict[str, Any]:
        """What a test finds in the ledger and at the endpoint."""
        champion, release = self.champion, self.in_progress
        return {
            "champion": (
                champion.version,
                champion.serving_settings_digest,
                champion.failed_settings_digest,
            ),
            "in progress": release and (release.version, str(release.purpose)),
            "statuses": {
                number: str(item.status) for number, item in sorted(self.versions.items())
            },
            "serves": self.served_by[self.endpoint.endpoint_config_name],
            "pending": self.pending and self.served_by[self.pending],
            "updates": [version for version, _ in self.updates],
        }

    def copy(self) -> "ReferenceRelease":
        """A model with the same account, for what could have happened instead."""
        other = copy.copy(self)
        for name in ("versions", "recorded", "served_by", "completed", "updates"):
            setattr(other, name, copy.copy(getattr(self, name)))
        return other
