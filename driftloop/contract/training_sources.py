"""Which captured files a retraining may use: written by the gate, read by the step Curate."""

from datetime import datetime

import msgspec

from driftloop.errors import InputError
from driftloop.window import Window, format_time


class SourceSpan(msgspec.Struct, frozen=True):
    """A span of time in which a version served, with ``end`` excluded."""

    start: datetime
    end: datetime


class SourceVersion(msgspec.Struct, frozen=True):
    """A version that served in the training range; its baseline names the columns it was sent."""

    version: int
    baseline_uri: str
    spans: tuple[SourceSpan, ...]


class TrainingSources(msgspec.Struct, frozen=True, kw_only=True):
    """The captured files of a retraining, as the ledger knew them when it started.

    Attributes:
        model: Name of the model in driftloop.yaml.
        decision_id: The gate's decision.
        endpoint: Name of the endpoint that captured the requests.
        range: The training range.
        versions: The versions whose captured requests are used.
        rolled_back_versions: Versions that served and are not used, or not in all periods: they
            were rolled back, or rejected after they served.
        champion_baseline_uri: Baseline of the champion, whose columns the evaluation sends it.
    """

    model: str
    decision_id: str
    endpoint: str
    range: SourceSpan
    versions: tuple[SourceVersion, ...]
    rolled_back_versions: tuple[int, ...] = ()
    champion_baseline_uri: str | None = None


def encode_training_sources(sources: TrainingSources) -> bytes:
    """The sources as JSON with sorted keys; equal sources give equal bytes."""
    return msgspec.json.encode(sources, order="sorted")


def read_training_sources(data: bytes, *, uri: str, model: str, range_: Window) -> TrainingSources:
    """Read what the gate wrote to ``uri`` for this model and training range.

    Raises:
        InputError: The file is not one of the gate, or is of another model or training range.
    """
    try:
        sources = msgspec.json.decode(data, type=TrainingSources)
    except msgspec.DecodeError as error:
        raise InputError(f"TrainingSources {uri} is not a file of the gate: {error}") from error
    if sources.model != model:
        raise InputError(f"TrainingSources {uri} is of the model {sources.model}, not of {model}")
    if (sources.range.start, sources.range.end) != (range_.start, range_.end):
        raise InputError(
            f"TrainingSources {uri} is of the training range {format_time(sources.range.start)}"
            f" to {format_time(sources.range.end)}, not {format_time(range_.start)} to"
            f" {format_time(range_.end)}"
        )
    return sources
