"""The calibration of a model that the daily rule decides: its training days, replayed."""

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np

from driftloop.calibration.power import POWER
from driftloop.calibration.result import AlarmRate, Calibration, DailyReplay, WindowShare
from driftloop.daily.day import DAY_HOURS
from driftloop.daily.day_decision import MONTH_DAYS
from driftloop.daily.history import is_broken_data
from driftloop.daily.reference import TrainingDays
from driftloop.daily.replay import ReplayedDay, count_replayed_days, replay_training_days
from driftloop.detection import DriftPolicy
from driftloop.detection.exclusions import excluded_features
from driftloop.detection.sensitivity import daily_sensitivity
from driftloop.profile import Baseline
from driftloop.seasonality.hourly_counts import PREDICTION

MIN_REPLAYED_DAYS = 7
"""Days without which nothing is said of false alarms."""

STEP_DAYS = 7
"""Days of the replay after which progress is reported."""

MAX_RECORDS_RATIO = 3.0
"""Records of a training day over those expected of a day, from which a note is given."""

NOTE = (
    "Replayed: the days of the training data, each held against the days before it as a live day"
    " is. Order and constants are not replayed: their usual range is that of all training days."
)


def calibrate_days(
    baseline: Baseline,
    training: TrainingDays,
    policy: DriftPolicy,
    *,
    rate: int,
    window_hours: int,
    model: str,
    on_progress: Callable[[str], None],
) -> Calibration:
    """Replay the training days of a baseline, and find the smallest changes of each column.

    Args:
        baseline: The baseline.
        training: Its training days.
        policy: Has the excluded features and the required sensitivity.
        rate: Records expected in a window.
        window_hours: Length of a window.
        model: The model's name.
        on_progress: Called with what was just done.
    """

    def on_day(done: int, total: int) -> None:
        if done % STEP_DAYS == 0 or done == total:
            on_progress(f"{done} of {total} training days replayed")

    looks = DAY_HOURS // window_hours
    excluded = excluded_features(baseline, policy)
    days = replay_training_days(training, excluded, looks_per_day=looks, on_day=on_day)
    sensitivity = daily_sensitivity(baseline, policy, window_hours)
    on_progress("smallest changes of each column")
    is_enough = len(days) >= MIN_REPLAYED_DAYS
    return Calibration(
        model=model,
        policy=policy,
        reference_records=baseline.reference_records,
        records_per_window=rate,
        simulated_months=0,
        simulated_windows=0,
        alarms_per_month=AlarmRate.from_count(changes_into_alarm(days), len(days) / MONTH_DAYS)
        if is_enough
        else None,
        power=POWER,
        minimum_detectable_changes=(),
        replay=_replay(days) if is_enough else None,
        sensitivity=sensitivity,
        time_zone=training.layout.zone,
        clock_features={name: str(code) for name, code in training.layout.stored.clocks.items()},
        notes=tuple(_notes(training, days, rate * looks, looks)),
    )


def count_day_steps(training: TrainingDays) -> int:
    """How often :func:`calibrate_days` calls ``on_progress``."""
    return -(-count_replayed_days(training) // STEP_DAYS) + 1


def changes_into_alarm(days: list[ReplayedDay]) -> int:
    """Days in alarm after a day that was not."""
    in_alarm = [bool(day.alarms) for day in days]
    return sum(now and not before for before, now in pairwise([False, *in_alarm]))


def _replay(days: list[ReplayedDay]) -> DailyReplay:
    named = Counter(name for day in days for name in {alarm.column for alarm in day.alarms})
    return DailyReplay(
        days=len(days),
        alarm_days=WindowShare.from_count(sum(bool(day.alarms) for day in days), len(days)),
        columns=dict(sorted(named.items(), key=lambda item: (-item[1], item[0]))),
    )


def _notes(
    training: TrainingDays, days: list[ReplayedDay], rate: float, looks: int
) -> Iterator[str]:
    if len(days) < MIN_REPLAYED_DAYS:
        missing = MIN_REPLAYED_DAYS - len(days)
        yield (
            f"The training data has too few days to replay: {missing} more are needed to say"
            " anything of false alarms."
        )
    else:
        yield NOTE
        if looks > 1:
            yield (
                f"Live, the last 24 hours are looked at {looks} times a day, with each window; the"
                " replay looks at each day once, with the limits of a live look."
            )
    records = float(np.median([record.records for record in training.records]))
    if rate < records / MAX_RECORDS_RATIO:
        yield (
            f"A training day has {records:,.0f} records, and {rate:,.0f} are expected: days of less"
            " traffic vary more, so that only larger changes are found."
        )
    if any(is_broken_data(alarm.name) for day in days for alarm in day.alarms):
        broken = sorted({a.column for day in days for a in day.alarms if is_broken_data(a.name)})
        names = ", ".join("the prediction" if name == PREDICTION else name for name in broken)
        yield (
            f"Some training days have alarms of broken data ({names}): look at these days before"
            " they are the reference."
        )
