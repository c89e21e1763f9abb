"""When drift is an alarm: the same column in M of the last N judged windows, or a drifted day.

The same column, because noise hits another one each time: with twenty columns, two windows of
three with any drift at all come together far more often than two with the same.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from driftloop.detection.decision_rule import PREDICTION_KEY
from driftloop.detection.policy import DriftPolicy
from driftloop.detection.verdict import DRIFTED, STABLE


def persistent_columns(
    history: Sequence[Mapping[str, Any]], latest: Mapping[str, Any], policy: DriftPolicy
) -> tuple[str, ...]:
    """Names, sorted, of the columns that drifted in ``datapoints_to_alarm`` of the last
    ``evaluation_periods`` judged windows, ``latest`` included.

    ``history`` holds earlier windows of the same version, oldest first. Each item is a report, or
    has of it ``verdict``, ``drifted_features`` and, where there are any, ``prediction`` (named
    ``(prediction)`` here) and ``multivariate`` (named by :func:`pair_name`). Windows that were not
    judged neither raise nor clear: after one, what was persistent before still is.
    """
    judged = [item for item in [*history, latest] if item["verdict"] in (STABLE, DRIFTED)]
    return recurring_columns([drifted_columns(item) for item in judged], policy)


def recurring_columns(drifted: Sequence[Collection[str]], policy: DriftPolicy) -> tuple[str, ...]:
    """Names, sorted, that stand in M of the last N of judged windows' drifted columns."""
    recent = drifted[-policy.evaluation_periods :]
    counts = Counter(name for names in recent for name in set(names))
    return tuple(sorted(n for n, count in counts.items() if count >= policy.datapoints_to_alarm))


def drifted_columns(item: Mapping[str, Any]) -> tuple[str, ...]:
    """What drifted in a window, by the names of :func:`persistent`."""
    names = list(item.get("drifted_features", ()))
    prediction, pair = item.get("prediction") or {}, item.get("multivariate") or {}
    if prediction.get("drifted"):
        names.append(PREDICTION_KEY)
    if pair.get("drifted"):
        names.append(pair_name(pair["pair"]))
    return tuple(names)


def pair_name(pair: Sequence[str]) -> str:
    """What a pair of features is called whose correlation drifted."""
    return f"(correlation of {pair[0]} and {pair[1]})"
