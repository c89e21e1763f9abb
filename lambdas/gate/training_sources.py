"""Records which captured files an execution may use, before it starts.

The object is the record of what was trained on: it is never overwritten, and the role of the
pipeline can only read it.
"""

from collections.abc import Iterable, Iterator

from botocore.exceptions import ClientError

from driftloop.contract import s3_keys
from driftloop.contract.ledger_items import LeaseItem, ServingPeriod, VersionItem
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
"""Statuses of versions that served and were rolled back by an alarm, or rejected by a person.

None of their periods is used. A version that was approved again since has another status: of it,
the periods are left out that were recorded as rolled back.
"""

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
        served = tuple(_served_spans(item.serving_periods, data))
        periods = [one for one in item.serving_periods if not _was_rolled_back(item, one)]
        used = served if includes_all else tuple(_served_spans(periods, data))
        if used != served:
            rolled_back.append(item.version)
        if used:
            versions.append(SourceVersion(item.version, item.baseline_uri, used))
    return TrainingSources(
        model=context.name,
        decision_id=lease.decision_id,
        endpoint=context.resource,
        range=SourceSpan(data.start, data.end),
        versions=tuple(versions),
        rolled_back_versions=tuple(rolled_back),
        champion_baseline_uri=champion_baseline,
    )


def _was_rolled_back(item: VersionItem, period: ServingPeriod) -> bool:
    return item.status in ROLLED_BACK or period.start in item.rolled_back_starts


def _served_spans(periods: Iterable[ServingPeriod], data: Window) -> Iterator[SourceSpan]:
    """The parts of ``data`` in which a version served, oldest first."""
    for period in periods:
        start = max(period.start, data.start)
        end = min(period.end or data.end, data.end)
        if start < end:
            yield SourceSpan(start, end)
