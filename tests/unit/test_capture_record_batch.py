import numpy as np
import pandas as pd
import pytest

from driftloop.capture import CategoricalColumn, NumericColumn, RecordBatch
from driftloop.errors import InputError
from driftloop.schema import Feature, Kind, ProblemType, Schema

SCHEMA = Schema(
    (Feature("age", Kind.NUMERIC), Feature("city", Kind.CATEGORICAL)),
    "label",
    ProblemType.BINARY_CLASSIFICATION,
)


def test_training_data_of_any_type_gives_the_same_batch() -> None:
    frame = pd.DataFrame({"city": ["1", None, "b"], "age": [1.0, 2.5, None], "label": [0, 1, 0]})
    forms = [
        frame,
        frame.astype({"age": "Float64", "city": "category"}),
        {"age": ["1", "2.5", ""], "city": [1, None, "b"]},
        {"age": np.array([1, 2.5, np.nan]), "city": np.array(["1.0", "", "b"])},
    ]
    for form in forms:
        batch = RecordBatch.from_columns(SCHEMA, form)  # type: ignore[arg-type]
        age, city = batch.columns["age"], batch.columns["city"]
        assert isinstance(age, NumericColumn)
        assert isinstance(city, CategoricalColumn)
        np.testing.assert_array_equal(age.values, [1.0, 2.5, np.nan])
        assert age.invalid is None
        assert city.codes.tolist() == [0, -1, 1]
        assert city.categories == ("1", "b")
        assert batch.event_ids == ["row-0", "row-1", "row-2"]


def test_a_prediction_is_a_column_of_its_own() -> None:
    batch = RecordBatch.from_columns(SCHEMA, {"age": [1], "city": ["a"]}, prediction=[0.5])
    assert isinstance(batch.prediction, NumericColumn)
    assert batch.prediction.values.tolist() == [0.5]


def test_the_error_of_a_missing_column_names_it_and_the_present_columns() -> None:
    with pytest.raises(InputError, match=r"columns missing: city\. There are: age, town"):
        RecordBatch.from_columns(SCHEMA, {"age": [1], "town": ["a"]})


def test_columns_of_different_lengths_raise_an_error() -> None:
    with pytest.raises(InputError, match="different lengths"):
        RecordBatch.from_columns(SCHEMA, {"age": [1, 2], "city": ["a"]})


def test_a_prediction_of_another_length_raises_an_error() -> None:
    with pytest.raises(InputError, match="different lengths"):
        RecordBatch.from_columns(SCHEMA, {"age": [1], "city": ["a"]}, prediction=[])


def test_taken_records_keep_their_order_ids_times_and_predictions() -> None:
    batch = RecordBatch.from_columns(
        SCHEMA,
        {"age": [1, "x", 3], "city": ["a", "b", None]},
        prediction=[0.1, 0.2, 0.3],
        times=[10.0, 20.0, 30.0],
    ).take(np.array([2, 1]))
    age, city, prediction = batch.columns["age"], batch.columns["city"], batch.prediction
    assert isinstance(age, NumericColumn)
    assert isinstance(city, CategoricalColumn)
    assert isinstance(prediction, NumericColumn)
    np.testing.assert_array_equal(age.values, [3.0, np.nan])
    assert age.invalid is not None
    assert age.invalid.tolist() == [False, True]
    assert (city.codes.tolist(), city.categories) == ([-1, 1], ("a", "b"))
    assert prediction.values.tolist() == [0.3, 0.2]
    assert list(batch.event_ids) == ["row-2", "row-1"]
    assert batch.times.tolist() == [30.0, 20.0]
