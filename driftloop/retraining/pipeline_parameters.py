"""The parameters of a pipeline execution, as the gate writes them and the steps read them.

The steps' containers import this module: it needs the standard library alone.
"""

import hashlib
import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from driftloop.errors import InputError
from driftloop.window import Window, format_time, parse_time

NO_CHAMPION = "none"
"""Value of a parameter about the champion if there is none: SageMaker allows no empty default."""

MAX_VALUE_LENGTH = 256
"""SageMaker's limit for a container's argument, in characters; a parameter may have 1,024."""

MAX_REASON_LENGTH = 256
"""SageMaker's limit for a value of a model package's metadata, in characters."""

_INVALID_CHARACTERS = re.compile(r"[^\w .:/=+\-@]")


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
    invalid: Iterable[Window] = (),
) -> dict[str, str]:
    """The pipeline's parameters; an initial training has neither champion nor captured data.

    ``data`` is the training range, and ``invalid`` the windows in it with invalid data.
    """
    return {
        "Reason": reason_text(message),
        "DecisionId": decision_id,
        "ChampionVersion": str(champion.version) if champion else NO_CHAMPION,
        "ChampionModelData": champion.model_data_url if champion else NO_CHAMPION,
        "TrainingDataStart": format_time(data.start) if data else "",
        "TrainingDataEnd": format_time(data.end) if data else "",
        "ExcludedWindows": format_excluded_windows(data, invalid) if data else "",
    }


def reason_text(message: str) -> str:
    """The message in the characters and the length that a model package's metadata allows.

    The pipeline copies it there, and the RegisterModel step fails on any other character.
    """
    plain = _INVALID_CHARACTERS.sub(
        " ", message.replace("%", " percent").replace(";", " -").replace(",", " -")
    )
    return " ".join(plain.split())[:MAX_REASON_LENGTH].strip()


def format_excluded_windows(data: Window, invalid: Iterable[Window]) -> str:
    """The invalid windows that overlap ``data``, as ``start/end,start/end``, within the limit.

    Adjacent windows are joined. If the text is still too long, the windows with the smallest gap
    between them are joined, too: losing some valid records is better than training on invalid ones.
    """
    joined = _joined(
        sorted(window for window in invalid if window.start < data.end and window.end > data.start)
    )
    while len(text := ",".join(_text(window) for window in joined)) > MAX_VALUE_LENGTH:
        joined = _join_nearest(joined)
    return text


def parse_excluded_windows(text: str) -> list[Window]:
    """The inverse of :func:`format_excluded_windows`; raises InputError for any other text."""
    try:
        pairs = [pair.split("/") for pair in text.split(",") if pair.strip()]
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
