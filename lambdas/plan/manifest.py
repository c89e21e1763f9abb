"""The batches of one analysis: the objects of its window, and late ones of earlier windows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from driftloop.analysis_plan import (
    CapturedObject,
    batches,
    earlier_windows,
    one_batch,
    unplanned_objects,
)
from driftloop.contract import s3_keys
from driftloop.payload_mapping import PayloadMapping
from driftloop.window import Window
from lambdas.plan.capture_listing import Listing
from lambdas.plan.live_versions import LiveVersion, serving

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class AnalysisRun:
    """One analysis execution."""

    model: str
    window: Window
    revision: int

    def span(self, allowed_lateness_hours: int) -> Window:
        """The window and the earlier ones for which files may be late."""
        return Window(self._oldest(allowed_lateness_hours).start, self.window.end)

    def _oldest(self, allowed_lateness_hours: int) -> Window:
        return min([self.window, *earlier_windows(self.window, allowed_lateness_hours)])


def make_plan(
    run: AnalysisRun,
    *,
    versions: list[LiveVersion],
    listing: Listing,
    counted: Mapping[str, list[Item]],
    allowed_lateness_hours: int,
    payload_mapping: PayloadMapping,
    entity: str | None,
) -> dict[str, Any]:
    """The manifest's items, and the versions to analyze.

    ``counted`` has the items that count for each earlier window that was planned, by label. Files
    of the others are not late: they are left to the window's own analysis.

    With an ``entity`` all objects of a window are one batch: merging profiles can't find repeated
    entities.
    """
    items: list[Item] = []
    for version in serving(versions, run.window):
        found = unplanned_objects(listing.objects(version.version, run.window))
        items += _items(run, version, "window", run.window, _split(found, run.window, entity))
    for window in sorted(earlier_windows(run.window, allowed_lateness_hours)):
        if window.label not in counted:
            continue
        for version in serving(versions, window):
            known = list(_objects(counted[window.label], version.version))
            late = unplanned_objects(listing.objects(version.version, window), known)
            items += _items(run, version, "late", window, _split(late, window, entity))
    for number, item in enumerate(items):
        item["batch"] = number
        item["output"] = s3_keys.batch(run.model, run.window.label, run.revision, number)
        item["payload_mapping"] = payload_mapping.to_dict()
        item["entity"] = entity
    analyzed = [version.to_dict(run.window) for version in serving(versions, run.window)]
    return {"items": items, "versions": analyzed}


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


def _objects(items: list[Item], version: int) -> Iterator[CapturedObject]:
    for item in items:
        if item["version"] == version:
            yield from (CapturedObject(**listed) for listed in item["objects"])
