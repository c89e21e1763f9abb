"""A single value is one value, not one cell that stands for several."""

import numpy as np

from driftloop.capture import RecordBatch
from driftloop.daily.checks import find_runs
from driftloop.profile.hourly.counts import count_hours
from tests.daily_traffic import HOUR, SCHEMA, START, learned


def longest_run(cities: list[str]) -> int:
    """The longest run of one city in two days with a record of each city in each hour."""
    training = learned()
    hours = np.repeat(np.arange(48), len(cities))
    temp = 10 + np.arange(len(hours)) % 7 / 10
    batch = RecordBatch.from_columns(
        SCHEMA,
        {"hour": hours % 24, "temp": temp, "low": temp - 1, "city": cities * 48},
        times=(START + hours) * HOUR,
    )
    counts = count_hours(training.layout, batch)
    position = [column.name for column in training.layout.compared].index("city")
    return int(find_runs(training.layout, counts).longest(counts).hours[0, position])


def test_several_new_categories_are_no_single_value() -> None:
    assert longest_run(["CH-1", "CH-2", "CH-3"]) == 0


def test_one_new_category_is_a_single_value() -> None:
    assert longest_run(["CH-1"]) == 48
    assert longest_run(["CH-1", "CH-1"]) == 48


def test_one_known_category_is_a_single_value() -> None:
    assert longest_run(["Bern"]) == 48
    assert longest_run(["Bern", "Chur"]) == 0
