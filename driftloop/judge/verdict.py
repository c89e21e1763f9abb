"""What is decided about a window, and about each of its columns."""

from collections.abc import Mapping
from dataclasses import dataclass

from driftloop.judge.policy import Floors

STABLE = "stable"
SHIFTED = "shifted"
DRIFTED = "drifted"
INSUFFICIENT = "insufficient_data"
INVALID = "invalid_data"
LEFT_OUT = "left_out"


@dataclass(frozen=True, slots=True)
class ColumnVerdict:
    """``status``: ``drifted`` is sure and large, ``shifted`` is sure only, ``stable`` neither.

    ``insufficient_data`` and ``invalid_data`` were not judged, and ``left_out`` never is.
    ``since`` is the start of the first of the judged windows, this one last, that all had the
    column drifted. ``floors`` are those that
    it was judged by.
    """

    status: str
    p_value: float | None
    q_value: float | None
    reasons: tuple[str, ...] = ()
    since: str | None = None
    floors: Floors | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The window's verdict, its reasons in words with the weightiest first, and its columns.

    ``multivariate`` says why how two features go together has drifted, empty where it has not.
    """

    verdict: str
    reasons: tuple[str, ...]
    features: Mapping[str, ColumnVerdict]
    prediction: ColumnVerdict | None
    multivariate: tuple[str, ...] = ()
