"""Statistics of a day; expected values from scipy, or from the formula itself."""

import numpy as np
import pytest
from scipy import stats

from driftloop.daily.column_day import ColumnDay, angle
from driftloop.daily.history import DayRecord, accepted_ends
from driftloop.daily.limits import make_limit
from driftloop.daily.statistics import BY_NAME
from driftloop.daily.statistics.association import rake, table_distance
from driftloop.daily.statistics.largest_increase import largest_increase
from driftloop.daily.statistics.level import level
from driftloop.daily.statistics.missing import missing
from driftloop.daily.statistics.shares import shares
from driftloop.daily.statistics.variety import variety


def by_hour(counts: dict[int, list[int]], cells: int) -> np.ndarray:
    table = np.zeros((24, cells), dtype=np.int64)
    for hour, found in counts.items():
        table[hour] = found
    return table


def test_the_level_of_the_reference_itself_is_zero_and_of_its_largest_value_is_its_score() -> None:
    reference = by_hour({3: [25, 25, 25, 25]}, 4)
    assert level(ColumnDay(True, reference, reference)) == pytest.approx(0.0)
    top = ColumnDay(True, reference, by_hour({3: [0, 0, 0, 7]}, 4))
    assert level(top) == pytest.approx(stats.norm.ppf(0.875))


def test_an_hour_with_few_reference_values_is_compared_with_all_hours() -> None:
    reference = by_hour({3: [0, 49], 4: [151, 0]}, 2)
    day = ColumnDay(True, reference, by_hour({3: [0, 10]}, 2))
    assert level(day) == pytest.approx(stats.norm.ppf((151 + 49 / 2) / 200))


def test_the_distance_of_shares_is_that_of_hellinger_less_its_bias() -> None:
    day = ColumnDay(False, by_hour({0: [50, 50]}, 2), by_hour({0: [90, 10]}, 2))
    hellinger = (np.sqrt(0.9) - np.sqrt(0.5)) ** 2 + (np.sqrt(0.1) - np.sqrt(0.5)) ** 2
    assert shares(day) == pytest.approx(2 * np.sqrt(hellinger - 1 / 400))


def test_the_reference_is_weighted_by_the_hours_of_the_day() -> None:
    reference = by_hour({0: [900, 100], 1: [100, 900]}, 2)
    day = ColumnDay(False, reference, by_hour({0: [27, 3], 1: [1, 9]}, 2))
    assert day.expected == pytest.approx([0.7, 0.3])
    assert largest_increase(day) == pytest.approx(0.0)


def test_values_that_all_records_of_an_hour_share_have_no_variety() -> None:
    reference = by_hour({0: [100, 100]}, 2)
    assert variety(ColumnDay(True, reference, by_hour({0: [5, 0], 1: [0, 5]}, 2))) == 0
    mixed = ColumnDay(True, reference, by_hour({0: [6, 4], 1: [4, 6]}, 2))
    assert variety(mixed) == pytest.approx(2 * np.arcsin(np.sqrt(1 - 42 / 90)))


def test_variety_is_undefined_where_no_hour_has_two_values() -> None:
    reference = by_hour({0: [100, 100]}, 2)
    assert variety(ColumnDay(True, reference, by_hour({0: [1, 0], 1: [0, 1]}, 2))) is None


def test_a_tenth_of_the_records_of_a_day_has_the_same_mean_variety() -> None:
    rng = np.random.default_rng(0)
    reference = by_hour(dict.fromkeys(range(24), [10] * 20), 20)

    def sampled(records: int) -> float:
        counts = rng.multinomial(records, [1 / 20] * 20, size=24)
        return variety(ColumnDay(True, reference, counts)) or 0.0

    few, many = (np.mean([sampled(n) for _ in range(300)]) for n in (4, 40))
    assert few == pytest.approx(many, abs=0.02)
    assert many == pytest.approx(angle(0.95), abs=0.02)


def test_missing_values_are_cohens_h_with_its_sign() -> None:
    reference, current = by_hour({0: [95]}, 1), by_hour({0: [80]}, 1)
    day = ColumnDay(
        True,
        reference,
        current,
        reference_missing=by_hour({0: [5]}, 1)[:, 0],
        current_missing_by_hour=by_hour({0: [20]}, 1)[:, 0],
    )
    assert missing(day) == pytest.approx(0.927295 - 0.451027, abs=1e-6)


def test_the_usual_share_of_missing_values_is_that_of_the_days_hours() -> None:
    day = ColumnDay(
        True,
        by_hour({0: [200], 1: [200], 2: [20]}, 1),
        by_hour({0: [30], 1: [0], 2: [0]}, 1),
        reference_missing=by_hour({3: [200]}, 1)[:, 0],
        current_missing_by_hour=by_hour({3: [10]}, 1)[:, 0],
    )
    assert day.usual_missing_share == pytest.approx(10 / 40)
    assert missing(day) == pytest.approx(0.0)


def test_raking_keeps_odds_ratios_and_takes_the_margins() -> None:
    reference, target = np.array([[40.0, 10.0], [20.0, 30.0]]), np.array([[5.0, 15.0], [50, 30]])
    raked = rake(reference, target)
    assert raked.sum(axis=0) == pytest.approx(target.sum(axis=0), rel=1e-6)
    assert raked.sum(axis=1) == pytest.approx(target.sum(axis=1), rel=1e-6)
    odds = raked[0, 0] * raked[1, 1] / raked[0, 1] / raked[1, 0]
    assert odds == pytest.approx(40 * 30 / 10 / 20, rel=1e-6)


def test_only_a_change_of_association_moves_the_distance_of_tables() -> None:
    reference = np.array([[400, 100], [100, 400]])
    assert table_distance(reference, np.array([[160, 10], [40, 40]])) == pytest.approx(0, abs=0.05)
    assert (table_distance(reference, np.array([[50, 50], [50, 50]])) or 0) > 0.2


def test_the_limit_is_the_predictive_limit_of_one_more_draw() -> None:
    history = np.random.default_rng(0).normal(0, 1, 40)
    limit = make_limit(BY_NAME["level"], history.tolist(), 1, 1e-12, 0.0)
    t = stats.t.isf(5e-13, 39)
    assert limit.limit == pytest.approx(t * history.std(ddof=1) * np.sqrt(1 + 1 / 40))


def test_the_largest_change_so_far_is_usual_and_more_so_in_a_short_history() -> None:
    history = [0.0] * 27 + [3.0]
    limit = make_limit(BY_NAME["level"], history, 1, 0.4, 0.0)
    assert limit.limit == pytest.approx(np.sqrt(56 / 28) * 2.0 * 3.0)


def test_drift_is_accepted_after_seven_days_in_alarm_and_broken_data_never() -> None:
    days = [
        DayRecord(end=24 * n, records=100, alarms={"a": ("level",), "b": ("missing",)})
        for n in range(1, 9)
    ]
    assert accepted_ends(days[:6], "a") == set()
    assert accepted_ends(days[:7], "a") == {24 * n for n in range(1, 8)}
    assert accepted_ends(days, "a") == {24 * n for n in range(1, 9)}
    assert accepted_ends(days, "b") == set()
    assert accepted_ends(days, "c") == {24 * n for n in range(1, 9)}


def test_a_day_with_few_records_is_not_accepted() -> None:
    assert accepted_ends([DayRecord(end=24, records=9)], "a") == set()


def test_the_angle_of_a_half_is_a_right_angle() -> None:
    assert angle(0.5) == pytest.approx(np.pi / 2)
