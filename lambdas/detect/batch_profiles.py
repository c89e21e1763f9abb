"""The profiles that the profile function wrote, one per batch: all of them must be present."""

from collections.abc import Container
from typing import Any

from driftloop.errors import IncompleteError
from driftloop.profile import Profile
from lambdas.aws.storage import Bucket

Item = dict[str, Any]


def sum_batches(
    analysis: Bucket, items: list[Item], expected: int, skipped: Container[int] = ()
) -> dict[int, Profile]:
    """The window's profile by version; raises IncompleteError if a batch's profile is missing.

    Versions in ``skipped`` have none.
    """
    if len(items) != expected:
        raise IncompleteError(
            f"the manifest has {len(items)} batches and the plan {expected}: redrive the execution"
        )
    totals: dict[int, Profile] = {}
    for item in items:
        if item["purpose"] == "window" and item["version"] not in skipped:
            profile = read_profile(analysis, item)
            total = totals.get(item["version"])
            totals[item["version"]] = profile if total is None else total + profile
    return totals


def read_profile(analysis: Bucket, item: Item) -> Profile:
    """The profile of one batch; raises IncompleteError if it is missing."""
    data = analysis.find(item["output"])
    if data is None:
        raise IncompleteError(
            f"batch {item['batch']} of window {item['label']} has no profile:"
            f" s3://{analysis.name}/{item['output']} does not exist. Redrive the execution."
        )
    return Profile.from_bytes(data)
