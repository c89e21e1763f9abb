import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftloop.errors import InputError
from driftloop.retraining.pipeline_parameters import (
    MAX_VALUE_LENGTH,
    PARAMETERS,
    ChampionModel,
    client_request_token,
    format_excluded_windows,
    parameters,
    parse_excluded_windows,
    training_range,
)
from driftloop.window import Window

T0 = datetime(2026, 3, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)


def hours(first, count=1):
    return Window(T0 + HOUR * first, T0 + HOUR * (first + count))


def test_the_client_request_token_is_the_sha256_of_the_idempotency_key():
    assert client_request_token("a") == hashlib.sha256(b"a").hexdigest()


def test_the_training_range_ends_where_labels_are_final():
    found = training_range(T0, label_delay_hours=6, lookback_days=2)
    assert found == Window(T0 - timedelta(days=2), T0 - 6 * HOUR)


def test_an_initial_training_has_neither_champion_nor_captured_data():
    made = parameters(message="w", decision_id="d", champion=None, data=None)
    assert made == {
        "Reason": "w",
        "DecisionId": "d",
        "ChampionVersion": "none",
        "ChampionModelData": "none",
        "TrainingDataStart": "none",
        "TrainingDataEnd": "none",
        "ExcludedWindows": "none",
        "TrainingSources": "none",
    }


def test_a_reason_has_only_characters_that_the_registry_allows():
    """SageMaker API, CustomerMetadataValue: letters, numbers, spaces and _.:/=+-@"""
    message = "Retraining starts: the alarm a-drift is in ALARM; 40% of (temp, dewp) drifted."
    made = parameters(message=message, decision_id="d", champion=None, data=None)
    assert made["Reason"] == (
        "Retraining starts: the alarm a-drift is in ALARM - 40 percent of temp - dewp drifted."
    )


def test_a_long_reason_is_truncated_to_the_limit_of_the_registry():
    champion = ChampionModel(3, "s3://m")
    made = parameters(message="x" * 5000, decision_id="d", champion=champion, data=hours(0, 9))
    assert len(made["Reason"]) == MAX_VALUE_LENGTH
    assert (made["ChampionVersion"], made["ChampionModelData"]) == ("3", "s3://m")


def test_adjacent_invalid_windows_are_joined_and_those_outside_are_dropped():
    text = format_excluded_windows(hours(0, 10), [hours(3), hours(2), hours(20), hours(7)])
    assert text == (
        "2026-03-10T02:00:00Z/2026-03-10T04:00:00Z,2026-03-10T07:00:00Z/2026-03-10T08:00:00Z"
    )


@given(st.sets(st.integers(0, 700), max_size=300))
def test_every_invalid_window_is_excluded_however_many_there_are(invalid):
    text = format_excluded_windows(hours(0, 720), [hours(number) for number in invalid])
    assert len(text) <= MAX_VALUE_LENGTH
    spans = parse_excluded_windows(text)
    assert all(
        any(span.start <= hours(n).start and hours(n).end <= span.end for span in spans)
        for n in invalid
    )


def test_no_invalid_window_is_written_as_none_and_read_back():
    assert format_excluded_windows(hours(0, 10), []) == "none"
    assert parse_excluded_windows("none") == []


@pytest.mark.parametrize("champion", [None, ChampionModel(3, "s3://m")])
@pytest.mark.parametrize("data", [None, hours(0, 9)])
@pytest.mark.parametrize("message", ["", "(;)", "drift"])
def test_no_parameter_is_empty_and_every_name_is_declared(message, data, champion):
    made = parameters(message=message, decision_id="d", champion=champion, data=data)
    assert made.keys() == PARAMETERS.keys()
    assert "" not in {*made.values(), *PARAMETERS.values()}


def test_a_value_that_no_container_argument_can_hold_fails_with_the_parameter():
    champion = ChampionModel(3, f"s3://bucket/{'k' * 256}")
    with pytest.raises(InputError, match="ChampionModelData has 268 characters"):
        parameters(message="m", decision_id="d", champion=champion, data=None)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-03-10T00:00:00Z/", "a/b"])
def test_any_other_text_of_excluded_windows_is_an_input_error(text):
    with pytest.raises(InputError, match="ExcludedWindows"):
        parse_excluded_windows(text)
