"""Counted hours as the rule judges them: live against training weeks, or these week by week."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from driftloop.backtest.design_effect import Effects
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
    """Counted hours in the two forms that the rule judges: windows, and the days they make up."""

    windows: Blocks
    days: Blocks | None


def training_traffic(seasonality: HourOfWeekProfile, window_hours: int) -> HourlyTraffic:
    """The whole weeks of a rhythm; raises InputError where they are too few."""
    weeks = len(seasonality.weeks)
    if weeks < MIN_WEEKS:
        raise InputError(
            f"{weeks} whole weeks of records with times{_until(seasonality)}, and {MIN_WEEKS} are"
            " needed to replay one against the others"
        )
    if window_hours % seasonality.step:
        raise InputError(
            f"counts of {seasonality.step} hours each can't be made into windows of {window_hours}:"
            " set monitoring.window_hours to what they were counted in, or count again"
        )
    hours, span = load_hours(seasonality)
    days = complete_windows(hours, span, DAY_HOURS) if window_hours < DAY_HOURS else None
    return HourlyTraffic(complete_windows(hours, span, window_hours), days)


def score_replayed(
    baseline: Baseline,
    policy: DriftPolicy,
    live: HourlyTraffic,
    training: HourlyTraffic | None,
    effects: tuple[Effects, Effects],
    window_hours: int,
) -> Replay:
    """Live traffic scored against the same hours of the training weeks, or, without ``training``,
    against all of the training data; ``effects`` are those of windows and of days."""
    reference = None if training is None else training.windows
    windows = WindowScorer(baseline, policy, reference).score(live.windows, lambda _: effects[0])
    if live.days is None:
        return Replay(window_hours, windows, None)
    reference = None if training is None else training.days
    days = WindowScorer(baseline, policy, reference).score(live.days, lambda _: effects[1])
    return Replay(window_hours, windows, days)


def replay_training(
    baseline: Baseline, policy: DriftPolicy, traffic: HourlyTraffic, window_hours: int
) -> tuple[Replay, tuple[Effects, Effects]]:
    """Each week scored against the others, with the design effects that these have; and the design
    effects of all."""
    windows, effects = _score_training(baseline, policy, traffic.windows)
    if traffic.days is None:
        return Replay(window_hours, windows, None), (effects, effects)
    days, day_effects = _score_training(baseline, policy, traffic.days)
    return Replay(window_hours, windows, days), (effects, day_effects)


def _score_training(
    baseline: Baseline, policy: DriftPolicy, blocks: Blocks
) -> tuple[ScoredWindows, Effects]:
    scorer = WindowScorer(baseline, policy, blocks)
    excesses = scorer.excesses(blocks)
    first = min(blocks, default=0)

    @cache
    def of_others(week: int) -> Effects:
        start = first + week * WEEK_HOURS
        return excesses.effects(but=range(start, start + WEEK_HOURS))

    scored = scorer.score(blocks, lambda start: of_others((start - first) // WEEK_HOURS))
    return scored, excesses.effects()


def _until(seasonality: HourOfWeekProfile) -> str:
    """When the last of them are, since one wrong time can put all others out of reach."""
    if not seasonality.hours:
        return ""
    last = datetime.fromtimestamp(max(seasonality.hours) * HOUR_SECONDS, UTC)
    return f" up to {format_time(last)}"
