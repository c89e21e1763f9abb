"""Reads one batch of captured objects into a profile. The hot path: imports numpy and msgspec only.

A file that was started in the hour before a window is read for both windows. A line that can't be
read has no time: it counts as rejected in the window in which its file was started, and as outside
of the window in the next one.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

from driftloop.capture import (
    LineCounts,
    ReadBatch,
    RejectedLine,
    RejectReason,
    SkipReason,
    deduplicate_entities,
    read_capture,
)
from driftloop.capture.line_counts import LineProblem, example_key
from driftloop.contract import s3_keys
from driftloop.payload_mapping import PayloadMapping
from driftloop.profile import Baseline, Profile, profile_batch
from driftloop.schema import Entity
from driftloop.window import Window
from lambdas.aws.baseline_file import UnusableBaselineError
from lambdas.aws.baselines import load_baseline
from lambdas.aws.clients import CLIENTS, AwsClients
from lambdas.aws.object_lists import load_objects
from lambdas.aws.storage import Bucket
from lambdas.aws.transient_errors import named_transient_errors
from lambdas.profile.capture_objects import BatchObjects
from lambdas.profile.quarantine import Quarantine

logger = logging.getLogger(__name__)
Item = dict[str, Any]

_ENTITY_REMEDY = (
    "Set `entity` in driftloop.yaml to a feature of all versions that serve, or to"
    " attribute:KEY, or release a version that has the feature"
)


@named_transient_errors
def handle(event: Item, _context: object, aws: AwsClients = CLIENTS) -> None:
    """Read one manifest item and write its profile to the analysis bucket.

    A batch whose version has no usable baseline is skipped: the reason is written instead, so that
    the other versions are analyzed. Rejected lines are written to the quarantine under a key
    derived from the object's, so a retry writes the same bytes to the same keys.
    """
    capture = Bucket(aws.client("s3"), aws.setting("CAPTURE_BUCKET"))
    analysis = Bucket(aws.client("s3"), aws.setting("ANALYSIS_BUCKET"))
    try:
        baseline = _baseline(aws, event["baseline"])
        entity = _entity(event, baseline)
    except UnusableBaselineError as error:
        logger.warning("%s is skipped: %s", event["output"], error)
        key = s3_keys.unusable_baseline(event["output"], event["version"])
        noted = {"baseline": error.uri, "problem": error.problem, "remedy": error.remedy}
        analysis.put_json(key, noted)
        return
    listed = load_objects(analysis, event["objects"])
    batch_objects = BatchObjects(capture)
    objects = batch_objects.distinct(listed)
    own = [item.key for item in objects if not item.overlap]
    earlier = [item.key for item in objects if item.overlap]
    with Quarantine(
        analysis,
        event["model"],
        event["version"],
        event["label"],
        batches=event["window_batches"],
    ) as quarantine:

        def read(ahead: bool) -> Iterator[ReadBatch]:
            on_reject = None if ahead else quarantine.add
            yield from _read(event, baseline, entity, batch_objects.open(own), on_reject)
            others = batch_objects.open(earlier)
            for batch, line_counts in _read(event, baseline, entity, others, None):
                yield ReadBatch(batch, without_rejected_lines(line_counts))

        profile = Profile.empty(baseline)
        for batch, line_counts in deduplicate_entities(entity, read):
            profile = profile + profile_batch(baseline, batch, line_counts)
    analysis.put(event["output"], profile.to_bytes())
    logger.info("profiled %s: %d objects", event["output"], len(listed))


def _read(
    event: Item,
    baseline: Baseline,
    entity: Entity | None,
    objects: Iterator[tuple[str, Iterable[bytes]]],
    on_reject: Callable[[RejectedLine], None] | None,
) -> Iterator[ReadBatch]:
    return read_capture(
        objects,
        baseline.schema,
        window=Window.from_dict(event["window"]),
        mapping=_payload_mapping(event),
        on_reject=on_reject,
        attribute=entity.name if entity and entity.attribute else None,
    )


def _payload_mapping(event: Item) -> PayloadMapping:
    """That of the plan; one from before a deployment may have the key of predictions only."""
    planned = event.get("payload_mapping", {"prediction_key": event.get("prediction_key")})
    return PayloadMapping.from_dict(planned)


def _entity(event: Item, baseline: Baseline) -> Entity | None:
    """The entity of which each window keeps one record; None if all records count.

    Raises:
        UnusableBaselineError: It is a feature that this version does not have.
    """
    text = event.get("entity")
    if text is None:
        return None
    try:
        return Entity.parse(text, baseline.schema.names)
    except ValueError:
        problem = f"`entity` is {text}, which is none of this version's features"
        raise UnusableBaselineError(event["baseline"], problem, _ENTITY_REMEDY) from None


@lru_cache(maxsize=4)
def _baseline(aws: AwsClients, uri: str) -> Baseline:
    """A version's baseline never changes, so a warm container reads it once."""
    return load_baseline(aws, uri)


def without_rejected_lines(line_counts: LineCounts) -> LineCounts:
    """The counts with rejected lines counted as outside of the window.

    A lost object stays rejected: it may have been read for the window before, but not for this one.
    """
    lost = line_counts.rejected.get(RejectReason.OBJECT_LOST, 0)
    moved = line_counts.rejected_lines - lost
    if not moved:
        return line_counts
    rejected = {str(RejectReason.OBJECT_LOST): lost} if lost else {}
    others = example_key(LineProblem.REJECTED_LINE)
    kept = example_key(LineProblem.REJECTED_LINE, RejectReason.OBJECT_LOST)
    examples = {
        key: example
        for key, example in line_counts.examples.items()
        if key == kept or not key.startswith(others)
    }
    outside = LineCounts(skipped={SkipReason.OUTSIDE_WINDOW: moved})
    return replace(line_counts, rejected=rejected, examples=examples) + outside
