"""The figures of the comparison with other libraries, on decisions whose figures are known."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.comparison.faults import bikeshare_faults, flights_faults
from benchmarks.comparison.figures import Decisions, shares

DAYS = {f"2026-03-{day:02}": list[str]() for day in range(1, 31)}


def test_an_alarm_begins_after_seven_days_without() -> None:
    flagged = {"2026-03-02": ["a"], "2026-03-09": ["b"], "2026-03-17": ["a", "b"]}
    decisions = Decisions(DAYS | flagged, [])
    # the 9th is seven days after the 2nd, with six quiet ones between; the 17th has seven
    assert decisions.alarms_per_month() == 2
    assert decisions.flagged_share() == pytest.approx(3 / 30)
    assert decisions.flagged_share(2) == pytest.approx(1 / 30)


def test_a_fault_is_found_where_a_column_that_it_changes_is_named() -> None:
    planted = {"1": ["b"], "2": ["a"], "3": ["a"]}
    decisions = Decisions(DAYS, [("x", "2026-03-10", planted), ("x", "2026-03-20", {"1": ["b"]})])
    assert decisions.found({"x": ["a"], "y": ["c"]}) == {"x": [2, None], "y": []}


def test_a_column_that_is_usually_named_finds_nothing() -> None:
    planted = [("x", "2026-03-10", {"1": ["a"]})]
    once = Decisions(DAYS | {"2026-03-05": ["a"]}, planted)
    twice = Decisions(DAYS | {"2026-03-05": ["a"], "2026-03-09": ["a"]}, planted)
    earlier = Decisions(DAYS | {"2026-03-02": ["a"], "2026-03-09": ["a"]}, planted)
    found = [one.found({"x": ["a"]})["x"] for one in (once, twice, earlier)]
    assert found == [[1], [None], [1]]


def test_shares_are_of_the_first_days() -> None:
    assert shares([1, 2, 7, None]) == (0.25, 0.5, 0.75)
    assert shares([]) == (0, 0, 0)


@pytest.mark.parametrize("make", [bikeshare_faults, flights_faults])
def test_a_fault_changes_the_columns_that_it_names(make) -> None:
    rng = np.random.default_rng(0)
    rows = 400
    numbers = ["hr", "hum", "temp", "atemp", "windspeed", "hour", "humid", "dewp", "dep_delay"]
    numbers += ["distance"]
    table = pd.DataFrame({name: rng.integers(1, 24, rows).astype(float) for name in numbers})
    table["weathersit"] = rng.choice(["clear", "rain"], rows)
    table["carrier"] = rng.choice(["UA", "B6"], rows)
    table["dest"] = rng.choice(["BOS", "LAX"], rows)
    table["time"] = pd.Timestamp("2026-03-01", tz="UTC")
    for fault in make(table):
        changed = fault.change(table, np.random.default_rng(1))
        differ = {name for name in table if not changed[name].equals(table[name])}
        assert differ == {*(fault.columns or table.columns.drop("time"))}, fault.name
        assert len(changed) == rows
