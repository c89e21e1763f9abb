"""The next action of a release, from the state of the ledger and of DescribeEndpoint.

A version is promoted if the endpoint is InService, has no PendingDeploymentSummary, and has the
release's endpoint config. A settled endpoint with another config was rolled back (SageMaker's
failure reason may be empty). The caller carries the action out and calls again until there is none.

An endpoint that is updated, or was modified, need not be updated for the release: autoscaling and
SageMaker's maintenance do that, too. Only an update with another endpoint config has a
PendingDeploymentSummary, and it names that config (API reference, DescribeEndpoint). So an update
is the release's own if UpdateEndpoint was accepted, if its endpoint config was seen there, or if
LastDeploymentConfig has its rollback alarms. Without one of these UpdateEndpoint had no effect.

DescribeEndpoint may answer with the state before UpdateEndpoint. So an accepted update was rolled
back only if it was seen, or if LastModifiedTime is later than before the call. A release whose
update did not begin is superseded by a rejection, by the withdrawal of its approval, by a newer
approval or by other serving settings, and given up after ``GIVE_UP_AFTER``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from driftloop.release.deployment import rollback_alarm_names

_BUSY = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"})
_NEVER = datetime.min.replace(tzinfo=UTC)

GIVE_UP_AFTER = timedelta(hours=6)
"""Age of a release at which it is given up if UpdateEndpoint was not accepted."""

UNSEEN_UPDATE_AFTER = timedelta(hours=1)
"""Time after UpdateEndpoint at which an update that was never seen is given up."""

STALE_ANSWER_UNTIL = timedelta(minutes=15)
"""Time after UpdateEndpoint in which an unchanged LastModifiedTime is taken for a late answer.

In this time, too, another invocation may be about to call UpdateEndpoint.
"""


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
    RELEASE_REFUSED = "release_refused"
    """AWS refused its release, or the release was given up."""


_WAITING_STATUSES = frozenset({VersionStatus.APPROVED, VersionStatus.AWAITING_ENDPOINT})


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
    """The release was refused or given up, and no update of the endpoint was seen to begin."""
    SUPERSEDED = "superseded"
    """A rejection, a newer approval or other settings replaced it before UpdateEndpoint."""


class RefusalCause(StrEnum):
    """Why a release was refused."""

    MODEL_DATA_MISMATCH = "model_data_mismatch"
    """The archive is not the one that was approved."""
    AWS = "aws"
    """AWS refuses a call for good: a quota, a validation, a denied access."""
    UNUSABLE_BASELINE = "unusable_baseline"
    """Its windows could not be analyzed."""
    NOT_APPROVED = "not_approved"
    """The version of a rollback is not approved any more."""
    TIMEOUT = "timeout"
    """The update did not begin in time."""


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
    """The response of DescribeEndpoint; ``modified_at`` is its LastModifiedTime.

    ``pending_endpoint_config_name`` is that of PendingDeploymentSummary, ``last_alarm_names`` are
    the rollback alarms of LastDeploymentConfig.
    """

    status: str
    endpoint_config_name: str
    pending_endpoint_config_name: str | None
    modified_at: datetime
    last_alarm_names: frozenset[str] = frozenset()

    @property
    def is_settled(self) -> bool:
        """Whether no update is in progress."""
        return self.pending_endpoint_config_name is None and self.status not in _BUSY


@dataclass(frozen=True, slots=True)
class Champion:
    """The version that serves, with the digest of the settings that it was deployed with.

    ``is_endpoint_missing``: the ledger has recorded that there is no endpoint.
    ``is_endpoint_new``: the endpoint was created after the one that the champion served with.
    """

    version: int
    endpoint_config_name: str
    serving_settings_digest: str
    failed_settings_digest: str | None = None
    is_endpoint_missing: bool = False
    is_endpoint_new: bool = False


@dataclass(frozen=True, slots=True)
class ReleaseInProgress:
    """A started release; ``endpoint_modified_at`` is the endpoint's LastModifiedTime before it.

    ``update_called_at`` is noted before each call of UpdateEndpoint, ``is_requested`` after it was
    accepted. ``is_update_seen``: its endpoint config was seen to be pending. ``last_error`` is that
    of the last attempt to start it.
    """

    version: int
    purpose: ReleasePurpose
    endpoint_config_name: str
    endpoint_modified_at: datetime
    serving_settings_digest: str
    started_at: datetime
    update_called_at: datetime | None = None
    is_requested: bool = False
    is_update_seen: bool = False
    last_error: str | None = None


@dataclass(frozen=True, slots=True)
class ReleaseState:
    """All that an action depends on; the digest is that of the configured serving settings."""

    endpoint: EndpointState | None
    champion: Champion | None
    in_progress: ReleaseInProgress | None
    versions: tuple[Version, ...]
    serving_settings_digest: str
    as_of: datetime
    paused: bool = False

    def version(self, number: int) -> Version | None:
        """The version with this number, or None if the ledger does not have it."""
        return next((item for item in self.versions if item.number == number), None)

    @property
    def serving_version(self) -> Version | None:
        """The champion's version, or None without a champion or if the ledger does not have it."""
        return self.version(self.champion.version) if self.champion else None


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
class RecordMissingEndpoint:
    """The champion's endpoint was deleted: record that it serves no more."""


@dataclass(frozen=True, slots=True)
class AdoptChampion:
    """The ledger does not have the version that serves, or not on this endpoint: record it."""


@dataclass(frozen=True, slots=True)
class StartRelease:
    """Start a release; ``supersedes`` are approved versions that a newer approval replaces."""

    version: int
    purpose: ReleasePurpose
    supersedes: tuple[Version, ...] = ()


@dataclass(frozen=True, slots=True)
class SupersedeApprovals:
    """Approvals that were recorded late: the version that serves was approved after them."""

    versions: tuple[Version, ...]


@dataclass(frozen=True, slots=True)
class ResumeRelease:
    """A release was recorded, but UpdateEndpoint had no effect: continue there.

    ``endpoint_modified_at`` is the endpoint's LastModifiedTime before the update.
    """

    endpoint_modified_at: datetime


@dataclass(frozen=True, slots=True)
class RecordUpdate:
    """The endpoint is being updated with the release's endpoint config: record that it was seen."""


@dataclass(frozen=True, slots=True)
class RefuseRelease:
    """The update did not begin in time: give the release up."""

    reason: str


@dataclass(frozen=True, slots=True)
class SupersedeRelease:
    """End a release that did not call UpdateEndpoint; None leaves the version's status."""

    reason: str
    version_status: VersionStatus | None


@dataclass(frozen=True, slots=True)
class FinishRelease:
    """The update ended: record the outcome of the release with this endpoint config."""

    endpoint_config_name: str
    outcome: ReleaseOutcome


Action = (
    NoAction
    | AwaitEndpoint
    | RecordMissingEndpoint
    | AdoptChampion
    | StartRelease
    | SupersedeApprovals
    | ResumeRelease
    | RecordUpdate
    | RefuseRelease
    | SupersedeRelease
    | FinishRelease
)


def next_action(state: ReleaseState) -> Action:
    """The one action that the state requires."""
    if state.in_progress is not None:
        return _continue(state, state.in_progress)
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


def _continue(state: ReleaseState, release: ReleaseInProgress) -> Action:
    config = state.endpoint.endpoint_config_name if state.endpoint else None
    if release.update_called_at is None and config != release.endpoint_config_name:
        return _before_update(state, release)
    return _after_update(state, release)


def _before_update(state: ReleaseState, release: ReleaseInProgress) -> Action:
    """UpdateEndpoint was not called, or called without an answer and without effect."""
    endpoint, called_at = state.endpoint, release.update_called_at
    ending = _superseding(state, release) or _giving_up(state, release)
    if ending is not None:
        if called_at is not None and state.as_of - called_at < STALE_ANSWER_UNTIL:
            return NoAction("another invocation may be calling UpdateEndpoint")
        return ending
    if endpoint is None:
        return RefuseRelease("The endpoint was deleted before it could be updated.")
    if not endpoint.is_settled:
        return NoAction(f"the endpoint is {endpoint.status}")
    return ResumeRelease(max(endpoint.modified_at, release.endpoint_modified_at))


def _after_update(state: ReleaseState, release: ReleaseInProgress) -> Action:
    """UpdateEndpoint was called, or is about to be."""
    name, endpoint = release.endpoint_config_name, state.endpoint
    was_accepted = release.is_requested or release.is_update_seen
    if endpoint is None:
        if not was_accepted:
            return _before_update(state, release)
        return FinishRelease(name, ReleaseOutcome.ROLLED_BACK)
    if endpoint.pending_endpoint_config_name == name and not release.is_update_seen:
        return RecordUpdate()
    if endpoint.endpoint_config_name == name and endpoint.is_settled:
        serves = endpoint.status == "InService"
        outcome = ReleaseOutcome.PROMOTED if serves else ReleaseOutcome.ROLLED_BACK
        return FinishRelease(name, outcome)
    began = endpoint.last_alarm_names.issuperset(rollback_alarm_names(name))
    if not was_accepted and not began and endpoint.endpoint_config_name != name:
        return _before_update(state, release)
    if not endpoint.is_settled:
        return NoAction(f"the release of version {release.version} is in progress")
    is_modified = endpoint.modified_at > release.endpoint_modified_at
    if began or is_modified or endpoint.status != "InService":
        return FinishRelease(name, ReleaseOutcome.ROLLED_BACK)
    return _unchanged(state, release)


def _unchanged(state: ReleaseState, release: ReleaseInProgress) -> Action:
    """UpdateEndpoint was accepted, but the endpoint is as before: wait for a later answer."""
    waited = state.as_of - (release.update_called_at or release.started_at)
    if release.is_update_seen and waited >= STALE_ANSWER_UNTIL:
        return FinishRelease(release.endpoint_config_name, ReleaseOutcome.ROLLED_BACK)
    if not release.is_update_seen and waited >= UNSEEN_UPDATE_AFTER:
        return RefuseRelease(
            "SageMaker accepted UpdateEndpoint, but no update of the endpoint was seen within"
            f" {UNSEEN_UPDATE_AFTER // timedelta(minutes=1)} minutes."
        )
    return NoAction("the endpoint does not show the update yet")


def _superseding(state: ReleaseState, release: ReleaseInProgress) -> SupersedeRelease | None:
    """What has replaced a release that did not reach UpdateEndpoint."""
    version = state.version(release.version)
    if release.purpose is not ReleasePurpose.SERVING_SETTINGS and (
        version is not None and version.status is VersionStatus.REJECTED
    ):
        return SupersedeRelease(f"Version {release.version} was rejected.", None)
    if release.purpose is ReleasePurpose.APPROVAL and (
        version is not None and version.status is VersionStatus.SUPERSEDED
    ):
        return SupersedeRelease(f"The approval of version {release.version} was withdrawn.", None)
    if release.purpose is ReleasePurpose.SERVING_SETTINGS and _rollback_target(state) is not None:
        return SupersedeRelease(f"Version {release.version} was rejected.", None)
    newest = _newest_approval(state)
    if newest is not None and newest.number != release.version and not state.paused:
        is_newer = version is None or _approval_order(newest) > _approval_order(version)
        if release.purpose is ReleasePurpose.SERVING_SETTINGS:
            return SupersedeRelease(f"Version {newest.number} was approved.", None)
        if release.purpose is ReleasePurpose.APPROVAL and is_newer:
            reason = f"Version {newest.number} was approved later."
            return SupersedeRelease(reason, VersionStatus.SUPERSEDED)
    serving = state.serving_version
    is_settings = release.purpose is ReleasePurpose.SERVING_SETTINGS
    if serving and version and not is_settings and _is_approved_before(version, serving):
        reason = f"Version {serving.number}, which serves, was approved later."
        return SupersedeRelease(reason, VersionStatus.SUPERSEDED)
    if state.serving_settings_digest != release.serving_settings_digest:
        return SupersedeRelease("The serving settings changed.", _WAITING[release.purpose])
    return None


_WAITING: dict[ReleasePurpose, VersionStatus | None] = {
    ReleasePurpose.APPROVAL: VersionStatus.APPROVED,
    ReleasePurpose.ROLLBACK: VersionStatus.SUPERSEDED,
    ReleasePurpose.SERVING_SETTINGS: None,
}
"""The status from which the same release is started again, with the new settings."""


def _giving_up(state: ReleaseState, release: ReleaseInProgress) -> RefuseRelease | None:
    if state.as_of - release.started_at < GIVE_UP_AFTER:
        return None
    error = f" The last error: {release.last_error}" if release.last_error else ""
    return RefuseRelease(
        "The endpoint could not be updated within"
        f" {GIVE_UP_AFTER // timedelta(hours=1)} hours.{error}"
    )


def _without_endpoint(state: ReleaseState) -> Action:
    """Notify once of the newest approval or, if the stack was deployed again, of the champion.

    Before that, the end of the champion's service is recorded, whatever its status.
    """
    if state.champion is not None and not state.champion.is_endpoint_missing:
        return RecordMissingEndpoint()
    newest = _newest_approval(state)
    if newest is not None and newest.status is VersionStatus.APPROVED:
        return AwaitEndpoint(newest.number)
    champion = state.serving_version
    if newest is None and champion is not None and champion.status is VersionStatus.PROMOTED:
        return AwaitEndpoint(champion.number)
    return NoAction("there is no endpoint yet")


def _awaits_endpoint(state: ReleaseState, champion: Champion) -> bool:
    """Whether the champion lost its endpoint: the ledger knows, or the endpoint is a new one."""
    if champion.is_endpoint_missing or champion.is_endpoint_new:
        return True
    version = state.version(champion.version)
    return version is not None and version.status is VersionStatus.AWAITING_ENDPOINT


def _without_release(state: ReleaseState, champion: Champion) -> Action:
    previous = _rollback_target(state)
    if previous is not None:
        # A person rejected the serving version: that takes effect even if the model is paused.
        return StartRelease(previous.number, ReleasePurpose.ROLLBACK)
    outdated = _approved_before(state, state.serving_version)
    if outdated:
        return SupersedeApprovals(outdated)
    newest = _newest_approval(state)
    if newest is not None:
        if state.paused:
            reason = f"version {newest.number} is approved, but the model is paused"
            return NoAction(reason, is_settled=True)
        superseded = tuple(v for v in _waiting(state) if v.number != newest.number)
        return StartRelease(newest.number, ReleasePurpose.APPROVAL, superseded)
    if (
        state.serving_settings_digest
        not in {champion.serving_settings_digest, champion.failed_settings_digest}
        and not state.paused
    ):
        return StartRelease(champion.version, ReleasePurpose.SERVING_SETTINGS)
    return NoAction("no release is required", is_settled=True)


def _approved_before(state: ReleaseState, serving: Version | None) -> tuple[Version, ...]:
    """Waiting versions that were approved before the serving one: their events arrived late."""
    if serving is None:
        return ()
    return tuple(version for version in _waiting(state) if _is_approved_before(version, serving))


def _is_approved_before(version: Version, serving: Version) -> bool:
    """Whether the version that serves was approved last, and is still approved."""
    is_approved = serving.status is VersionStatus.PROMOTED
    return is_approved and _approval_order(version) < _approval_order(serving)


def replaced_status(replaced: Version, promoted: Version) -> VersionStatus:
    """The status of the version that served, when another one was promoted in its place.

    A person may have approved it again during the release: as the later approval, it is released.
    """
    if replaced.status is VersionStatus.REJECTED:
        return VersionStatus.REJECTED
    if _is_approved_before(promoted, replaced):
        return VersionStatus.APPROVED
    return VersionStatus.SUPERSEDED


def _waiting(state: ReleaseState) -> list[Version]:
    return [version for version in state.versions if version.status in _WAITING_STATUSES]


def _newest_approval(state: ReleaseState) -> Version | None:
    return max(_waiting(state), key=_approval_order, default=None)


def _approval_order(version: Version) -> tuple[datetime, int]:
    return (version.approved_at or _NEVER, version.number)


def outdated_approvals(
    versions: Iterable[Version], serving: int, endpoint_created_at: datetime
) -> list[Version]:
    """Approved versions older than the one that a new endpoint was created with.

    They were approved before it was created, so the person who created it chose the newer one.
    """
    return [
        version
        for version in versions
        if version.status in _WAITING_STATUSES
        and version.number < serving
        and (version.approved_at or _NEVER) <= endpoint_created_at
    ]


def _rollback_target(state: ReleaseState) -> Version | None:
    return rollback_target(state.versions, state.champion.version) if state.champion else None


def rollback_target(versions: Iterable[Version], serving: int) -> Version | None:
    """The version that replaces the serving one if a person rejected it: the last one before it."""
    served: list[Version] = []
    is_rejected = False
    for version in versions:
        if version.number == serving:
            is_rejected = version.status is VersionStatus.REJECTED
        elif version.status is VersionStatus.SUPERSEDED and version.serving_until is not None:
            served.append(version)
    if not is_rejected:
        return None
    return max(served, key=lambda v: (v.serving_until or _NEVER, v.number)) if served else None
