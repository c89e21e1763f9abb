"""The facts of a decision, gathered from ledger, registry and buckets.

Versions that wait for a person in the model's package group.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from driftloop.retraining import gate
from driftloop.retraining.history import (
    PastWindow,
    consecutive_rejections,
    drifted_days,
    drifted_windows,
    invalid_window,
)
from driftloop.retraining.pipeline_parameters import training_range
from driftloop.window import Window, format_time, parse_time
from lambdas.aws.context import ModelContext
from lambdas.aws.ledger import Ledger
from lambdas.gate.label_count import mature_labels

_LOOKBACK_WINDOWS = 24
_LOOKBACK_DAYS = 7
_OPEN = {"approved", "awaiting_endpoint", "deploying"}


def load_state(context: ModelContext, now: datetime) -> gate.GateState:
    """Everything that the policy looks at, as of ``now``."""
    champion = context.ledger.get("CHAMPION")
    since = parse_time(champion["since"]) if champion else None
    windows = latest_items(context.ledger, "WINDOW", champion, _LOOKBACK_WINDOWS)
    days = latest_items(context.ledger, "DAY", champion, _LOOKBACK_DAYS)
    lease = context.ledger.get("LEASE")
    return gate.GateState(
        paused=context.settings.paused,
        invalid_window=invalid_window(windows),
        execution_in_progress=_in_flight(lease),
        pending_approvals=tuple(_awaiting(context, champion)),
        champion=champion["version"] if champion else None,
        champion_since=since,
        drifted_windows=drifted_windows(windows, since),
        drifted_days=drifted_days(days, since),
        consecutive_rejections=consecutive_rejections(_refusals(context.ledger), since),
        starts=tuple(starts(context.ledger, now - gate.BUDGET_PERIOD, now)),
        mature_labels=mature_labels(context, training_range(now, context.settings.retraining)),
    )


def latest_items(
    ledger: Ledger, kind: str, champion: dict[str, Any] | None, limit: int
) -> list[PastWindow]:
    """The champion's newest judged windows (``WINDOW``) or days (``DAY``)."""
    if champion is None:
        return []
    prefix = f"{kind}#{champion['version']:05d}#"
    return [judged(item) for item in ledger.query_prefix(prefix, newest_first=True, limit=limit)]


def invalid_windows(ledger: Ledger, data: Window) -> list[Window]:
    """All windows within ``data`` whose data was invalid, whichever version served."""
    found: list[Window] = []
    for version in ledger.query_prefix("VERSION#"):
        prefix = f"WINDOW#{version['version']:05d}#"
        first = Window(data.start - timedelta(days=1), data.end).label
        items = ledger.query(f"{prefix}{first}", f"{prefix}{data.end:%Y%m%dT%H}")
        found += [judged(item).window for item in items if item["verdict"] == "invalid_data"]
    return found


def judged(item: dict[str, Any]) -> PastWindow:
    """A WINDOW or DAY item as a value."""
    return PastWindow(
        version=item["version"],
        window=Window.from_dict(item["window"]),
        verdict=item["verdict"],
        prediction_drifted=item["prediction_drifted"],
    )


def starts(ledger: Ledger, first: datetime, last: datetime) -> Iterator[datetime]:
    """When runs were started between two times."""
    for item in ledger.query(f"DECISION#{format_time(first)}", f"DECISION#{format_time(last)}~"):
        if item["decision"] == "start":
            yield parse_time(item["at"])


def last_start(ledger: Ledger, first: datetime, last: datetime) -> datetime | None:
    """The newest of them."""
    return max(starts(ledger, first, last), default=None)


def _in_flight(lease: dict[str, Any] | None) -> str | None:
    if lease is None:
        return None
    return str(lease.get("execution_arn", f"of decision {lease['decision_id']}"))


def _awaiting(context: ModelContext, champion: dict[str, Any] | None) -> Iterator[str]:
    newest = champion["version"] if champion else 0
    for version in pending_versions(context) or ():
        if version > newest:
            yield f"version {version} waits for approval in {context.resource}"
    for item in context.ledger.query_prefix("VERSION#"):
        if item["status"] in _OPEN:
            yield f"version {item['version']} is {item['status'].replace('_', ' ')}"


def _refusals(ledger: Ledger) -> Iterator[datetime]:
    for run in ledger.query_prefix("RUN#"):
        if run["outcome"] == "refused":
            yield parse_time(run["finished"])
    for version in ledger.query_prefix("VERSION#"):
        never_live = version["status"] == "rejected" and "serving_from" not in version
        if (never_live or version["status"] == "rolled_back") and "decided" in version:
            yield parse_time(version["decided"])


def pending_versions(context: ModelContext) -> list[int] | None:
    """Their numbers; None where the group does not exist, since the model's stack is not there."""
    paginator = context.aws.client("sagemaker").get_paginator("list_model_packages")
    wanted = {
        "ModelPackageGroupName": context.resource,
        "ModelApprovalStatus": "PendingManualApproval",
    }
    try:
        pages = paginator.paginate(**wanted)
        found = [item for page in pages for item in page["ModelPackageSummaryList"]]
    except ClientError as error:
        if "does not exist" in error.response["Error"]["Message"].lower():
            return None
        raise
    return sorted(item["ModelPackageVersion"] for item in found)
