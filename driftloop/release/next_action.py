"""What a release does next: facts of the ledger and of DescribeEndpoint in, one action out.

Promoted means: the endpoint is InService, has no PendingDeploymentSummary, and shows the release's
own config. A settled endpoint that shows anything else was rolled back (SageMaker's failure reason
may be empty). The caller carries the action out and asks again until there is nothing to do.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

_BUSY = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"})
NOTHING_OPEN = "nothing is open"
_NEVER = datetime.min.replace(tzinfo=UTC)


class VersionStatus(StrEnum):
    """Where a version stands."""

    APPROVED = "approved"
    AWAITING_ENDPOINT = "awaiting_endpoint"
    DEPLOYING = "deploying"
    PROMOTED = "promoted"
    ROLLED_BACK = "rolled_back"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"


class ReleasePurpose(StrEnum):
    """Why a release goes out."""

    APPROVAL = "approval"
    ROLLBACK = "rollback"
    SERVING_SETTINGS = "serving_settings"


class ReleaseOutcome(StrEnum):
    """How a release ended."""

    PROMOTED = "promoted"
    ROLLED_BACK = "rolled_back"


@dataclass(frozen=True, slots=True)
class Version:
    """A version of the registry, as the ledger knows it."""

    number: int
    status: VersionStatus
    approved_at: datetime | None = None
    serving_from: datetime | None = None
    serving_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class EndpointState:
    """What DescribeEndpoint says; ``modified`` is its LastModifiedTime as text."""

    status: str
    config: str
    pending: bool
    modified: str

    @property
    def settled(self) -> bool:
        """Whether no change is under way."""
        return not self.pending and self.status not in _BUSY


@dataclass(frozen=True, slots=True)
class Champion:
    """The version that serves; ``settings`` is the digest of the settings that it went out with."""

    version: int
    config: str
    settings: str
    failed_settings: str | None = None


@dataclass(frozen=True, slots=True)
class ReleaseInProgress:
    """A release that has been begun. ``modified`` is the endpoint's LastModifiedTime before it."""

    version: int
    config: str
    modified: str
    requested: bool
    outcome: ReleaseOutcome | None = None


@dataclass(frozen=True, slots=True)
class ReleaseState:
    """All that a step depends on; ``settings`` is the digest of the settings as they should be."""

    endpoint: EndpointState | None
    champion: Champion | None
    in_progress: ReleaseInProgress | None
    versions: tuple[Version, ...]
    settings: str
    paused: bool = False

    def version(self, number: int) -> Version | None:
        """The version of that number, where the ledger knows it."""
        return next((item for item in self.versions if item.number == number), None)


@dataclass(frozen=True, slots=True)
class NoAction:
    """There is nothing to do, or nothing to do yet."""

    reason: str


@dataclass(frozen=True, slots=True)
class AwaitEndpoint:
    """An approved version has no endpoint to go to: tell people how to create it."""

    version: int


@dataclass(frozen=True, slots=True)
class AdoptChampion:
    """The ledger does not know the version that serves: write it down as the champion."""


@dataclass(frozen=True, slots=True)
class StartRelease:
    """Begin a release; ``supersedes`` are approvals that a newer one overtook."""

    version: int
    purpose: ReleasePurpose
    supersedes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ResumeRelease:
    """A release was written down, but UpdateEndpoint was not called: go on from there."""


@dataclass(frozen=True, slots=True)
class FinishRelease:
    """The endpoint has settled: write down how the release ended."""

    outcome: ReleaseOutcome


@dataclass(frozen=True, slots=True)
class CleanUp:
    """The outcome is written down: tell people, remove what only the release needed."""


Action = (
    NoAction
    | AwaitEndpoint
    | AdoptChampion
    | StartRelease
    | ResumeRelease
    | FinishRelease
    | CleanUp
)


def next_action(facts: ReleaseState) -> Action:
    """The one step that the facts call for."""
    if facts.in_progress is not None:
        return _carry_on(facts.in_progress, facts.endpoint)
    if facts.endpoint is None:
        return _without_endpoint(facts)
    if not facts.endpoint.settled:
        return NoAction(f"the endpoint is {facts.endpoint.status}")
    if facts.endpoint.status != "InService":
        return NoAction(f"the endpoint is {facts.endpoint.status}: a person has to look at it")
    if facts.champion is None or facts.champion.config != facts.endpoint.config:
        return AdoptChampion()
    return _from_rest(facts, facts.champion)


def _carry_on(underway: ReleaseInProgress, endpoint: EndpointState | None) -> Action:
    if underway.outcome is not None:
        return CleanUp()
    if endpoint is None:
        return FinishRelease(ReleaseOutcome.ROLLED_BACK)
    if not endpoint.settled:
        return NoAction(f"the release of version {underway.version} is under way")
    if endpoint.config == underway.config:
        served = endpoint.status == "InService"
        return FinishRelease(ReleaseOutcome.PROMOTED if served else ReleaseOutcome.ROLLED_BACK)
    if underway.requested or endpoint.modified != underway.modified:
        return FinishRelease(ReleaseOutcome.ROLLED_BACK)
    return ResumeRelease()


def _without_endpoint(facts: ReleaseState) -> Action:
    newest = _newest_approval(facts)
    if newest is None or newest.status is VersionStatus.AWAITING_ENDPOINT:
        return NoAction("there is no endpoint yet")
    return AwaitEndpoint(newest.number)


def _from_rest(facts: ReleaseState, champion: Champion) -> Action:
    current = facts.version(champion.version)
    if current is not None and current.status is VersionStatus.REJECTED:
        previous = _previous(facts, champion)
        if previous is not None:
            # A person has just said that what serves must not serve: a pause does not hold that up.
            return StartRelease(previous.number, ReleasePurpose.ROLLBACK)
    newest = _newest_approval(facts)
    if newest is not None:
        if facts.paused:
            return NoAction(f"version {newest.number} is approved, but the model is paused")
        overtaken = tuple(v.number for v in _waiting(facts) if v.number != newest.number)
        return StartRelease(newest.number, ReleasePurpose.APPROVAL, overtaken)
    if facts.settings not in {champion.settings, champion.failed_settings} and not facts.paused:
        return StartRelease(champion.version, ReleasePurpose.SERVING_SETTINGS)
    return NoAction(NOTHING_OPEN)


def _waiting(facts: ReleaseState) -> list[Version]:
    waits = {VersionStatus.APPROVED, VersionStatus.AWAITING_ENDPOINT}
    return [version for version in facts.versions if version.status in waits]


def _newest_approval(facts: ReleaseState) -> Version | None:
    return max(_waiting(facts), key=lambda v: (v.approved_at or _NEVER, v.number), default=None)


def _previous(facts: ReleaseState, champion: Champion) -> Version | None:
    """The version that served last before the champion, and was never rejected."""
    served = [
        version
        for version in facts.versions
        if version.status is VersionStatus.SUPERSEDED
        and version.serving_until is not None
        and version.number != champion.version
    ]
    return max(served, key=lambda v: (v.serving_until or _NEVER, v.number), default=None)
