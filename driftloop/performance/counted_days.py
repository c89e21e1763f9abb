"""Days with what is known of their labels: whether they are complete, and sums for scores.

A day is mature when it is old enough for all of its labels, or when nearly all that are expected
are known. The labels of a younger day are weighted, if enough of every kind are known; else the day
takes no part in scores.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from driftloop.labels import LabelPolicy
from driftloop.outcomes import BinaryBinning, OutcomeBinning
from driftloop.outcomes.sums import BinarySums, Sums, sums_of
from driftloop.performance.confidence_intervals import ScoreInterval, sums_intervals
from driftloop.performance.daily_outcomes import DayOutcomes, LabeledPredictions, total
from driftloop.performance.label_maturity import History, LabelDelays, learn_delays
from driftloop.performance.label_weighting import (
    MassCheck,
    WeightedDay,
    add_sums,
    check_mass,
    score_groups,
    weight_day,
)
from driftloop.performance.performance_report import DayStatus
from driftloop.profile.date_parts import DAY_SECONDS, HOUR_SECONDS

MATURE_SHARE = 0.95
"""Of the labels that are expected, the share from which on a day is mature."""

HISTORY_DAYS = 56
"""Days from which the delay is learned, the last mature ones."""


class CountedDay(NamedTuple):
    """One day, with the sums of its labels, which may be weighted."""

    day: DayOutcomes
    status: DayStatus
    expected: int
    known: int
    sums: Sums | None
    squared_weights: float

    @property
    def counts(self) -> bool:
        """Whether the day takes part in scores."""
        return self.sums is not None


@dataclass(frozen=True, slots=True, eq=False)
class CountedDays:
    """All days, and what was learned of the delay of labels.

    Attributes:
        days: Oldest first.
        as_of: Epoch seconds up to which labels were collected; None if label files have no times.
        mature_until: Records before it are old enough to have all their labels; None likewise.
        delays: How labels arrive; None if unknown.
        expected_share: Share of records that is labeled in the end; None if unknown.
        mass: The check that labels come as they did; None without weighted days.
    """

    days: tuple[CountedDay, ...]
    as_of: float | None
    mature_until: float | None
    delays: LabelDelays | None
    expected_share: float | None
    mass: MassCheck | None


def count_mature_and_weighted(
    binning: OutcomeBinning,
    days: Sequence[DayOutcomes],
    policy: LabelPolicy,
    as_of: float | None,
) -> CountedDays:
    """Decide which days are complete, and weight the labels of the others.

    Args:
        binning: The split points that the days were counted on.
        days: The days.
        policy: How long labels take at most.
        as_of: Epoch seconds up to which labels were collected; None if that is unknown: then all
            labels that a day has count as all that it gets.
    """
    if as_of is None:
        plain = tuple(_plain(binning, day, DayStatus.MATURE) for day in days)
        return CountedDays(plain, None, None, None, None, None)
    mature_until = as_of - policy.max_label_age_hours * HOUR_SECONDS
    old = [day for day in days if day.number is not None and _end(day.number) <= mature_until]
    old = old[-HISTORY_DAYS:]
    expected_share = _labeled_share(old)
    delays = _learn(binning, old, policy, as_of)
    counted = [_count(binning, day, mature_until, expected_share, delays, as_of) for day in days]
    mass = check_mass([weighted for _, weighted in counted if weighted is not None])
    kept = tuple(
        _plain(binning, one.day, DayStatus.IMMATURE)
        if mass is not None and mass.has_changed and weighted is not None
        else one
        for one, weighted in counted
    )
    return CountedDays(kept, as_of, mature_until, delays, expected_share, mass)


def day_intervals(
    binning: OutcomeBinning,
    days: Sequence[CountedDay],
    *,
    design_effects: Mapping[str, float],
    confidence_level: float,
    names: Sequence[str] | None = None,
) -> dict[str, ScoreInterval]:
    """Scores over the days that count, with intervals; empty without such days."""
    own = [day for day in days if day.sums is not None and day.known]
    by_day = [day.sums for day in own if day.sums is not None]
    if not by_day:
        return {}
    sums = sums_of(binning, total([day.day for day in own]))
    effects = design_effects
    weighted = [one for one in by_day if isinstance(one, BinarySums)]
    if isinstance(sums, BinarySums) and any(day.status is DayStatus.WEIGHTED for day in own):
        added = reduce(add_sums, weighted)
        # whether a cell may have several scores is known of all rows together
        sums = replace(added, cells=replace(added.cells, spread=sums.cells.spread))
        # of weighted rows: Kish's design effect, as a multiple of the sum of the weights
        inflation = sum(day.squared_weights for day in own) / sums.rows
        effects = {name: effect * inflation for name, effect in design_effects.items()}
    return sums_intervals(
        sums, by_day, names=names, design_effects=effects, confidence_level=confidence_level
    )


def _count(
    binning: OutcomeBinning,
    day: DayOutcomes,
    mature_until: float,
    expected_share: float | None,
    delays: LabelDelays | None,
    as_of: float,
) -> tuple[CountedDay, WeightedDay | None]:
    known, expected = _known(day.rows)
    is_old = day.number is None or _end(day.number) <= mature_until
    needed = MATURE_SHARE * (1.0 if expected_share is None else expected_share) * expected
    if is_old or (known and known >= needed):
        return _plain(binning, day, DayStatus.MATURE), None
    if isinstance(binning, BinaryBinning) and delays is not None and known:
        weighted = weight_day(binning, day.rows, delays, as_of)
        if weighted.sums is not None:
            counted = CountedDay(
                day, DayStatus.WEIGHTED, expected, known, weighted.sums, weighted.squares
            )
            return counted, weighted
    return _plain(binning, day, DayStatus.IMMATURE), None


def _plain(binning: OutcomeBinning, day: DayOutcomes, status: DayStatus) -> CountedDay:
    known, expected = _known(day.rows)
    status = status if known else DayStatus.UNLABELED
    sums = sums_of(binning, day.outcomes) if status is DayStatus.MATURE else None
    return CountedDay(day, status, expected, known, sums, float(known))


def _learn(
    binning: OutcomeBinning, days: Sequence[DayOutcomes], policy: LabelPolicy, as_of: float
) -> LabelDelays | None:
    """How labels arrive; None with fewer labels than a verdict takes."""
    if not isinstance(binning, BinaryBinning) or not days:
        return None
    scored = [~np.isnan(day.rows.records.predictions) for day in days]
    rows = [day.rows.take(np.flatnonzero(own)) for day, own in zip(days, scored, strict=True)]
    times = np.concatenate([part.records.times for part in rows])
    numbers = np.floor(times / DAY_SECONDS)
    history = History(
        days=np.unique(numbers, return_inverse=True)[1].astype(np.int64),
        until_day_end=(numbers + 1) * DAY_SECONDS - times,
        labels=np.concatenate([part.labels for part in rows]),
        groups=score_groups(binning, np.concatenate([part.records.predictions for part in rows])),
        delays=np.concatenate([part.known_at for part in rows]) - times,
    )
    known = ~np.isnan(history.labels) & ~np.isnan(history.delays)
    if int(known.sum()) < policy.min_labels:
        return None
    return learn_delays(history, as_of - times, policy.max_label_age_hours * HOUR_SECONDS)


def _labeled_share(days: Sequence[DayOutcomes]) -> float | None:
    counts: NDArray[np.int64] = np.array([_known(day.rows) for day in days], dtype=np.int64)
    if not len(counts) or not counts[:, 1].sum():
        return None
    return float(counts[:, 0].sum() / counts[:, 1].sum())


def _known(rows: LabeledPredictions) -> tuple[int, int]:
    """Records with a label, and records that should have one: those with a prediction."""
    expected = int((~np.isnan(rows.records.predictions)).sum())
    return int(rows.is_known.sum()), expected


def _end(number: int) -> float:
    return float((number + 1) * DAY_SECONDS)
