"""What a run of the pipeline is told: its parameters, from the decision and the ledger's facts."""

import hashlib
import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from driftloop.config.sections import RetrainingSettings
from driftloop.window import Window, format_time, parse_time

NONE = "none"
MAX_VALUE_LENGTH = 256
"""SageMaker's limit for a container's argument, in characters: less than a parameter's 1,024."""

MAX_REASON_LENGTH = 256
"""SageMaker's limit for a value of a model package's metadata, in characters."""

_ILLEGAL = re.compile(r"[^\w .:/=+\-@]")


@dataclass(frozen=True, slots=True)
class ChampionModel:
    """The champion, as evaluation needs it: its version and its model.tar.gz."""

    version: int
    model_data_url: str


def client_request_token(cause: str) -> str:
    """SHA-256 hex of the cause: SageMaker starts one execution per token."""
    return hashlib.sha256(cause.encode()).hexdigest()


def training_range(now: datetime, policy: RetrainingSettings) -> Window:
    """The records whose labels are final and that are not too old."""
    end = now - timedelta(hours=policy.label_delay_hours)
    return Window(min(now - timedelta(days=policy.lookback_days), end - timedelta(hours=1)), end)


def parameters(
    *,
    words: str,
    decision_id: str,
    champion: ChampionModel | None,
    data: Window | None,
    broken: Iterable[Window] = (),
) -> dict[str, str]:
    """The pipeline's parameters; in a first run there is neither champion nor captured data."""
    return {
        "Reason": reason_text(words),
        "DecisionId": decision_id,
        "ChampionVersion": str(champion.version) if champion else NONE,
        "ChampionModelData": champion.model_data_url if champion else NONE,
        "TrainingDataStart": format_time(data.start) if data else "",
        "TrainingDataEnd": format_time(data.end) if data else "",
        "ExcludedWindows": excluded_windows(data, broken) if data else "",
    }


def reason_text(words: str) -> str:
    """The reason in the characters and the length that a model package's metadata allows.

    The parameter ends up there, and the RegisterModel step fails on any other character.
    """
    plain = _ILLEGAL.sub(" ", words.replace("%", " percent").replace(";", " -").replace(",", " -"))
    return " ".join(plain.split())[:MAX_REASON_LENGTH].strip()


def excluded_windows(data: Window, broken: Iterable[Window]) -> str:
    """The broken windows within ``data`` as ``start/end,start/end``, within the value's limit.

    Neighbours are joined. Where the text would still be too long, the windows with the smallest
    gap between them are joined too: rather lose some good rows than train on broken ones.
    """
    joined = _joined(
        sorted(window for window in broken if window.start < data.end and window.end > data.start)
    )
    while len(text := ",".join(_text(window) for window in joined)) > MAX_VALUE_LENGTH:
        joined = _join_nearest(joined)
    return text


def parse_excluded(text: str) -> list[Window]:
    """The inverse of :func:`excluded_windows`; raises ValueError on anything else."""
    spans = [span.split("/") for span in text.split(",") if span]
    return [Window(parse_time(start), parse_time(end)) for start, end in spans]


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
