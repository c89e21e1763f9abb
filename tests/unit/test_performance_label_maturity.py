"""How labels arrive, and estimates from those that are known."""

import numpy as np
import pytest

from driftloop.labels import LabelPolicy
from driftloop.labels.join import RecordIds
from driftloop.labels.pending import PendingRecords
from driftloop.outcomes import fit_binary_binning
from driftloop.performance.counted_days import CountedDays, count_mature_and_weighted, day_intervals
from driftloop.performance.daily_outcomes import LabeledPredictions, count_days
from driftloop.performance.label_maturity import product_limit
from driftloop.performance.label_values import LabelValues
from driftloop.performance.performance_report import DayStatus
from driftloop.schema import ProblemType

HOUR, DAY = 3600.0, 86_400.0
DAYS, DAILY = 40, 600
AS_OF = DAYS * DAY


def test_without_truncation_the_curve_is_the_empirical_distribution() -> None:
    delays = np.array([5.0, 1.0, 3.0, 3.0])
    curve = product_limit(delays, np.full(4, 10.0))
    assert curve.share(np.array([0.5, 1.0, 2.9, 3.0, 5.0])).tolist() == [0, 0.25, 0.25, 0.75, 1]
    assert curve.quantile(0.5) == 3.0


def test_truncated_delays_give_the_estimate_of_lagakos() -> None:
    """By the definition: delays 1, 2, 4 of records that are 2, 3 and 5 old.

    G(2) = 1 - 1/1 over those at least 4 old (one, delay 4) = 0 would ignore the younger ones; the
    reverse-time hazard at 4 is 1 of the 1 record that could show it, so G(2) is 0.
    """
    curve = product_limit(np.array([1.0, 2.0, 4.0]), np.array([2.0, 3.0, 5.0]))
    assert curve.share(np.array([3.9, 4.0])).tolist() == [0.0, 1.0]
    # delays 1, 1, 2 of records 1, 3 and 3 old: of two records at least 2 old one came at 2
    curve = product_limit(np.array([1.0, 1.0, 2.0]), np.array([1.0, 3.0, 3.0]))
    assert curve.share(np.array([1.0, 2.0])).tolist() == [0.5, 1.0]


def _rows(seed: int, current_negative_hours: float) -> tuple[LabeledPredictions, np.ndarray]:
    """Positives are known after 12 hours on average, negatives after 48, capped at a week."""
    draw = np.random.default_rng(seed)
    count = DAYS * DAILY
    times = np.sort(draw.uniform(0, AS_OF, count))
    scores = draw.beta(1.2, 2, count)
    truth = (draw.random(count) < scores).astype(float)
    negative_hours = np.where(times < AS_OF - 8 * DAY, 48.0, current_negative_hours)
    delays = draw.exponential(np.where(truth == 1, 12.0, negative_hours))
    known_at = times + np.minimum(delays, 168) * HOUR
    known = known_at <= AS_OF
    records = PendingRecords(
        RecordIds(np.arange(count, dtype=np.uint64), None, np.zeros(count, dtype=np.int32)),
        times,
        scores,
    )
    labels = LabelValues(np.where(known, truth, np.nan), ("0", "1"))
    rows = LabeledPredictions.of(
        ProblemType.BINARY_CLASSIFICATION, records, labels, np.where(known, known_at, np.nan)
    )
    return rows, truth


def _count(rows: LabeledPredictions) -> CountedDays:
    binning = fit_binary_binning(rows.records.predictions)
    return count_mature_and_weighted(binning, count_days(binning, rows), LabelPolicy(), AS_OF)


def test_weighted_labels_have_no_bias_where_known_ones_have_much() -> None:
    naive, weighted = [], []
    for seed in range(6):
        rows, truth = _rows(seed, 48.0)
        counted = _count(rows)
        days = [day for day in counted.days if day.status is DayStatus.WEIGHTED]
        assert len(days) >= 2
        scores = rows.records.predictions
        chosen = np.isin(rows.days, [day.day.number for day in days if day.day.number is not None])
        brier = (scores - truth) ** 2
        true = brier[chosen].mean()
        naive.append(brier[chosen & rows.is_known].mean() - true)
        binning = fit_binary_binning(scores)
        found = day_intervals(binning, days, design_effects={}, confidence_level=0.95)["brier"]
        assert found.value is not None
        weighted.append(found.value - true)
    assert abs(np.mean(naive)) > 0.005
    assert abs(np.mean(weighted)) < 0.003


def test_a_changed_delay_is_found_and_an_unchanged_one_is_not() -> None:
    changed = [_count(_rows(seed, 72.0)[0]).mass for seed in range(6)]
    unchanged = [_count(_rows(seed, 48.0)[0]).mass for seed in range(6)]
    assert all(one is not None and one.has_changed for one in changed)
    assert not any(one is not None and one.has_changed for one in unchanged)


def test_the_days_of_a_changed_delay_take_no_part() -> None:
    counted = _count(_rows(0, 72.0)[0])
    assert {day.status for day in counted.days[-8:]} <= {DayStatus.IMMATURE, DayStatus.MATURE}
    assert not any(day.counts for day in counted.days[-5:])


def test_without_times_of_labels_every_label_counts() -> None:
    rows, _ = _rows(0, 48.0)
    binning = fit_binary_binning(rows.records.predictions)
    counted = count_mature_and_weighted(binning, count_days(binning, rows), LabelPolicy(), None)
    assert {day.status for day in counted.days} == {DayStatus.MATURE}
    assert counted.expected_share is None


def test_with_no_day_that_is_old_enough_nothing_is_weighted() -> None:
    rows, _ = _rows(0, 48.0)
    young = rows.take(np.flatnonzero(rows.records.times >= AS_OF - 6 * DAY))
    counted = _count(young)
    assert counted.delays is None
    assert DayStatus.WEIGHTED not in {day.status for day in counted.days}
    assert counted.days[-1].status is DayStatus.IMMATURE


@pytest.mark.parametrize("seed", range(3))
def test_the_sums_of_weighted_days_expect_as_many_labels_as_there_are_records(seed: int) -> None:
    counted = _count(_rows(seed, 48.0)[0])
    days = [day for day in counted.days if day.status is DayStatus.WEIGHTED]
    rows = sum(day.sums.rows for day in days if day.sums is not None)
    assert rows == pytest.approx(sum(day.expected for day in days), rel=0.05)
