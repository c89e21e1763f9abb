"""The cells of the hours are about as fine beyond the training data as within it."""

import numpy as np
import pytest
from numpy.typing import NDArray

from driftloop.capture import NumericColumn, RecordBatch
from driftloop.profile import fit_baseline
from driftloop.profile.hourly.cells import MAX_CELL_POINTS, NumericCells
from driftloop.profile.hourly.layout import StoredLayout, make_layout
from driftloop.schema import Feature, Kind, ProblemType, Schema

SCHEMA = Schema((Feature("x", Kind.NUMERIC),), "label", ProblemType.REGRESSION)


def cells(values: NDArray[np.float64]) -> NumericCells:
    baseline = fit_baseline(RecordBatch.from_columns(SCHEMA, {"x": values}))
    layout = make_layout(baseline.binnings, baseline.reference, StoredLayout())
    found = layout.columns["x"].cells
    assert isinstance(found, NumericCells)
    return found


def codes(of: NumericCells, values: NDArray[np.float64]) -> NDArray[np.int64]:
    return of.codes(NumericColumn(values))


WINTER = np.repeat(np.arange(-10, 50) * 0.9, 30)
"""Temperatures of -9.0 to 44.1, with a distance of 0.9."""


@pytest.mark.parametrize("beyond", [44.1 + 0.9 * np.arange(1, 30), -9.0 - 0.9 * np.arange(1, 30)])
def test_values_that_a_season_brings_have_cells_of_their_own(beyond: NDArray[np.float64]) -> None:
    assert len({*codes(cells(WINTER), beyond).tolist()}) == len(beyond)


def test_whole_numbers_beyond_the_training_data_are_values_of_their_own() -> None:
    found = cells(np.repeat(np.arange(20.0, 41.0), 30))
    beyond = np.arange(41.0, 51.0)
    assert (codes(found, beyond) % 2 == 1).all()
    assert len({*codes(found, beyond).tolist()}) == len(beyond)


def test_many_different_values_have_a_bounded_number_of_further_cells() -> None:
    values = np.random.default_rng(0).normal(0, 1, 20_000)
    found = cells(values)
    points = (found.low + found.high) / 2
    low, high = values.min(), values.max()
    assert np.count_nonzero((points > high) & (points <= high + 3)) >= MAX_CELL_POINTS / 8 - 1
    assert np.count_nonzero((points >= low) & (points <= high)) <= MAX_CELL_POINTS + 2
    assert len(points) <= MAX_CELL_POINTS * 1.25 + 24


def test_cells_beyond_the_training_data_are_of_the_outer_groups() -> None:
    found = cells(WINTER)
    groups = found.groups[codes(found, np.array([-9.9, 45.0, 60.0, -30.0]))]
    assert groups.tolist() == [0, 4, 4, 0]


@pytest.mark.parametrize(
    "values", [np.full(50, 7.0), np.repeat([0.0, 1.0], 50), np.array([np.nan])]
)
def test_a_column_with_few_values_has_cells(values: NDArray[np.float64]) -> None:
    found = cells(values)
    present = values[~np.isnan(values)]
    assert len({*codes(found, present).tolist()}) == len(np.unique(present))
    assert (np.diff(found.low) > 0).all()
    assert (found.high[:-1] <= found.low[1:]).all()
