"""The batches of one analysis: the objects of its window, and late ones of earlier windows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from driftloop.analysis_plan import earlier_windows
from driftloop.contract import s3_keys
from driftloop.payload_mapping import PayloadMapping
from driftloop.window import Window
from lambdas.aws.object_lists import ObjectList
from lambdas.aws.window_counts import CountedObjects
from lambdas.plan.capture_listing import Listing, Search
from lambdas.plan.live_versions import LiveVersion, serving

Item = dict[str, Any]
Counted = Mapping[str, Mapping[int, CountedObjects]]
"""What counts for each earlier window that was planned, by label and version."""


@dataclass(frozen=True, slots=True)
class AnalysisRun:
    """One analysis execution."""

    model: str
    window: Window
    revision: int

    @property
    def work(self) -> str:
        """Prefix of its files."""
        return s3_keys.work(self.model, self.window.label, self.revision)

    def span(self, allowed_lateness_hours: int) -> Window:
        """The window and the earlier ones for which files may be late."""
        return Window(self._oldest(allowed_lateness_hours).start, self.window.end)

    def _oldest(self, allowed_lateness_hours: int) -> Window:
        return min([self.window, *earlier_windows(self.window, allowed_lateness_hours)])


@dataclass(frozen=True, slots=True)
class _Purpose:
    """Why objects are searched: for the window itself, or as late ones of an earlier one."""

    version: LiveVersion
    window: Window
    counted: CountedObjects | None = None

    @property
    def search(self) -> Search:
        known = self.counted.batches if self.counted else ()
        return Search(self.version.version, self.window, known)


def make_plan(
    run: AnalysisRun,
    *,
    versions: list[LiveVersion],
    listing: Listing,
    counted: Counted,
    allowed_lateness_hours: int,
    payload_mapping: PayloadMapping,
    entity: str | None,
) -> dict[str, Any]:
    """The manifest's items, and the versions to analyze.

    Late are the objects of the windows in ``counted`` that do not count yet. Files of other windows
    are not late: they are left to the window's own analysis.

    With an ``entity`` all objects of a window are one batch: merging profiles can't find repeated
    entities.
    """
    purposes = list(_purposes(run, versions, counted, allowed_lateness_hours))
    found = listing.find([one.search for one in purposes], is_single_batch=entity is not None)
    expired = {one.window for one, lists in zip(purposes, found, strict=True) if lists is None}
    items: list[Item] = []
    for purpose, lists in zip(purposes, found, strict=True):
        if lists is not None and purpose.window not in expired:
            items += _items(run, purpose, lists)
    for number, item in enumerate(items):
        item["batch"] = number
        item["output"] = s3_keys.batch(run.model, run.window.label, run.revision, number)
        item["payload_mapping"] = payload_mapping.to_dict()
        item["entity"] = entity
    analyzed = [version.to_dict(run.window) for version in serving(versions, run.window)]
    return {"items": items, "versions": analyzed}


def _purposes(
    run: AnalysisRun, versions: list[LiveVersion], counted: Counted, allowed_lateness_hours: int
) -> Iterator[_Purpose]:
    for version in serving(versions, run.window):
        yield _Purpose(version, run.window)
    for window in sorted(earlier_windows(run.window, allowed_lateness_hours)):
        if window.label in counted:
            for version in serving(versions, window):
                yield _Purpose(version, window, counted[window.label][version.version])


def _items(run: AnalysisRun, purpose: _Purpose, lists: list[ObjectList]) -> list[Item]:
    version, window, counted = purpose.version, purpose.window, purpose.counted
    late = {"purpose": "late", "counted_state": counted.state} if counted else {"purpose": "window"}
    return [
        {
            "model": run.model,
            "version": version.version,
            "baseline": version.baseline_uri,
            **late,
            "window": window.to_dict(),
            "label": window.label,
            "revision": run.revision,
            "objects": msgspec.structs.asdict(listed),
            "window_batches": len(lists),
        }
        for listed in lists
    ]
