"""One wrong time among the training rows neither ends the daily rule nor the program."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from driftloop.backtest.training_baseline import fit_training_baseline
from driftloop.capture import RecordBatch
from driftloop.daily.stored import training_days
from driftloop.daily.training import MAX_TRAINING_DAYS, learn_days
from driftloop.detection import DriftPolicy
from driftloop.errors import InputError
from driftloop.profile import Baseline
from driftloop.schema import Feature, Kind, ProblemType, Schema
from tests.daily_traffic import fitted, traffic

SCHEMA = Schema((Feature("x", Kind.NUMERIC),), "label", ProblemType.REGRESSION)


def with_time(batch: RecordBatch, row: int, time: datetime) -> RecordBatch:
    times = batch.times.copy()
    times[row] = time.timestamp()
    return replace(batch, times=times)


def fit(batch: RecordBatch) -> tuple[Baseline, str]:
    baseline, note = fit_training_baseline([batch], DriftPolicy(), 24)
    return baseline, note


@pytest.mark.parametrize("year", [1, 1900, 2062, 9999])
def test_a_row_of_another_century_takes_no_day_from_the_daily_rule(year: int) -> None:
    baseline, note = fit(with_time(traffic(0, 42), 100, datetime(year, 1, 5, 10, tzinfo=UTC)))
    training = training_days(baseline)
    assert training is not None
    assert len(training.records) == 42
    assert len(training.months) == 2  # January and February
    assert f"count as rows without a time: 1 (the first: {year:04}-01-05T10:00:00Z)" in note


def test_without_enough_days_the_note_says_why_there_is_no_daily_rule() -> None:
    baseline, note = fit(traffic(0, 10))
    assert training_days(baseline) is None
    expected = (
        "days are not compared with the days before them: the training data has 10 days with"
        " records over 10 days, and 28 are needed over at least 27"
    )
    assert note.startswith(expected)


def test_days_without_records_take_no_place_among_the_training_days() -> None:
    layout, shift = fitted().layout, (MAX_TRAINING_DAYS + 10) * 86_400
    assert layout is not None
    first, last = traffic(0, 27), traffic(27, 2)
    training = learn_days(layout, [first, replace(last, times=last.times + shift)])
    assert training is not None
    assert len(training.records) == 29


# https://docs.python.org/3/library/datetime.html: a date's year is from MINYEAR 1 to MAXYEAR 9999
@pytest.mark.parametrize(
    "time",
    ["9999-12-31T23:30:00Z", "0001-01-01T00:00:00Z", np.datetime64("20000-01-01")],
)
def test_a_time_without_a_date_in_every_zone_is_an_error_that_names_the_row(time: object) -> None:
    times = np.array([time, time]) if isinstance(time, np.datetime64) else [1e9, time]
    with pytest.raises(InputError, match=r"row \d: .*9999-12-30\. Leave the cell empty"):
        RecordBatch.from_columns(SCHEMA, {"x": [1.0, 2.0]}, times=times)
