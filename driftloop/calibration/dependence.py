"""What dependent traffic needs, found by replaying the training weeks, each hour against the same
hours of the other weeks."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from driftloop.calibration.excess import Effects
from driftloop.calibration.replay import Replay, find_factors
from driftloop.calibration.scored import Floats
from driftloop.calibration.traffic import Traffic, replay_training, replayed, training_traffic
from driftloop.errors import InputError
from driftloop.judge import Policy
from driftloop.judge.rhythm_notes import settings
from driftloop.profile import Baseline
from driftloop.profile.allowances import Allowance, Allowances
from driftloop.profile.rhythm import WEEK_HOURS, Rhythm, with_rhythm

FEWEST_WINDOWS = 20
"""Judged windows without which a replay says nothing: fewer than four weeks of days."""


def calibrated(baseline: Baseline, rhythm: Rhythm, policy: Policy, window_hours: int) -> Baseline:
    """The baseline with the rhythm, and what the replay of its weeks found it to need.

    Raises InputError where the rhythm has fewer than ``FEWEST_WEEKS`` whole weeks, was counted on
    another baseline, or in windows longer than ``window_hours``.
    """
    return with_rhythm(
        baseline, rhythm.with_allowances(find_allowances(baseline, rhythm, policy, window_hours))
    )


def find_allowances(
    baseline: Baseline, rhythm: Rhythm, policy: Policy, window_hours: int
) -> Allowances:
    """Design effects and floors of each column, for windows and for days.

    Each week is replayed against the others, with the design effects that the others have: those
    of its own would fit it too well.
    """
    traffic = training_traffic(rhythm, window_hours)
    found = grant(baseline, policy, traffic, window_hours)
    judged, every = len(found.replay.windows.starts), len(traffic.windows)
    if judged < FEWEST_WINDOWS:
        raise InputError(
            f"{judged} of {every} windows of {window_hours} hours hold the"
            f" {policy.minimum_records} records that a verdict needs, and {FEWEST_WINDOWS} are"
            " needed to replay them; make monitoring.window_hours longer, or take rows of all of"
            " the traffic"
        )
    return Allowances(
        window_hours=window_hours,
        window=found.window,
        day=found.day,
        policy=settings(policy),
        replay=_told(baseline, policy, traffic, found, len(rhythm.weeks)),
    )


class Granted(NamedTuple):
    """Allowances by column, and the replay of the training weeks that they come from."""

    replay: Replay
    window: Mapping[str, Allowance]
    day: Mapping[str, Allowance]

    @property
    def factors(self) -> tuple[Floats, Floats]:
        """Of the floors, for windows and for days, float64[columns]."""
        names = self.replay.windows.columns
        by_window, by_day = (
            np.array([granted[name].floor_factor for name in names])
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


def grant(baseline: Baseline, policy: Policy, traffic: Traffic, window_hours: int) -> Granted:
    """Design effects, and floors set by replaying each week of the traffic against the others."""
    replay, effects = replay_training(baseline, policy, traffic, window_hours)
    factors = find_factors(replay, policy)
    names = replay.windows.columns
    by_window, by_day = (
        {n: Allowance(e[n], float(f)) for n, f in zip(names, factor, strict=True)}
        for e, factor in zip(effects, factors, strict=True)
    )
    return Granted(replay, by_window, by_day)


def _told(
    baseline: Baseline, policy: Policy, traffic: Traffic, found: Granted, weeks: int
) -> dict[str, Any]:
    """What the replay counted: windows, and alarms before, after, and in weeks held out of it."""
    replay, factors = found.replay, found.factors
    plain = replayed(baseline, policy, traffic, None, ({}, {}), replay.window_hours)
    one = np.ones(len(replay.windows.columns))
    return {
        "weeks": weeks,
        "windows": len(replay.windows.starts),
        "drifted_before": int(plain.drifted(one, one)[0].any(axis=1).sum()),
        "drifted_after": int(replay.drifted(*factors)[0].any(axis=1).sum()),
        "alarms_before": plain.alarms(one, one, policy),
        "alarms_after": replay.alarms(*factors, policy),
        "alarms_held_out": _held_out(replay, policy),
    }


def _held_out(replay: Replay, policy: Policy) -> int:
    """Alarms over all weeks, each with floors that the other weeks alone have set."""
    return sum(part.alarms(*find_factors(rest, policy), policy) for part, rest in _folds(replay))


def _folds(replay: Replay) -> list[tuple[Replay, Replay]]:
    starts = replay.windows.starts
    first, end = (starts[0], starts[-1] + 1) if starts else (0, 0)
    return [
        (replay.part(week, week + WEEK_HOURS), replay.part(week, week + WEEK_HOURS, outside=True))
        for week in range(first, end, WEEK_HOURS)
    ]
