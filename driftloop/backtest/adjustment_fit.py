"""Adjustments for dependent records, fitted by replaying the training weeks.

Each window is compared with the same hours of the other weeks. The adjustments go into the
baseline, together with the hour-of-week profile of its training data.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from driftloop.backtest.design_effect import DesignEffects
from driftloop.backtest.replay import Replay, fit_multipliers
from driftloop.backtest.scored_windows import Floats
from driftloop.backtest.traffic import (
    HourlyTraffic,
    replay_training,
    score_replayed,
    training_traffic,
)
from driftloop.capture import RecordBatch
from driftloop.detection import DriftPolicy
from driftloop.detection.policy import policy_fingerprint
from driftloop.errors import InputError
from driftloop.profile import Baseline
from driftloop.seasonality.adjustments import Adjustment, Adjustments
from driftloop.seasonality.hour_of_week import WEEK_HOURS, HourOfWeekProfile

MIN_WINDOWS = 20
"""Windows with enough records that a replay needs: fewer than the days of four weeks."""


def with_fitted_seasonality(
    baseline: Baseline, seasonality: HourOfWeekProfile, policy: DriftPolicy, window_hours: int
) -> Baseline:
    """The baseline with an hour-of-week profile and its fitted adjustments.

    Args:
        baseline: The baseline on which ``seasonality`` was counted.
        seasonality: Counts by hour.
        policy: Settings of the rule to replay.
        window_hours: Length of the windows to replay.

    Raises:
        InputError: The profile has fewer than ``MIN_WEEKS`` whole weeks, was counted on another
            baseline or in windows longer than ``window_hours``, or holds too few records.
    """
    return baseline.with_seasonality(
        seasonality.with_adjustments(
            cross_fit_adjustments(baseline, seasonality, policy, window_hours)
        ),
    )


def cross_fit_adjustments(
    baseline: Baseline, seasonality: HourOfWeekProfile, policy: DriftPolicy, window_hours: int
) -> Adjustments:
    """Design effect and multiplier of each column, for windows and for days.

    Each week is replayed against the others, with the design effects of the others: its own would
    fit it too well. Arguments and exceptions are those of :func:`with_fitted_seasonality`.
    """
    traffic = training_traffic(seasonality, window_hours)
    fitted = fit_adjustments(baseline, policy, traffic, window_hours)
    analyzed, total = len(fitted.replay.windows.starts), len(traffic.windows)
    if analyzed < MIN_WINDOWS:
        raise InputError(
            f"{analyzed} of {total} windows of {window_hours} hours hold the"
            f" {policy.min_records} records that a verdict needs, and {MIN_WINDOWS} are"
            " needed to replay them; make monitoring.window_hours longer, or use the rows of all"
            " traffic"
        )
    return Adjustments(
        window_hours=window_hours,
        window=fitted.window,
        day=fitted.day,
        policy=policy_fingerprint(policy),
        replay=_replay_counts(baseline, policy, traffic, fitted, len(seasonality.weeks)),
    )


class FittedAdjustments(NamedTuple):
    """Adjustments by column, and the replay of the training weeks that they are fitted to."""

    replay: Replay
    window: Mapping[str, Adjustment]
    day: Mapping[str, Adjustment]

    @property
    def multipliers(self) -> tuple[Floats, Floats]:
        """Of minimum effect sizes, for windows and for days, float64[columns]."""
        names = self.replay.windows.columns
        by_window, by_day = (
            np.array([adjustments[name].min_effect_multiplier for name in names])
            for adjustments in (self.window, self.day)
        )
        return by_window, by_day

    @property
    def design_effects(self) -> tuple[DesignEffects, DesignEffects]:
        """By column, for windows and for days."""
        by_window, by_day = (
            {name: adjustment.design_effect for name, adjustment in adjustments.items()}
            for adjustments in (self.window, self.day)
        )
        return by_window, by_day


def fit_adjustments(
    baseline: Baseline, policy: DriftPolicy, traffic: HourlyTraffic, window_hours: int
) -> FittedAdjustments:
    """Fit design effects and multipliers by replaying each week against the others."""
    replay, design_effects = replay_training(baseline, policy, traffic, window_hours)
    multipliers = fit_multipliers(replay, policy)
    names = replay.windows.columns
    by_window, by_day = (
        {
            name: Adjustment(by_name[name], float(multiplier))
            for name, multiplier in zip(names, multiplier_of_column, strict=True)
        }
        for by_name, multiplier_of_column in zip(design_effects, multipliers, strict=True)
    )
    return FittedAdjustments(replay, by_window, by_day)


def _replay_counts(
    baseline: Baseline,
    policy: DriftPolicy,
    traffic: HourlyTraffic,
    fitted: FittedAdjustments,
    weeks: int,
) -> dict[str, Any]:
    """Windows and alarms of the replay: without adjustments, with them, and in held-out weeks."""
    replay, multipliers = fitted.replay, fitted.multipliers
    unadjusted = score_replayed(baseline, policy, traffic, None, ({}, {}), replay.window_hours)
    one = np.ones(len(replay.windows.columns))
    return {
        "weeks": weeks,
        "windows": len(replay.windows.starts),
        "drifted_before": int(unadjusted.drifted(one, one)[0].any(axis=1).sum()),
        "drifted_after": int(replay.drifted(*multipliers)[0].any(axis=1).sum()),
        "alarms_before": unadjusted.alarms(one, one, policy),
        "alarms_after": replay.alarms(*multipliers, policy),
        "held_out_alarms": _held_out_alarms(replay, policy),
    }


def _held_out_alarms(replay: Replay, policy: DriftPolicy) -> int:
    """Alarms over all weeks, each under the multipliers that are fitted to the others alone."""
    return sum(
        week.alarms(*fit_multipliers(others, policy), policy) for week, others in _folds(replay)
    )


def _folds(replay: Replay) -> list[tuple[Replay, Replay]]:
    """Each week and all others."""
    starts = replay.windows.starts
    first, end = (starts[0], starts[-1] + 1) if starts else (0, 0)
    return [
        (replay.part(week, week + WEEK_HOURS), replay.part(week, week + WEEK_HOURS, outside=True))
        for week in range(first, end, WEEK_HOURS)
    ]


class TrainedBaseline(NamedTuple):
    """The baseline, and a sentence that says which seasonality it has."""

    baseline: Baseline
    note: str


def with_training_seasonality(
    baseline: Baseline, batches: Sequence[RecordBatch], policy: DriftPolicy, window_hours: int
) -> TrainedBaseline:
    """The baseline with the hour-of-week profile of its training data and fitted adjustments.

    Args:
        baseline: Fitted on ``batches``.
        batches: The training data; records need a time to count.
        policy: Settings of the rule to replay.
        window_hours: Length of the windows to replay.

    Returns:
        The baseline, unchanged where the training data has too few weeks or records.
    """
    seasonality = HourOfWeekProfile.from_batches(baseline, batches)
    try:
        complete = with_fitted_seasonality(baseline, seasonality, policy, window_hours)
    except InputError as error:
        return TrainedBaseline(baseline, f"the hours of the week are not compared: {error}")
    return TrainedBaseline(
        complete,
        f"windows are compared with the same hours of {len(seasonality.weeks)} training weeks, and"
        " minimum effect sizes were adjusted by replaying them",
    )
