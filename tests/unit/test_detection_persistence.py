"""Which windows together are an alarm."""

import pytest

from driftloop.detection import DriftPolicy, persistent_columns


def window(verdict="drifted", *features, prediction=False, pair=None):
    found = {"verdict": verdict, "drifted_features": list(features)}
    if prediction:
        found["prediction"] = {"drifted": True}
    if pair:
        found["multivariate"] = {"drifted": True, "pair": pair}
    return found


def test_the_same_feature_in_two_of_the_last_three_windows_is_persistent():
    history = [window("drifted", "a", "b"), window("stable")]
    assert persistent_columns(history, window("drifted", "b", "c"), DriftPolicy()) == ("b",)


def test_two_drifted_windows_of_different_features_are_no_alarm():
    assert persistent_columns([window("drifted", "a")], window("drifted", "b"), DriftPolicy()) == ()


def test_a_feature_that_drifted_four_windows_ago_is_forgotten():
    history = [window("drifted", "a"), window("stable"), window("stable")]
    assert persistent_columns(history, window("drifted", "a"), DriftPolicy()) == ()


def test_a_stable_window_clears_what_then_drifted_in_one_of_three_only():
    history = [window("drifted", "a"), window("drifted", "a"), window("stable")]
    assert persistent_columns(history, window("stable"), DriftPolicy()) == ()
    assert persistent_columns(history[:2], window("stable"), DriftPolicy()) == ("a",)


@pytest.mark.parametrize("verdict", ["insufficient_data", "invalid_data"])
def test_windows_that_were_not_judged_neither_raise_nor_clear(verdict):
    history = [window("drifted", "a"), window(verdict), window(verdict), window(verdict)]
    assert persistent_columns(history, window("drifted", "a"), DriftPolicy()) == ("a",)
    raised = [window("drifted", "a"), window("drifted", "a")]
    assert persistent_columns(raised, window(verdict), DriftPolicy()) == ("a",)


def test_predictions_and_pairs_of_features_persist_as_features_do():
    latest = window("drifted", prediction=True, pair=["a", "b"])
    found = persistent_columns([latest], latest, DriftPolicy())
    assert found == ("(correlation of a and b)", "(prediction)")
    assert persistent_columns([window("drifted", pair=["a", "c"])], latest, DriftPolicy()) == ()


def test_m_and_n_are_the_policys():
    one = DriftPolicy(datapoints_to_alarm=1, evaluation_periods=1)
    assert persistent_columns([], window("drifted", "a"), one) == ("a",)
    assert persistent_columns([window("drifted", "a")], window("stable"), one) == ()
