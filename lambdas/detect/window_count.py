"""Commits what an analysis has read, so that each captured object counts once."""

from collections import Counter
from collections.abc import Collection, Container, Mapping
from functools import partial
from typing import Any

import msgspec

from driftloop.contract import s3_keys
from driftloop.contract.ledger_items import WindowCountItem
from driftloop.errors import InputError
from driftloop.object_batches import CapturedObject
from lambdas.aws.context import AnalysisContext
from lambdas.aws.object_lists import (
    ExpiredListError,
    KnownObjects,
    count_known,
    load_objects,
)
from lambdas.aws.storage import late_profile_key
from lambdas.aws.window_counts import change_item, counted_objects, counted_state, late_batch
from lambdas.detect.batch_profiles import read_profile

Item = dict[str, Any]


def commit_late_batches(
    context: AnalysisContext, items: list[Item], skipped: Container[int]
) -> Mapping[int, Mapping[str, int]]:
    """Store the late profiles beside their windows' profiles, and make them count.

    A batch with an object that another analysis counted meanwhile does not count: the next plan
    has what is left of it.

    Returns:
        Late records that count, by version and window label.
    """
    late = [i for i in items if i["purpose"] == "late" and i["version"] not in skipped]
    counts: dict[int, Counter[str]] = {}
    for label in sorted({item["label"] for item in late}):
        batches = {late_profile_key(item): item for item in late if item["label"] == label}
        committed = change_item(context.ledger, label, partial(_with_late, context, batches))
        for key in sorted(set(committed.late if committed else ()) & batches.keys()):
            item = batches[key]
            records = read_profile(context.analysis_bucket, item).records
            counts.setdefault(item["version"], Counter())[label] += records
    return counts


def _with_late(
    context: AnalysisContext, batches: Mapping[str, Item], found: WindowCountItem | None
) -> WindowCountItem | None:
    if found is None:
        return None
    uncounted = {key: item for key, item in batches.items() if key not in found.late}
    new: list[str] = []
    for version in sorted({item["version"] for item in uncounted.values()}):
        own = {key: item for key, item in uncounted.items() if item["version"] == version}
        state = counted_state(found, version, without=batches)
        if {item.get("counted_state") for item in own.values()} == {state}:
            new += own  # nothing was counted since the plan, which has no object that counted
        else:
            new += _uncounted(context, found, version, own)
    for key in new:
        profile = read_profile(context.analysis_bucket, batches[key])
        context.analysis_bucket.put(key, profile.to_bytes())
    return msgspec.structs.replace(found, late=(*found.late, *new)) if new else None


def _uncounted(
    context: AnalysisContext, found: WindowCountItem, version: int, batches: Mapping[str, Item]
) -> list[str]:
    """The batches without any object that counts; none if that is not known any more."""
    bucket = context.analysis_bucket
    counted = counted_objects(bucket, context.name, found, version)
    if counted is None:
        return []
    try:
        objects = {key: load_objects(bucket, item["objects"]) for key, item in batches.items()}
        common = count_known(objects, KnownObjects(bucket, counted.batches))
    except ExpiredListError:
        return []
    return [key for key in batches if not common[key]]


def commit_window(context: AnalysisContext, items: list[Item], versions: Collection[int]) -> None:
    """Make the window's profiles of this revision count, unless a newer one does.

    Late profiles whose objects this revision has read itself do not count any more.

    Raises:
        InputError: A late profile has only a part of its objects in this revision.
    """
    committed = change_item(
        context.ledger,
        context.window.label,
        lambda found: _with_revision(context, found, items, versions),
    )
    for key in committed.absorbed if committed else ():
        context.analysis_bucket.delete(key)


def _with_revision(
    context: AnalysisContext,
    found: WindowCountItem | None,
    items: list[Item],
    versions: Collection[int],
) -> WindowCountItem | None:
    if found is None:
        raise InputError(f"window {context.window.label} was not planned: start a new revision")
    newer = [
        version for version in versions if found.completed.get(str(version), -1) < context.revision
    ]
    if not newer:
        return None
    absorbed = [key for version in newer for key in _absorbed(context, found, items, version)]
    return msgspec.structs.replace(
        found,
        completed={**found.completed, **{str(version): context.revision for version in newer}},
        late=tuple(key for key in found.late if key not in absorbed),
        absorbed=(*found.absorbed, *absorbed),
    )


def _absorbed(
    context: AnalysisContext, found: WindowCountItem, items: list[Item], version: int
) -> list[str]:
    """The late profiles of a version whose objects this revision has read."""
    late = {
        key: _late_objects(context, key)
        for key in found.late
        if s3_keys.profile_version(key) == version
    }
    if not late:
        return []
    own = [i["objects"] for i in items if i["purpose"] == "window" and i["version"] == version]
    common = count_known(late, KnownObjects(context.analysis_bucket, own))
    for key, objects in late.items():
        if 0 < common[key] < len(objects):
            raise InputError(
                f"revision {context.revision} of window {context.window.label} was planned while"
                f" late files arrived, and has read a part of those in {key}: start a new revision"
                " of the window, which reads all of them"
            )
    # Without objects: a revision that was planned after their list had expired has read them.
    return [key for key, objects in late.items() if common[key] == len(objects)]


def _late_objects(context: AnalysisContext, key: str) -> list[CapturedObject]:
    """The objects of a late profile; none after their list has expired."""
    listed = late_batch(context.analysis_bucket, context.name, key)
    try:
        return [] if listed is None else load_objects(context.analysis_bucket, listed)
    except ExpiredListError:
        return []
