"""Loads what a decision depends on from the ledger, the model registry and the buckets."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from botocore.exceptions import ClientError

from driftloop.contract.ledger_items import (
    ChampionItem,
    DayItem,
    DecisionItem,
    ExecutionItem,
    LeaseItem,
    ReleaseItem,
    VerdictItem,
    VersionItem,
    WindowItem,
)
from driftloop.release.next_action import ReleasePurpose, VersionStatus, rollback_target
from driftloop.retraining import gate
from driftloop.retraining.history import (
    PastWindow,
    consecutive_rejections,
    days_far_from_training,
    drifted_days,
    drifted_windows,
    invalid_window,
)
from driftloop.retraining.pipeline_parameters import training_range
from driftloop.retraining.waiting_versions import PENDING_APPROVAL, WaitingVersion
from driftloop.window import Window, format_time
from lambdas.aws.context import ModelContext
from lambdas.aws.errors import message_contains
from lambdas.aws.ledger import ConflictError, Ledger
from lambdas.aws.versions import to_version
from lambdas.gate.label_count import mature_labels

_MAX_WINDOWS = 24
_MAX_DAYS = 7
_MAX_READS = 3
_UNFINISHED = {"approved", "awaiting_endpoint", "deploying"}
"""Statuses of versions that are approved and do not serve yet."""


def load_state(context: ModelContext, as_of: datetime) -> gate.GateState:
    """Everything that the gate's checks read, as of ``as_of``.

    The lease is read before the rest, and again after it: an execution that starts or ends
    meanwhile is either in progress, or all that it changed is in the state. If another version is
    promoted meanwhile, all is read again: its release would be missing in the pending approvals,
    and the windows would be those of the version before.

    Raises:
        ConflictError: The champion changed during each attempt.
    """
    for _ in range(_MAX_READS):
        champion = context.ledger.get(ChampionItem)
        state = _load(context, as_of, champion)
        if _identity(context.ledger.get(ChampionItem)) == _identity(champion):
            return state
    raise ConflictError(f"the champion of {context.name} changed {_MAX_READS} times")


def _identity(champion: ChampionItem | None) -> tuple[int, datetime] | None:
    return (champion.version, champion.promoted_at) if champion else None


def _load(context: ModelContext, as_of: datetime, champion: ChampionItem | None) -> gate.GateState:
    lease = context.ledger.get(LeaseItem)
    since = champion.promoted_at if champion else None
    windows = latest_items(context.ledger, WindowItem, champion, _MAX_WINDOWS)
    days = latest_items(context.ledger, DayItem, champion, _MAX_DAYS)
    labels = mature_labels(context, training_data_range(context, as_of))
    state = gate.GateState(
        paused=context.settings.paused,
        invalid_window=invalid_window(windows),
        pending_approvals=tuple(_pending_approvals(context, champion, as_of)),
        champion=champion.version if champion else None,
        champion_since=since,
        drifted_windows=drifted_windows(windows, since),
        drifted_days=drifted_days(days, since),
        days_far_from_training=days_far_from_training(
            [*windows, *days], since, context.settings.monitoring.min_drift_from_training
        ),
        consecutive_rejections=consecutive_rejections(_rejections(context.ledger), since),
        starts=tuple(starts(context.ledger, as_of - gate.RUN_LIMIT_PERIOD)),
        mature_labels=labels.labels,
        label_limitation=labels.limitation,
    )
    lease = lease or context.ledger.get(LeaseItem)
    return replace(state, execution_in_progress=_execution_in_progress(lease))


def training_data_range(context: ModelContext, as_of: datetime) -> Window:
    """The inference times of the records that a retraining would use."""
    settings = context.settings.retraining
    return training_range(
        as_of,
        label_delay_hours=settings.label_delay_hours,
        lookback_days=settings.lookback_days,
    )


def latest_items(
    ledger: Ledger, item_type: type[VerdictItem], champion: ChampionItem | None, limit: int
) -> list[PastWindow]:
    """The champion's latest analyzed windows or days."""
    if champion is None:
        return []
    found = ledger.query(item_type, champion.version, newest_first=True, limit=limit)
    return [_to_past_window(item) for item in found]


def invalid_windows(ledger: Ledger, data: Window) -> list[Window]:
    """All windows within ``data`` whose data was invalid, whichever version served."""
    first = Window(data.start - timedelta(days=1), data.end).label
    last = f"{data.end:%Y%m%dT%H}"
    return [
        item.window
        for version in ledger.query(VersionItem)
        for item in ledger.query(WindowItem, version.version, first=first, last=last)
        if item.verdict == "invalid_data"
    ]


def starts(ledger: Ledger, since: datetime) -> Iterator[datetime]:
    """When executions were started, from ``since`` on."""
    for item in ledger.query(DecisionItem, first=format_time(since)):
        if item.decision == "start":
            yield item.decided_at


def last_start(ledger: Ledger, since: datetime) -> datetime | None:
    """The latest of :func:`starts`."""
    return max(starts(ledger, since), default=None)


def pending_versions(context: ModelContext) -> list[WaitingVersion] | None:
    """Versions with status PendingManualApproval; None if there is no model package group, which
    the first deployment of the model's stack creates."""
    paginator = context.aws.client("sagemaker").get_paginator("list_model_packages")
    wanted = {
        "ModelPackageGroupName": context.resource,
        "ModelApprovalStatus": "PendingManualApproval",
    }
    try:
        pages = paginator.paginate(**wanted)
        found = [item for page in pages for item in page["ModelPackageSummaryList"]]
    except ClientError as error:
        if message_contains(error, "does not exist"):
            return None
        raise
    versions = [
        WaitingVersion(
            item["ModelPackageVersion"],
            PENDING_APPROVAL,
            item["ModelPackageArn"],
            item["CreationTime"],
        )
        for item in found
    ]
    return sorted(versions, key=lambda version: version.number)


def unreleased_versions(ledger: Ledger) -> list[VersionItem]:
    """Versions that are approved and do not serve yet."""
    return [item for item in ledger.query(VersionItem) if item.status in _UNFINISHED]


def _to_past_window(item: VerdictItem) -> PastWindow:
    return PastWindow(
        item.version,
        item.window,
        item.verdict,
        item.prediction_drifted,
        item.largest_drift_from_training,
    )


def _execution_in_progress(lease: LeaseItem | None) -> str | None:
    if lease is None:
        return None
    return lease.execution_arn or f"of decision {lease.decision_id}"


def _pending_approvals(
    context: ModelContext, champion: ChampionItem | None, as_of: datetime
) -> Iterator[str]:
    """What prevents a retraining; a version that waited for approval too long does not."""
    for version in newer_than(champion, pending_versions(context) or ()):
        if as_of < version.blocks_until(context.settings.approval):
            yield (
                f"version {version.number} waits for approval in {context.resource} since"
                f" {format_time(version.since)}"
            )
    yield from _pending_releases(context.ledger, champion)


def _pending_releases(ledger: Ledger, champion: ChampionItem | None) -> Iterator[str]:
    """Approved versions that do not serve yet, and the rollback that a rejection requires.

    A version that was rejected during its release is deployed until its update has ended. A release
    may also start between the two reads. A rejected champion serves until `release` has deployed
    the version before it; without an endpoint it deploys none.
    """
    versions = ledger.query(VersionItem)
    unfinished = [item for item in versions if item.status in _UNFINISHED]
    for item in unfinished:
        yield f"version {item.version} is {item.status.replace('_', ' ')}"
    release = ledger.get(ReleaseItem)
    if release is not None and release.purpose != ReleasePurpose.SERVING_SETTINGS:
        if release.version not in {item.version for item in unfinished}:
            yield f"version {release.version} is {VersionStatus.DEPLOYING}"
    elif champion is not None and champion.endpoint_missing_since is None:
        previous = rollback_target(map(to_version, versions), champion.version)
        if previous is not None:
            yield (
                f"version {champion.version} is rejected, and version {previous.number} replaces it"
            )


def newer_than(
    champion: ChampionItem | None, versions: Iterable[WaitingVersion]
) -> list[WaitingVersion]:
    """The versions that were registered after the champion: nobody waits for older ones."""
    newest = champion.version if champion else 0
    return [version for version in versions if version.number > newest]


def _rejections(ledger: Ledger) -> Iterator[datetime]:
    for execution in ledger.query(ExecutionItem):
        if execution.outcome == "rejected":
            yield execution.ended_at
    for version in ledger.query(VersionItem):
        never_served = version.status == "rejected" and not version.serving_periods
        if (never_served or version.status == "rolled_back") and version.decided_at is not None:
            yield version.decided_at
