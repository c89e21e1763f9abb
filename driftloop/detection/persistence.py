"""When drift is an alarm: the same column drifted in M of the last N analyzed windows.

The same column, because noise affects another column in each window: with twenty columns, two of
three windows in which any column drifted are far more frequent than two with the same column.
"""

from collections import Counter
from collections.abc import Collection, Sequence

from driftloop.detection.policy import DriftPolicy
from driftloop.detection.window_outcome import WindowOutcome


def persistent_columns(windows: Sequence[WindowOutcome], policy: DriftPolicy) -> tuple[str, ...]:
    """Columns that drifted in ``datapoints_to_alarm`` of the last ``evaluation_periods`` windows.

    Windows without a conclusive verdict neither raise nor clear an alarm: after one, a column that
    was persistent before still is.

    Args:
        windows: Windows of one model version, oldest first, the current one last.
        policy: Has ``datapoints_to_alarm`` and ``evaluation_periods``.

    Returns:
        Names, sorted, as in :attr:`WindowOutcome.drifted_columns`.
    """
    conclusive = [window for window in windows if window.verdict.is_conclusive]
    return recurring_columns([window.drifted_columns for window in conclusive], policy)


def recurring_columns(drifted: Sequence[Collection[str]], policy: DriftPolicy) -> tuple[str, ...]:
    """Names, sorted, that are in M of the last N collections of drifted columns."""
    recent = drifted[-policy.evaluation_periods :]
    counts = Counter(name for names in recent for name in set(names))
    return tuple(sorted(n for n, count in counts.items() if count >= policy.datapoints_to_alarm))
