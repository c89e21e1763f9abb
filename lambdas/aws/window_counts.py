"""Which captured objects count for a window: read by its own analysis, or by a later one as late.

An object counts once, although analyses fail, are repeated, run at the same moment, or are
delivered again. It is decided by conditional writes of the window's ``WINDOW_COUNT`` item, which
``plan`` and ``detect`` make. An analysis that fails has no influence on it.
"""

import hashlib
import json
from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import Any

import msgspec
from boto3.dynamodb.conditions import Attr

from driftloop.contract import s3_keys
from driftloop.contract.ledger_items import WindowCountItem
from lambdas.aws.ledger import ITEM_ABSENT, ConflictError, Ledger, Put
from lambdas.aws.object_lists import Listed
from lambdas.aws.storage import Bucket
from lambdas.aws.transient_errors import TransientError

Item = dict[str, Any]

_MAX_ATTEMPTS = 10
"""Reads of an item that other analyses keep changing; the state machine retries later."""


def change_item(
    ledger: Ledger,
    label: str,
    change: Callable[[WindowCountItem | None], WindowCountItem | None],
) -> WindowCountItem | None:
    """Write ``change`` of a window's item, unless another one has changed it meanwhile.

    Args:
        ledger: The model's ledger.
        label: Label of the window.
        change: Gets the item as it is, and returns the new one, or None to leave it. It is called
            again after a conflict.

    Returns:
        The item that is in the ledger afterwards.

    Raises:
        TransientError: Other analyses changed the item at each attempt.
    """
    for _ in range(_MAX_ATTEMPTS):
        item = ledger.get(WindowCountItem, label)
        changed = change(item)
        if changed is None:
            return item
        sequence = item.sequence if item else 0
        unchanged = ITEM_ABSENT if item is None else Attr("sequence").eq(sequence)
        changed = msgspec.structs.replace(changed, sequence=sequence + 1)
        try:
            ledger.write(Put(changed, unchanged))
        except ConflictError:
            continue
        return changed
    raise TransientError(f"the item of window {label} was changed by others at each attempt")


def stored_plan(analysis: Bucket, model: str, item: WindowCountItem, revision: int) -> Item | None:
    """The plan of a revision of the window; None after it has expired."""
    text = analysis.find(s3_keys.plan(model, item.label, revision, item.planned[str(revision)]))
    return None if text is None else json.loads(text)


@dataclass(frozen=True, slots=True)
class CountedObjects:
    """The captured objects that count for a version's window.

    ``state`` identifies them: it is equal only as long as no other objects count.
    """

    state: str
    batches: list[Listed]


def counted_objects(
    analysis: Bucket, model: str, item: WindowCountItem, version: int
) -> CountedObjects | None:
    """Which objects count for the window and version: those of a revision, and late ones.

    The revision is the completed one; before one is completed, the first planned one. None if its
    plan has expired: it is not known any more what counts.
    """
    plan = stored_plan(analysis, model, item, _counted_revision(item, version))
    if plan is None:
        return None
    batches = [
        listed["objects"]
        for listed in plan["items"]
        if listed["purpose"] == "window" and listed["version"] == version
    ]
    late = [late_batch(analysis, model, key) for key in _late_keys(item, version)]
    batches += [listed for listed in late if listed is not None]
    return CountedObjects(counted_state(item, version), batches)


def counted_state(item: WindowCountItem, version: int, without: Container[str] = ()) -> str:
    """A digest of what counts for the window and version, ``without`` these late profiles.

    A plan's late batches have no object that counted when it was made. While the state is the same,
    none of them counts; only after that their objects must be compared.
    """
    late = sorted(key for key in _late_keys(item, version) if key not in without)
    text = json.dumps([_counted_revision(item, version), *late])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def late_batch(analysis: Bucket, model: str, key: str) -> Listed | None:
    """The objects of a late profile; None after the manifest has expired."""
    analysis_name, batch = s3_keys.late_source(key)
    text = analysis.find(s3_keys.manifest_of(model, analysis_name))
    return None if text is None else json.loads(text)[batch]["objects"]


def _counted_revision(item: WindowCountItem, version: int) -> int:
    return item.completed.get(str(version), min(map(int, item.planned)))


def _late_keys(item: WindowCountItem, version: int) -> list[str]:
    return [key for key in item.late if s3_keys.profile_version(key) == version]
