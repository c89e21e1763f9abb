"""Records which captured files an execution may use, before it starts.

The object is the record of what was trained on: it is never overwritten, and the role of the
pipeline can only read it.
"""

from collections.abc import Iterator

from botocore.exceptions import ClientError

from driftloop.contract import s3_keys
from driftloop.contract.ledger_items import LeaseItem, VersionItem
from driftloop.contract.training_sources import (
    SourceSpan,
    SourceVersion,
    TrainingSources,
    encode_training_sources,
)
from driftloop.metadata_text import NONE
from driftloop.release.next_action import VersionStatus
from driftloop.window import Window, parse_time
from lambdas.aws.context import ModelContext
from lambdas.aws.storage import locate

ROLLED_BACK = frozenset({VersionStatus.ROLLED_BACK, VersionStatus.REJECTED})
"""Statuses of versions that served and were rolled back by an alarm, or rejected by a person."""

_EXISTS = "PreconditionFailed"
"""S3's answer to ``If-None-Match: *`` if the object exists.

Source: Amazon S3 User Guide, "How to prevent object overwrites with conditional writes".
"""


def training_sources_uri(context: ModelContext, decision_id: str) -> str:
    """S3 URI of the object for a decision."""
    bucket = context.aws.setting("ARTIFACTS_BUCKET")
    return f"s3://{bucket}/{s3_keys.training_sources(context.name, decision_id)}"


def write_training_sources(context: ModelContext, lease: LeaseItem) -> None:
    """Write the sources of the lease's execution, unless an earlier delivery has."""
    uri = lease.parameters.get("TrainingSources", NONE)
    if uri == NONE:
        return  # an initial training reads training_data alone
    bucket, key = locate(context.aws, uri)
    data = Window(
        parse_time(lease.parameters["TrainingDataStart"]),
        parse_time(lease.parameters["TrainingDataEnd"]),
    )
    content = encode_training_sources(_sources(context, lease, data))
    try:
        bucket.put_new(key, content)
    except ClientError as error:
        if error.response["Error"]["Code"] != _EXISTS:
            raise


def _sources(context: ModelContext, lease: LeaseItem, data: Window) -> TrainingSources:
    includes_all = context.settings.retraining.include_rolled_back_versions
    champion = lease.parameters["ChampionVersion"]
    champion_baseline: str | None = None
    versions: list[SourceVersion] = []
    rolled_back: list[int] = []
    for item in context.ledger.query(VersionItem):
        if str(item.version) == champion:
            champion_baseline = item.baseline_uri
        spans = tuple(_served_spans(item, data))
        if not spans:
            continue
        if item.status in ROLLED_BACK and not includes_all:
            rolled_back.append(item.version)
        else:
            versions.append(SourceVersion(item.version, item.baseline_uri, spans))
    return TrainingSources(
        model=context.name,
        decision_id=lease.decision_id,
        endpoint=context.resource,
        range=SourceSpan(data.start, data.end),
        versions=tuple(versions),
        rolled_back_versions=tuple(rolled_back),
        champion_baseline_uri=champion_baseline,
    )


def _served_spans(item: VersionItem, data: Window) -> Iterator[SourceSpan]:
    """The parts of ``data`` in which a version served, oldest first."""
    for period in item.serving_periods:
        start = max(period.start, data.start)
        end = min(period.end or data.end, data.end)
        if start < end:
            yield SourceSpan(start, end)
