"""What dependent traffic needs, found by replaying the training weeks, each hour against the same
hours of the other weeks.

A baseline's rhythm, from training data that says when its rows were.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from driftloop.backtest.design_effect import Effects
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
from driftloop.detection.policy import settings
from driftloop.errors import InputError
from driftloop.profile import Baseline
from driftloop.seasonality.adjustments import Adjustment, Adjustments
from driftloop.seasonality.hour_of_week import (
    WEEK_HOURS,
    HourOfWeekProfile,
)

MIN_WINDOWS = 20
"""Judged windows without which a replay says nothing: fewer than four weeks of days."""


def with_fitted_seasonality(
    baseline: Baseline, seasonality: HourOfWeekProfile, policy: DriftPolicy, window_hours: int
) -> Baseline:
    """The baseline with the rhythm, and what the replay of its weeks found it to need.

    Raises InputError where the rhythm has fewer than ``FEWEST_WEEKS`` whole weeks, was counted on
    another baseline, or in windows longer than ``window_hours``.
    """
    return baseline.with_seasonality(
        seasonality.with_adjustments(
            cross_fit_adjustments(baseline, seasonality, policy, window_hours)
        ),
    )


def cross_fit_adjustments(
    baseline: Baseline, seasonality: HourOfWeekProfile, policy: DriftPolicy, window_hours: int
) -> Adjustments:
    """Design effects and floors of each column, for windows and for days.

    Each week is replayed against the others, with the design effects that the others have: those
    of its own would fit it too well.
    """
    traffic = training_traffic(seasonality, window_hours)
    found = fit_adjustments(baseline, policy, traffic, window_hours)
    judged, every = len(found.replay.windows.starts), len(traffic.windows)
    if judged < MIN_WINDOWS:
        raise InputError(
            f"{judged} of {every} windows of {window_hours} hours hold the"
            f" {policy.min_records} records that a verdict needs, and {MIN_WINDOWS} are"
            " needed to replay them; make monitoring.window_hours longer, or take rows of all of"
            " the traffic"
        )
    return Adjustments(
        window_hours=window_hours,
        window=found.window,
        day=found.day,
        policy=settings(policy),
        replay=_told(baseline, policy, traffic, found, len(seasonality.weeks)),
    )


class FittedAdjustments(NamedTuple):
    """Allowances by column, and the replay of the training weeks that they come from."""

    replay: Replay
    window: Mapping[str, Adjustment]
    day: Mapping[str, Adjustment]

    @property
    def factors(self) -> tuple[Floats, Floats]:
        """Of the floors, for windows and for days, float64[columns]."""
        names = self.replay.windows.columns
        by_window, by_day = (
            np.array([granted[name].min_effect_multiplier for name in names])
            for granted in (self.window, self.day)
        )
        return by_window, by_day

    @property
    def effects(self) -> tuple[Effects, Effects]:
        """Design effects by column, of windows and of days."""
        by_window, by_day = (
            {name: one.design_effect for name, one in granted.items()}
            for granted in (self.window, self.day)
        )
        return by_window, by_day


def fit_adjustments(
    baseline: Baseline, policy: DriftPolicy, traffic: HourlyTraffic, window_hours: int
) -> FittedAdjustments:
    """Design effects, and floors set by replaying each week of the traffic against the others."""
    replay, effects = replay_training(baseline, policy, traffic, window_hours)
    factors = fit_multipliers(replay, policy)
    names = replay.windows.columns
    by_window, by_day = (
        {n: Adjustment(e[n], float(f)) for n, f in zip(names, factor, strict=True)}
        for e, factor in zip(effects, factors, strict=True)
    )
    return FittedAdjustments(replay, by_window, by_day)


def _told(
    baseline: Baseline,
    policy: DriftPolicy,
    traffic: HourlyTraffic,
    found: FittedAdjustments,
    weeks: int,
) -> dict[str, Any]:
    """What the replay counted: windows, and alarms before, after, and in weeks held out of it."""
    replay, factors = found.replay, found.factors
    plain = score_replayed(baseline, policy, traffic, None, ({}, {}), replay.window_hours)
    one = np.ones(len(replay.windows.columns))
    return {
        "weeks": weeks,
        "windows": len(replay.windows.starts),
        "drifted_before": int(plain.drifted(one, one)[0].any(axis=1).sum()),
        "drifted_after": int(replay.drifted(*factors)[0].any(axis=1).sum()),
        "alarms_before": plain.alarms(one, one, policy),
        "alarms_after": replay.alarms(*factors, policy),
        "held_out_alarms": _held_out(replay, policy),
    }


def _held_out(replay: Replay, policy: DriftPolicy) -> int:
    """Alarms over all weeks, each with floors that the other weeks alone have set."""
    return sum(part.alarms(*fit_multipliers(rest, policy), policy) for part, rest in _folds(replay))


def _folds(replay: Replay) -> list[tuple[Replay, Replay]]:
    starts = replay.windows.starts
    first, end = (starts[0], starts[-1] + 1) if starts else (0, 0)
    return [
        (replay.part(week, week + WEEK_HOURS), replay.part(week, week + WEEK_HOURS, outside=True))
        for week in range(first, end, WEEK_HOURS)
    ]


class Trained(NamedTuple):
    """The baseline, and in a sentence what its rows' times gave."""

    baseline: Baseline
    note: str


def with_training_seasonality(
    baseline: Baseline, batches: Sequence[RecordBatch], policy: DriftPolicy, window_hours: int
) -> Trained:
    """The baseline with the hours of its training data, replayed; without, where they are too few.

    ``batches`` are what the baseline was fitted on.
    """
    seasonality = HourOfWeekProfile.from_batches(baseline, batches)
    try:
        complete = with_fitted_seasonality(baseline, seasonality, policy, window_hours)
    except InputError as error:
        return Trained(baseline, f"the hours of the week are not compared: {error}")
    return Trained(
        complete,
        f"windows are compared with the same hours of {len(seasonality.weeks)} training weeks, and"
        " floors were set by replaying these; `driftloop calibrate` shows them",
    )
