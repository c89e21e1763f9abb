"""The profiles that the profile function wrote, one per batch: all of them must be present."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from driftloop.errors import IncompleteError
from driftloop.profile import Profile
from lambdas.aws.baseline_file import REPLACED, UnusableBaselineError
from lambdas.aws.storage import Bucket

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class BatchTotals:
    """The window's profiles, and why versions have none, by version."""

    profiles: Mapping[int, Profile]
    skipped: Mapping[int, UnusableBaselineError]


def sum_batches(
    analysis: Bucket,
    items: list[Item],
    expected: int,
    skipped: Mapping[int, UnusableBaselineError],
) -> BatchTotals:
    """Sum the profiles of the window's batches, by version; those in ``skipped`` have none.

    A version whose batches were profiled on different baselines is skipped as well.

    Raises:
        IncompleteError: The profile of a batch is missing.
    """
    if len(items) != expected:
        raise IncompleteError(
            f"the manifest has {len(items)} batches and the plan {expected}: redrive the execution"
        )
    totals: dict[int, Profile] = {}
    unusable = dict(skipped)
    for item in items:
        version = item["version"]
        if item["purpose"] != "window" or version in unusable:
            continue
        profile = read_profile(analysis, item)
        total = totals.get(version)
        if total is not None and total.baseline != profile.baseline:
            unusable[version] = UnusableBaselineError(item["baseline"], REPLACED)
            del totals[version]
        else:
            totals[version] = profile if total is None else total + profile
    return BatchTotals(totals, unusable)


def read_profile(analysis: Bucket, item: Item) -> Profile:
    """The profile of one batch; raises IncompleteError if it is missing."""
    data = analysis.find(item["output"])
    if data is None:
        raise IncompleteError(
            f"batch {item['batch']} of window {item['label']} has no profile:"
            f" s3://{analysis.name}/{item['output']} does not exist. Redrive the execution."
        )
    return Profile.from_bytes(data)
