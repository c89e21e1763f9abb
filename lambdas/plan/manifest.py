"""The batches of one analysis: the objects of its window, and late ones of earlier windows."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from driftloop.analysis_plan import (
    CapturedObject,
    batches,
    earlier_windows,
    one_batch,
    unplanned_objects,
)
from driftloop.contract import s3_keys
from driftloop.window import Window
from lambdas.aws.storage import Bucket, late_profile_key
from lambdas.plan.capture_listing import Listing
from lambdas.plan.live_versions import LiveVersion, serving

Item = dict[str, Any]
_MANIFEST = "/manifest.json"


@dataclass(frozen=True, slots=True)
class AnalysisRun:
    """One analysis execution."""

    model: str
    window: Window
    revision: int

    def span(self, allowed_lateness_hours: int) -> Window:
        """The window and the earlier ones for which files may be late."""
        return Window(self._oldest(allowed_lateness_hours).start, self.window.end)

    def other_manifests(self, analysis: Bucket, allowed_lateness_hours: int) -> list[Item]:
        """The items of other analyses' manifests that may contain the same objects."""
        root = f"work/{self.model}/"
        first = self._oldest(allowed_lateness_hours).label
        beyond = self.window.end + timedelta(hours=allowed_lateness_hours)
        last = Window(beyond, beyond + (self.window.end - self.window.start)).label
        own = s3_keys.manifest(self.model, self.window.label, self.revision)
        items: list[Item] = []
        for listed in analysis.list(root, after=f"{root}{first}"):
            if listed.key.removeprefix(root)[: len(last)] > last:
                break
            if listed.key.endswith(_MANIFEST) and listed.key != own:
                items += json.loads(analysis.get(listed.key))
        return items

    def _oldest(self, allowed_lateness_hours: int) -> Window:
        return min([self.window, *earlier_windows(self.window, allowed_lateness_hours)])


def make_plan(
    run: AnalysisRun,
    *,
    versions: list[LiveVersion],
    listing: Listing,
    others: list[Item],
    allowed_lateness_hours: int,
    prediction_key: str | None,
    entity: str | None,
) -> dict[str, Any]:
    """The manifest's items, the versions to analyze, and the late profiles that this run absorbs.

    With an ``entity`` all objects of a window are one batch: merging profiles can't find repeated
    entities.
    """
    items: list[Item] = []
    for version in serving(versions, run.window):
        found = unplanned_objects(listing.objects(version.version, run.window))
        items += _items(run, version, "window", run.window, _split(found, run.window, entity))
    for window in sorted(earlier_windows(run.window, allowed_lateness_hours)):
        for version in serving(versions, window):
            known = list(_planned(others, version.version, window.label))
            late = unplanned_objects(listing.objects(version.version, window), known)
            items += _items(run, version, "late", window, _split(late, window, entity))
    for number, item in enumerate(items):
        item["batch"] = number
        item["output"] = s3_keys.batch(run.model, run.window.label, run.revision, number)
        item["prediction_key"] = prediction_key
        item["entity"] = entity
    analyzed = [version.to_dict(run.window) for version in serving(versions, run.window)]
    return {"items": items, "versions": analyzed, "absorbed": _absorbed(run, others)}


def _items(
    run: AnalysisRun,
    version: LiveVersion,
    purpose: str,
    window: Window,
    split: list[list[CapturedObject]],
) -> list[Item]:
    return [
        {
            "model": run.model,
            "version": version.version,
            "baseline": version.baseline_uri,
            "purpose": purpose,
            "window": window.to_dict(),
            "label": window.label,
            "revision": run.revision,
            "objects": [item.to_dict() for item in batch],
            "window_batches": len(split),
        }
        for batch in split
    ]


def _split(
    objects: list[CapturedObject], window: Window, entity: str | None
) -> list[list[CapturedObject]]:
    return batches(objects) if entity is None else one_batch(objects, window)


def _planned(others: list[Item], version: int, label: str) -> Iterator[CapturedObject]:
    for item in others:
        if item["version"] == version and item["label"] == label:
            yield from (CapturedObject(**listed) for listed in item["objects"])


def _absorbed(run: AnalysisRun, others: list[Item]) -> list[str]:
    """Late profiles of this window: all its objects are read again, and must not count twice."""
    late = [item for item in others if item["purpose"] == "late"]
    return sorted(late_profile_key(item) for item in late if item["label"] == run.window.label)
