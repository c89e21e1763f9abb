"""What is decided about a window, and about each of its columns."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from driftloop.detection.explanation import Explanation
from driftloop.detection.policy import MinEffectSizes


class WindowVerdict(StrEnum):
    """What is decided about a window."""

    STABLE = "stable"
    DRIFTED = "drifted"
    INSUFFICIENT_DATA = "insufficient_data"
    INVALID_DATA = "invalid_data"

    @property
    def is_conclusive(self) -> bool:
        """Whether the window had enough valid data to decide on drift.

        A window without a conclusive verdict neither raises an alarm nor clears it.
        """
        return self in (WindowVerdict.STABLE, WindowVerdict.DRIFTED)


class ColumnStatus(StrEnum):
    """What is decided about a column of a window.

    ``drifted`` is a statistically significant change of at least the minimum effect size,
    ``minor_change`` a statistically significant one below it, ``stable`` neither. Columns that are
    ``excluded`` are never tested; in a window of ``insufficient_data``, and where the column's
    values are ``invalid_data``, there is no decision on drift.
    """

    STABLE = "stable"
    MINOR_CHANGE = "minor_change"
    DRIFTED = "drifted"
    EXCLUDED = "excluded"
    INSUFFICIENT_DATA = "insufficient_data"
    INVALID_DATA = "invalid_data"

    @property
    def is_significant(self) -> bool:
        """Whether the column's change is statistically significant."""
        return self in (ColumnStatus.MINOR_CHANGE, ColumnStatus.DRIFTED)


@dataclass(frozen=True, slots=True)
class ColumnVerdict:
    """The decision on a column.

    ``since`` is the start of the first of consecutive drifted windows of this column that end with
    the current one, None where the previous window had not drifted. ``min_effect_sizes`` are the
    ones that the column was held to, None where it was not tested. ``explanations`` are what its
    reasons say, as values.
    """

    status: ColumnStatus
    p_value: float | None
    q_value: float | None
    reasons: tuple[str, ...] = ()
    since: datetime | None = None
    min_effect_sizes: MinEffectSizes | None = None
    explanations: tuple[Explanation, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision on a window: verdict, reasons (largest effect first), and columns.

    ``multivariate`` gives the reasons why the correlation of two features has drifted, empty where
    it has not. ``associations`` are the pairs of features of any kinds whose association has
    drifted, the largest effect first. ``explanations`` has one value for each cause of the verdict.
    """

    verdict: WindowVerdict
    reasons: tuple[str, ...]
    features: Mapping[str, ColumnVerdict]
    prediction: ColumnVerdict | None
    multivariate: tuple[str, ...] = ()
    associations: tuple[tuple[str, str], ...] = ()
    explanations: tuple[Explanation, ...] = ()
