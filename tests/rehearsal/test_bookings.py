"""The requests of the chapter on slow drift: no day is an alarm, and the days move away."""

from datetime import UTC, datetime, timedelta

from driftloop import Baseline
from driftloop.capture import RecordBatch
from driftloop.cell_dates import epoch_seconds
from driftloop.daily.day import Day, make_day
from driftloop.daily.day_decision import DayDecision, decide_on_day
from driftloop.daily.stored import training_days
from driftloop.detection import DriftPolicy
from driftloop.profile import profile_batch
from rehearsal.scenario import bookings
from rehearsal.scenario.chapters.slow_drift import DAYS

START = datetime(2026, 12, 14, tzinfo=UTC)


def test_the_demand_moves_away_from_the_training_data_and_no_day_is_an_alarm() -> None:
    baseline = Baseline.fit(
        bookings.training_bookings(START),
        target=bookings.TARGET,
        prediction="prediction",
        time_column=bookings.TIME,
        features=bookings.FEATURES,
        problem_type="binary_classification",
    )
    training = training_days(baseline)
    assert training is not None
    rows = bookings.bookings(START, DAYS, rise=bookings.RISE_PER_DAY)
    days: list[Day] = []
    decisions: list[DayDecision] = []
    for number in range(DAYS):
        own = rows.iloc[number * bookings.RECORDS_PER_DAY : (number + 1) * bookings.RECORDS_PER_DAY]
        batch = RecordBatch.from_columns(
            baseline.schema,
            {name: own[name].to_list() for name in bookings.FEATURES},
            prediction=own["prediction"].to_list(),
            times=epoch_seconds(own[bookings.TIME].to_list())[0],
        )
        end = START + timedelta(days=number + 1)
        hours = profile_batch(baseline, batch).hours
        day = make_day(training.layout, hours, int(end.timestamp()) // 3600)
        decisions.append(decide_on_day(training, days, [one.record for one in decisions], day))
        days.append(day)
    assert [one.record.alarms for one in decisions] == [{}] * DAYS
    found = decisions[-1].drift_from_training
    least = DriftPolicy().min_drift_from_training
    assert found is not None
    assert least is not None
    far = [name for name, one in found.columns.items() if one.persistent_effect_size >= least]
    assert far == ["demand"]


def test_a_request_is_captured_with_its_records_and_their_predictions() -> None:
    rows = bookings.bookings(START, 1)
    requests = [*bookings.captured_requests(rows)]
    assert len(requests) == bookings.RECORDS_PER_DAY / bookings.RECORDS_PER_REQUEST
    assert requests[0][0] == START + bookings.FIRST_REQUEST
    data = requests[0][1]["captureData"]
    first = rows.iloc[0]
    cells = f"{first['demand']},{first['nights']},{first['country']}"
    assert data["endpointInput"]["data"].splitlines()[0] == cells
    lines = data["endpointOutput"]["data"].splitlines()
    assert len(lines) == bookings.RECORDS_PER_REQUEST
    assert float(lines[0]) == first["prediction"]
