"""The next action of a release, from the state of the ledger and of DescribeEndpoint.

A version is promoted if the endpoint is InService, has no PendingDeploymentSummary, and has the
release's endpoint config. A settled endpoint with another config was rolled back (SageMaker's
failure reason may be empty). The caller carries the action out and calls again until there is none.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

_BUSY = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"})
_NEVER = datetime.min.replace(tzinfo=UTC)


class VersionStatus(StrEnum):
    """The status of a version in the ledger."""

    APPROVED = "approved"
    AWAITING_ENDPOINT = "awaiting_endpoint"
    DEPLOYING = "deploying"
    PROMOTED = "promoted"
    ROLLED_BACK = "rolled_back"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"
    MODEL_DATA_MISMATCH = "model_data_mismatch"
    """Its archive is not the one that was approved, so it was not released."""


class ReleasePurpose(StrEnum):
    """Why a version is deployed."""

    APPROVAL = "approval"
    ROLLBACK = "rollback"
    SERVING_SETTINGS = "serving_settings"


class ReleaseOutcome(StrEnum):
    """How a release ended."""

    PROMOTED = "promoted"
    ROLLED_BACK = "rolled_back"
    REFUSED = "refused"
    """The release ended before UpdateEndpoint was called."""


@dataclass(frozen=True, slots=True)
class Version:
    """A version of the model registry, as the ledger has it."""

    number: int
    status: VersionStatus
    approved_at: datetime | None = None
    serving_from: datetime | None = None
    serving_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class EndpointState:
    """The response of DescribeEndpoint; ``modified_at`` is its LastModifiedTime."""

    status: str
    endpoint_config_name: str
    has_pending_deployment: bool
    modified_at: datetime

    @property
    def is_settled(self) -> bool:
        """Whether no update is in progress."""
        return not self.has_pending_deployment and self.status not in _BUSY


@dataclass(frozen=True, slots=True)
class Champion:
    """The version that serves, with the digest of the settings that it was deployed with."""

    version: int
    endpoint_config_name: str
    serving_settings_digest: str
    failed_settings_digest: str | None = None


@dataclass(frozen=True, slots=True)
class ReleaseInProgress:
    """A started release; ``endpoint_modified_at`` is the endpoint's LastModifiedTime before it."""

    version: int
    endpoint_config_name: str
    endpoint_modified_at: datetime
    is_requested: bool


@dataclass(frozen=True, slots=True)
class ReleaseState:
    """All that an action depends on; the digest is that of the configured serving settings."""

    endpoint: EndpointState | None
    champion: Champion | None
    in_progress: ReleaseInProgress | None
    versions: tuple[Version, ...]
    serving_settings_digest: str
    paused: bool = False

    def version(self, number: int) -> Version | None:
        """The version with this number, or None if the ledger does not have it."""
        return next((item for item in self.versions if item.number == number), None)


@dataclass(frozen=True, slots=True)
class NoAction:
    """There is nothing to do, or nothing yet.

    ``is_settled``: the champion serves and no release is in progress, so that autoscaling can be
    brought to its settings.
    """

    reason: str
    is_settled: bool = False


@dataclass(frozen=True, slots=True)
class AwaitEndpoint:
    """There is no endpoint for an approved version or the champion: notify of how to create it."""

    version: int


@dataclass(frozen=True, slots=True)
class AdoptChampion:
    """The ledger does not have the version that serves: record it as the champion."""


@dataclass(frozen=True, slots=True)
class StartRelease:
    """Start a release; ``supersedes`` are approved versions that a newer approval replaces."""

    version: int
    purpose: ReleasePurpose
    supersedes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ResumeRelease:
    """A release was recorded, but UpdateEndpoint was not called: continue there."""


@dataclass(frozen=True, slots=True)
class FinishRelease:
    """The update ended: record the outcome of the release with this endpoint config."""

    endpoint_config_name: str
    outcome: ReleaseOutcome


Action = NoAction | AwaitEndpoint | AdoptChampion | StartRelease | ResumeRelease | FinishRelease


def next_action(state: ReleaseState) -> Action:
    """The one action that the state requires."""
    if state.in_progress is not None:
        return _continue(state.in_progress, state.endpoint)
    if state.endpoint is None:
        return _without_endpoint(state)
    if not state.endpoint.is_settled:
        return NoAction(f"the endpoint is {state.endpoint.status}")
    if state.endpoint.status != "InService":
        return NoAction(f"the endpoint is {state.endpoint.status}: a person has to fix it")
    if (
        state.champion is None
        or state.champion.endpoint_config_name != state.endpoint.endpoint_config_name
        or _awaits_endpoint(state, state.champion)
    ):
        return AdoptChampion()
    return _without_release(state, state.champion)


def _continue(release: ReleaseInProgress, endpoint: EndpointState | None) -> Action:
    name = release.endpoint_config_name
    if endpoint is None:
        return FinishRelease(name, ReleaseOutcome.ROLLED_BACK)
    if not endpoint.is_settled:
        return NoAction(f"the release of version {release.version} is in progress")
    if endpoint.endpoint_config_name == name:
        serves = endpoint.status == "InService"
        outcome = ReleaseOutcome.PROMOTED if serves else ReleaseOutcome.ROLLED_BACK
        return FinishRelease(name, outcome)
    if release.is_requested or endpoint.modified_at != release.endpoint_modified_at:
        return FinishRelease(name, ReleaseOutcome.ROLLED_BACK)
    return ResumeRelease()


def _without_endpoint(state: ReleaseState) -> Action:
    """Notify once of the newest approval or, if the stack was deployed again, of the champion."""
    newest = _newest_approval(state)
    if newest is not None and newest.status is VersionStatus.APPROVED:
        return AwaitEndpoint(newest.number)
    champion = state.version(state.champion.version) if state.champion else None
    if newest is None and champion is not None and champion.status is VersionStatus.PROMOTED:
        return AwaitEndpoint(champion.number)
    return NoAction("there is no endpoint yet")


def _awaits_endpoint(state: ReleaseState, champion: Champion) -> bool:
    """Whether the champion lost its endpoint: the one that it serves now is a new one."""
    version = state.version(champion.version)
    return version is not None and version.status is VersionStatus.AWAITING_ENDPOINT


def _without_release(state: ReleaseState, champion: Champion) -> Action:
    current = state.version(champion.version)
    if current is not None and current.status is VersionStatus.REJECTED:
        previous = _previous(state, champion)
        if previous is not None:
            # A person rejected the serving version: that takes effect even if the model is paused.
            return StartRelease(previous.number, ReleasePurpose.ROLLBACK)
    newest = _newest_approval(state)
    if newest is not None:
        if state.paused:
            reason = f"version {newest.number} is approved, but the model is paused"
            return NoAction(reason, is_settled=True)
        superseded = tuple(v.number for v in _waiting(state) if v.number != newest.number)
        return StartRelease(newest.number, ReleasePurpose.APPROVAL, superseded)
    if (
        state.serving_settings_digest
        not in {champion.serving_settings_digest, champion.failed_settings_digest}
        and not state.paused
    ):
        return StartRelease(champion.version, ReleasePurpose.SERVING_SETTINGS)
    return NoAction("no release is required", is_settled=True)


def _waiting(state: ReleaseState) -> list[Version]:
    statuses = {VersionStatus.APPROVED, VersionStatus.AWAITING_ENDPOINT}
    return [version for version in state.versions if version.status in statuses]


def _newest_approval(state: ReleaseState) -> Version | None:
    return max(_waiting(state), key=lambda v: (v.approved_at or _NEVER, v.number), default=None)


def _previous(state: ReleaseState, champion: Champion) -> Version | None:
    """The version that served last before the champion and was not rejected."""
    served = [
        version
        for version in state.versions
        if version.status is VersionStatus.SUPERSEDED
        and version.serving_until is not None
        and version.number != champion.version
    ]
    return max(served, key=lambda v: (v.serving_until or _NEVER, v.number), default=None)
