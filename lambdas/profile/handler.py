"""Reads one batch of captured objects into a profile. The hot path: numpy and msgspec, no more."""

import logging
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any

from driftloop.capture import Reject, read_capture
from driftloop.profile import Baseline, Profile, profile_batch
from driftloop.window import Window
from lambdas.aws.storage import Bucket, split_uri
from lambdas.aws.wiring import AWS, Aws
from lambdas.profile.overlap import counted_elsewhere
from lambdas.profile.quarantine import Quarantine
from lambdas.profile.source import distinct, open_objects

logger = logging.getLogger(__name__)
Item = dict[str, Any]


def handle(event: Item, _context: object, aws: Aws = AWS) -> None:
    """One manifest item to one profile in the analysis bucket; answers nothing.

    Rejected lines go to the quarantine under a key made from the object's: a retry writes the
    same bytes to the same places.
    """
    baseline = _baseline(aws, event["baseline"])
    capture = Bucket(aws.client("s3"), aws.setting("CAPTURE_BUCKET"))
    analysis = Bucket(aws.client("s3"), aws.setting("ANALYSIS_BUCKET"))
    objects = distinct(capture, event["objects"])
    own = [item["key"] for item in objects if not item["overlap"]]
    begun_before = [item["key"] for item in objects if item["overlap"]]
    with Quarantine(analysis, event["model"], event["version"], event["label"]) as quarantine:
        profile = _read(event, baseline, open_objects(capture, own), quarantine.add)
    profile = profile + _read(event, baseline, open_objects(capture, begun_before), None)
    analysis.put(event["output"], profile.to_bytes())
    logger.info("profiled %s: %d objects", event["output"], len(event["objects"]))


def _read(
    event: Item,
    baseline: Baseline,
    objects: Iterator[tuple[str, Iterable[bytes]]],
    on_reject: Callable[[Reject], None] | None,
) -> Profile:
    """Sum of the profiles of all chunks; without ``on_reject``, rejects count in another window."""
    profile = Profile.empty(baseline)
    chunks = read_capture(
        objects,
        baseline.schema,
        window=Window.from_dict(event["window"]),
        prediction_key=event["prediction_key"],
        on_reject=on_reject,
    )
    for batch, tally in chunks:
        counted = tally if on_reject is not None else counted_elsewhere(tally)
        profile = profile + profile_batch(baseline, batch, counted)
    return profile


@lru_cache(maxsize=4)
def _baseline(aws: Aws, uri: str) -> Baseline:
    """A version's baseline never changes, so that a warm container reads it once."""
    bucket, key = split_uri(uri)
    return Baseline.from_bytes(Bucket(aws.client("s3"), bucket).get(key))
