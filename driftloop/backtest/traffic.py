"""Stored hours as windows and days, scored against the training weeks or week by week."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from driftloop.backtest.design_effect import DesignEffects
from driftloop.backtest.replay import Replay
from driftloop.backtest.scored_windows import ScoredWindows, WindowScorer
from driftloop.detection import DriftPolicy
from driftloop.errors import InputError
from driftloop.profile import Baseline
from driftloop.seasonality.adjustments import DAY_HOURS
from driftloop.seasonality.hour_of_week import MIN_WEEKS, WEEK_HOURS, HourOfWeekProfile
from driftloop.seasonality.hourly_counts import HOUR_SECONDS
from driftloop.seasonality.windows import Blocks, complete_windows, load_hours
from driftloop.window import format_time


@dataclass(frozen=True, slots=True, eq=False)
class HourlyTraffic:
    """Stored hours in the two forms that the rule analyzes: windows, and the days they make up.

    ``days`` is None where a window is a day or longer.
    """

    windows: Blocks
    days: Blocks | None


def training_traffic(seasonality: HourOfWeekProfile, window_hours: int) -> HourlyTraffic:
    """The whole weeks of an hour-of-week profile, in windows and days.

    Raises:
        InputError: There are too few weeks, or they were counted in longer windows.
    """
    weeks = len(seasonality.weeks)
    if weeks < MIN_WEEKS:
        raise InputError(
            f"{weeks} whole weeks of records with times{_until(seasonality)}, and {MIN_WEEKS} are"
            " needed to replay one against the others"
        )
    if window_hours % seasonality.step:
        raise InputError(
            f"counts of {seasonality.step} hours each can't be split into windows of"
            f" {window_hours}: set monitoring.window_hours to {seasonality.step}, or count the"
            " hours again"
        )
    hours, span = load_hours(seasonality)
    days = complete_windows(hours, span, DAY_HOURS) if window_hours < DAY_HOURS else None
    return HourlyTraffic(complete_windows(hours, span, window_hours), days)


def score_replayed(
    baseline: Baseline,
    policy: DriftPolicy,
    live: HourlyTraffic,
    training: HourlyTraffic | None,
    design_effects: tuple[DesignEffects, DesignEffects],
    window_hours: int,
) -> Replay:
    """Score live traffic.

    Args:
        baseline: Has all of the training data.
        policy: Has the settings of the rule.
        live: The traffic to score.
        training: Has the reference, the same hours of the training weeks; None to compare with all
            of the training data.
        design_effects: Of windows and of days.
        window_hours: Length of a window.
    """
    reference = None if training is None else training.windows
    windows = WindowScorer(baseline, policy, reference).score(
        live.windows, lambda _: design_effects[0]
    )
    if live.days is None:
        return Replay(window_hours, windows, None)
    reference = None if training is None else training.days
    days = WindowScorer(baseline, policy, reference).score(live.days, lambda _: design_effects[1])
    return Replay(window_hours, windows, days)


def replay_training(
    baseline: Baseline, policy: DriftPolicy, traffic: HourlyTraffic, window_hours: int
) -> tuple[Replay, tuple[DesignEffects, DesignEffects]]:
    """Score each week against the others, with the design effects of the others.

    Returns:
        The scores, and the design effects of all weeks, for windows and for days.
    """
    windows, design_effects = _score_training(baseline, policy, traffic.windows)
    if traffic.days is None:
        return Replay(window_hours, windows, None), (design_effects, design_effects)
    days, day_effects = _score_training(baseline, policy, traffic.days)
    return Replay(window_hours, windows, days), (design_effects, day_effects)


def _score_training(
    baseline: Baseline, policy: DriftPolicy, blocks: Blocks
) -> tuple[ScoredWindows, DesignEffects]:
    scorer = WindowScorer(baseline, policy, blocks)
    dispersion = scorer.dispersion(blocks)
    first = min(blocks, default=0)

    @cache
    def effects_without_week(week: int) -> DesignEffects:
        start = first + week * WEEK_HOURS
        return dispersion.design_effects(exclude=range(start, start + WEEK_HOURS))

    scored = scorer.score(blocks, lambda start: effects_without_week((start - first) // WEEK_HOURS))
    return scored, dispersion.design_effects()


def _until(seasonality: HourOfWeekProfile) -> str:
    """When the last hour is: one wrong time can put all others outside of the latest weeks."""
    if not seasonality.hours:
        return ""
    last = datetime.fromtimestamp(max(seasonality.hours) * HOUR_SECONDS, UTC)
    return f" up to {format_time(last)}"
