"""The parameters of a pipeline execution, as the gate writes them and the steps read them.

The steps' containers import this module: it needs the standard library alone.
"""

import hashlib
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from driftloop.errors import InputError
from driftloop.metadata_text import NONE, metadata_text
from driftloop.window import Window, format_time, parse_time

PARAMETERS = {
    "Reason": "initial training",
    "DecisionId": NONE,
    "ChampionVersion": NONE,
    "ChampionModelData": NONE,
    "TrainingDataStart": NONE,
    "TrainingDataEnd": NONE,
    "ExcludedWindows": NONE,
    "TrainingSources": NONE,
}
"""The pipeline's parameters with their defaults, which are the values of the initial training.

The definition declares them, and the gate sends them: SageMaker refuses a name that the definition
does not declare.
"""

MAX_VALUE_LENGTH = 256
"""The shorter of SageMaker's limits for what a value becomes, in characters.

That is an argument of a container (256, CreateProcessingJob) or a value of a model package's
metadata (256, CreateModelPackage); a parameter itself may have 1,024.
"""


@dataclass(frozen=True, slots=True)
class ChampionModel:
    """What evaluation needs of the champion: its version and the URI of its model.tar.gz."""

    version: int
    model_data_url: str


def client_request_token(idempotency_key: str) -> str:
    """SHA-256 of the key, in hexadecimal: SageMaker starts one execution per token."""
    return hashlib.sha256(idempotency_key.encode()).hexdigest()


def training_range(as_of: datetime, *, label_delay_hours: float, lookback_days: float) -> Window:
    """The inference times of records whose labels are final and that are recent enough."""
    end = as_of - timedelta(hours=label_delay_hours)
    start = as_of - timedelta(days=lookback_days)
    return Window(min(start, end - timedelta(hours=1)), end)


def parameters(
    *,
    message: str,
    decision_id: str,
    champion: ChampionModel | None,
    data: Window | None,
    sources: str = NONE,
    invalid: Iterable[Window] = (),
) -> dict[str, str]:
    """The pipeline's parameters; an initial training has neither champion nor captured data.

    ``data`` is the training range, ``sources`` the S3 URI of its training sources, and ``invalid``
    the windows in it with invalid data. Raises InputError if a value is empty or too long.
    """
    values = {**PARAMETERS, "Reason": reason_text(message), "DecisionId": decision_id}
    if champion is not None:
        values["ChampionVersion"] = str(champion.version)
        values["ChampionModelData"] = champion.model_data_url
    if data is not None:
        values["TrainingDataStart"] = format_time(data.start)
        values["TrainingDataEnd"] = format_time(data.end)
        values["TrainingSources"] = sources
        values["ExcludedWindows"] = format_excluded_windows(data, invalid)
    for name, value in values.items():
        if not 1 <= len(value) <= MAX_VALUE_LENGTH:
            raise InputError(
                f"pipeline parameter {name} has {len(value)} characters: SageMaker takes 1 to"
                f" {MAX_VALUE_LENGTH}: {value!r}"
            )
    return values


def reason_text(message: str) -> str:
    """The message in the characters and the length that a model package's metadata allows.

    The pipeline copies it there, and the RegisterModel step fails on any other character.
    """
    return metadata_text(message.replace(",", " -"))


def format_excluded_windows(data: Window, invalid: Iterable[Window]) -> str:
    """The invalid windows that overlap ``data``, as ``start/end,start/end``, within the limit.

    ``none`` if there are none.
    Adjacent windows are joined. If the text is still too long, the windows with the smallest gap
    between them are joined, too: losing some valid records is better than training on invalid ones.
    """
    joined = _joined(
        sorted(window for window in invalid if window.start < data.end and window.end > data.start)
    )
    while len(text := ",".join(_text(window) for window in joined)) > MAX_VALUE_LENGTH:
        joined = _join_nearest(joined)
    return text or NONE


def parse_excluded_windows(text: str) -> list[Window]:
    """The inverse of :func:`format_excluded_windows`; raises InputError for any other text."""
    if text == NONE:
        return []
    try:
        pairs = [pair.split("/") for pair in text.split(",")]
        return [Window(parse_time(start), parse_time(end)) for start, end in pairs]
    except ValueError as error:
        raise InputError(f"ExcludedWindows {text!r}: write start/end,start/end: {error}") from error


def _joined(windows: Sequence[Window]) -> list[Window]:
    result: list[Window] = []
    for window in windows:
        if result and window.start <= result[-1].end:
            result[-1] = Window(result[-1].start, max(result[-1].end, window.end))
        else:
            result.append(window)
    return result


def _join_nearest(windows: Sequence[Window]) -> list[Window]:
    gaps = [right.start - left.end for left, right in itertools.pairwise(windows)]
    at = gaps.index(min(gaps))
    bridge = Window(windows[at].start, windows[at + 1].end)
    return [*windows[:at], bridge, *windows[at + 2 :]]


def _text(window: Window) -> str:
    return f"{format_time(window.start)}/{format_time(window.end)}"
