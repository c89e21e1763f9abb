"""What the profile function wrote, batch by batch: all of it must be there."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from driftloop.errors import IncompleteError
from driftloop.profile import Profile
from lambdas.aws.storage import Bucket, late_profile_key

Item = dict[str, Any]


def sum_batches(analysis: Bucket, items: list[Item], expected: int) -> dict[int, Profile]:
    """The window's profile by version; raises IncompleteError where a batch did not answer."""
    if len(items) != expected:
        raise IncompleteError(
            f"the manifest has {len(items)} batches and the plan {expected}: redrive the execution"
        )
    sums: dict[int, Profile] = {}
    for item in items:
        if item["purpose"] == "window":
            profile = _profile(analysis, item)
            known = sums.get(item["version"])
            sums[item["version"]] = profile if known is None else known + profile
    return sums


def store_late_profiles(
    analysis: Bucket, items: list[Item], absorbed: list[str]
) -> Mapping[int, Mapping[str, int]]:
    """Keep late batches beside their windows' profiles; gives the records by version and label.

    Late profiles that this run has absorbed (it read their objects itself) are removed.
    """
    counts: dict[int, Counter[str]] = {}
    for item in items:
        if item["purpose"] == "late":
            profile = _profile(analysis, item)
            analysis.put(late_profile_key(item), profile.to_bytes())
            counts.setdefault(item["version"], Counter())[item["label"]] += profile.records
    for key in absorbed:
        analysis.delete(key)
    return counts


def _profile(analysis: Bucket, item: Item) -> Profile:
    data = analysis.find(item["output"])
    if data is None:
        raise IncompleteError(
            f"batch {item['batch']} of window {item['label']} has not answered: there is no"
            f" s3://{analysis.name}/{item['output']}. Redrive the execution."
        )
    return Profile.from_bytes(data)
