"""The profiles that the profile function wrote, one per batch: all of them must be present."""

from collections import Counter
from collections.abc import Container, Mapping
from typing import Any

from driftloop.contract import s3_keys
from driftloop.errors import IncompleteError
from driftloop.profile import Profile
from lambdas.aws.storage import Bucket, late_profile_key

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
            profile = _profile(analysis, item)
            total = totals.get(item["version"])
            totals[item["version"]] = profile if total is None else total + profile
    return totals


def store_late_profiles(
    analysis: Bucket, items: list[Item], absorbed: list[str], skipped: Container[int] = ()
) -> Mapping[int, Mapping[str, int]]:
    """Store profiles of late records beside their windows' profiles.

    Versions in ``skipped`` have none, and keep theirs. Late profiles of the others in ``absorbed``
    are deleted: this execution has read their objects itself.

    Returns:
        Late records by version and window label.
    """
    counts: dict[int, Counter[str]] = {}
    for item in items:
        if item["purpose"] == "late" and item["version"] not in skipped:
            profile = _profile(analysis, item)
            analysis.put(late_profile_key(item), profile.to_bytes())
            counts.setdefault(item["version"], Counter())[item["label"]] += profile.records
    for key in absorbed:
        if s3_keys.profile_version(key) not in skipped:
            analysis.delete(key)
    return counts


def _profile(analysis: Bucket, item: Item) -> Profile:
    data = analysis.find(item["output"])
    if data is None:
        raise IncompleteError(
            f"batch {item['batch']} of window {item['label']} has no profile:"
            f" s3://{analysis.name}/{item['output']} does not exist. Redrive the execution."
        )
    return Profile.from_bytes(data)
