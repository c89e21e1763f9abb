import math
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

from driftloop.capture import RecordBatch
from driftloop.cell_dates import epoch_seconds, parse_cell_date
from driftloop.errors import InputError
from driftloop.schema import Feature, Kind, ProblemType, Schema

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC).timestamp()
MIDNIGHT = NOON - 12 * 3600


@pytest.mark.parametrize(
    "cell",
    [
        "2026-01-31T12:00:00Z",
        "2026-01-31 12:00",
        "2026-01-31T14:00:00+02:00",
        NOON,
        str(NOON),
        NOON * 1e3,
        f"{NOON * 1e6:.0f}",
        int(NOON) * 10**9,
        pd.Timestamp("2026-01-31T12:00:00Z"),
        datetime(2026, 1, 31, 12, tzinfo=UTC),
    ],
)
def test_a_time_is_the_same_in_all_notations(cell: object) -> None:
    assert parse_cell_date(cell) == pytest.approx(NOON, abs=1e-3)


@pytest.mark.parametrize("cell", ["2026-01-31", " 20260131 ", 20260131, date(2026, 1, 31)])
def test_a_date_is_midnight_in_utc(cell: object) -> None:
    assert parse_cell_date(cell) == MIDNIGHT


@pytest.mark.parametrize("cell", ["", None, math.nan, "null", pd.NaT])
def test_a_missing_cell_is_nan_and_not_invalid(cell: object) -> None:
    seconds = parse_cell_date(cell)
    assert seconds is not None
    assert math.isnan(seconds)


@pytest.mark.parametrize("cell", ["soon", "2026-13-01", [2026], math.inf, "31.01.2026"])
def test_a_cell_that_is_not_a_date_is_invalid(cell: object) -> None:
    assert parse_cell_date(cell) is None


def test_a_column_marks_invalid_cells_but_not_missing_ones() -> None:
    seconds, is_invalid = epoch_seconds(["2026-01-31", "soon", None])
    assert is_invalid is not None
    assert is_invalid.tolist() == [False, True, False]
    assert seconds[0] == MIDNIGHT
    assert np.isnan(seconds[1:]).all()


def test_an_array_of_times_equals_their_texts() -> None:
    array = np.array(["2026-01-31T12:00", "NaT"], dtype="M8[s]")
    seconds, is_invalid = epoch_seconds(array)
    assert is_invalid is None
    assert seconds[0] == NOON
    assert np.isnan(seconds[1])


def test_an_invalid_time_in_training_data_fails_with_its_row() -> None:
    schema = Schema((Feature("x", Kind.NUMERIC),), "y", ProblemType.REGRESSION)
    with pytest.raises(InputError, match="row 2: 'soon' is not a time; write ISO 8601"):
        RecordBatch.from_columns(schema, {"x": [1, 2]}, times=["2026-01-31", "soon"])
    assert RecordBatch.from_columns(schema, {"x": [1]}, times=["2026-01-31"]).times == [MIDNIGHT]
