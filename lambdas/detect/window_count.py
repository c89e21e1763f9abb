"""Commits what an analysis has read, so that each captured object counts once."""

from collections import Counter, defaultdict
from collections.abc import Collection, Container, Mapping
from functools import partial
from typing import Any

import msgspec

from driftloop.contract import s3_keys
from driftloop.contract.ledger_items import WindowCountItem
from driftloop.errors import InputError
from driftloop.profile import Profile
from lambdas.aws.context import AnalysisContext
from lambdas.aws.storage import late_profile_key
from lambdas.aws.window_counts import change_item, counted_items, late_item, object_keys
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
    batches = {late_profile_key(item): item for item in late}
    profiles = {key: read_profile(context.analysis_bucket, item) for key, item in batches.items()}
    counts: dict[int, Counter[str]] = {}
    for label in sorted({item["label"] for item in late}):
        own = {key: item for key, item in batches.items() if item["label"] == label}
        change = partial(_with_late, context, own, profiles)
        committed = change_item(context.ledger, label, change)
        for key in set(committed.late if committed else ()) & own.keys():
            counts.setdefault(own[key]["version"], Counter())[label] += profiles[key].records
    return counts


def _with_late(
    context: AnalysisContext,
    batches: Mapping[str, Item],
    profiles: Mapping[str, Profile],
    found: WindowCountItem | None,
) -> WindowCountItem | None:
    if found is None:
        return None
    uncounted = {key: item for key, item in batches.items() if key not in found.late}
    counted = {
        version: _counted_objects(context, found, version)
        for version in {item["version"] for item in uncounted.values()}
    }
    new = [
        key
        for key, item in uncounted.items()
        if (known := counted[item["version"]]) is not None and known.isdisjoint(object_keys(item))
    ]
    for key in new:
        context.analysis_bucket.put(key, profiles[key].to_bytes())
    return msgspec.structs.replace(found, late=(*found.late, *new)) if new else None


def _counted_objects(
    context: AnalysisContext, found: WindowCountItem, version: int
) -> set[str] | None:
    """The objects that count for the window; None if that is not known any more."""
    items = counted_items(context.analysis_bucket, context.name, found, version)
    return None if items is None else {key for item in items for key in object_keys(item)}


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
    read: dict[int, set[str]] = defaultdict(set)
    for item in items:
        if item["purpose"] == "window":
            read[item["version"]] |= object_keys(item)
    late = [(key, s3_keys.profile_version(key)) for key in found.late]
    absorbed = [
        key
        for key, version in late
        if version in newer and _is_absorbed(context, key, read[version])
    ]
    return msgspec.structs.replace(
        found,
        completed={**found.completed, **{str(version): context.revision for version in newer}},
        late=tuple(key for key in found.late if key not in absorbed),
        absorbed=(*found.absorbed, *absorbed),
    )


def _is_absorbed(context: AnalysisContext, key: str, read: set[str]) -> bool:
    """Whether this revision has read the objects of a late profile; ``read`` are its own."""
    late = late_item(context.analysis_bucket, context.name, key)
    if late is None:
        # Its manifest has expired: a revision that was planned after that has read its objects.
        return True
    objects = object_keys(late)
    if objects.isdisjoint(read):
        return False
    if objects <= read:
        return True
    raise InputError(
        f"revision {context.revision} of window {context.window.label} was planned while late"
        f" files arrived, and has read a part of those in {key}: start a new revision of the"
        " window, which reads all of them"
    )
