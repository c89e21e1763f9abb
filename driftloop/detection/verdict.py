"""What is decided about a window, and about each of its columns."""

from collections.abc import Mapping
from dataclasses import dataclass

from driftloop.detection.policy import MinEffectSizes

STABLE = "stable"
SHIFTED = "minor_change"
DRIFTED = "drifted"
INSUFFICIENT = "insufficient_data"
INVALID = "invalid_data"
EXCLUDED = "excluded"


@dataclass(frozen=True, slots=True)
class ColumnVerdict:
    """``status``: ``drifted`` is sure and large, ``shifted`` is sure only, ``stable`` neither.

    ``insufficient_data`` and ``invalid_data`` were not judged, and ``exclude_features`` never is.
    ``since`` is the start of the first of the judged windows, this one last, that all had the
    column drifted. ``min_effect_sizes`` are those that
    it was judged by.
    """

    status: str
    p_value: float | None
    q_value: float | None
    reasons: tuple[str, ...] = ()
    since: str | None = None
    min_effect_sizes: MinEffectSizes | None = None


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
