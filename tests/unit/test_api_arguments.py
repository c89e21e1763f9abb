"""Wrong arguments of the public functions: one error that says what to give instead."""

import pytest

from driftloop.api.arguments import require_mapping, require_texts, with_request_columns
from driftloop.errors import InputError
from driftloop.payload_mapping import PayloadMapping
from driftloop.schema import Feature, Kind, ProblemType, Schema

SCHEMA = Schema(
    (Feature("age", Kind.NUMERIC), Feature("city", Kind.CATEGORICAL)), "y", ProblemType.REGRESSION
)


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        (PayloadMapping(records_key="a[", feature_keys={}), "records_key: "),
        (PayloadMapping(feature_keys={"age": "[0]"}), "a path within a row begins with a key"),
        (PayloadMapping(feature_keys={"size": "size"}), "names no features of the baseline: size"),
    ],
)
def test_paths_that_do_not_fit_are_named(mapping: PayloadMapping, message: str) -> None:
    with pytest.raises(InputError) as raised:
        require_mapping(mapping, SCHEMA)
    assert message in str(raised.value)


def test_paths_that_fit_are_accepted() -> None:
    require_mapping(PayloadMapping(records_key="rows", feature_keys={"age": "person.age"}), SCHEMA)


def test_a_name_that_is_no_text_is_shown() -> None:
    with pytest.raises(InputError, match="target=3: give one name, as a string"):
        require_texts(prediction=None, target=3)


def test_other_columns_of_a_request_row_contain_every_feature() -> None:
    assert with_request_columns(SCHEMA, ()) is SCHEMA
    columns = with_request_columns(SCHEMA, ("id", "city", "age")).request_columns
    assert columns == ("id", "city", "age")
    with pytest.raises(InputError, match="missing are city"):
        with_request_columns(SCHEMA, ("id", "age"))
