"""Which windows together are an alarm."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from driftloop.detection import DriftPolicy, WindowOutcome, WindowVerdict, persistent_columns
from driftloop.window import HOUR, Window

START = datetime(2026, 1, 1, tzinfo=UTC)


def window(
    verdict: str = "drifted",
    *features: str,
    prediction: bool = False,
    pair: tuple[str, str] | None = None,
) -> WindowOutcome:
    return WindowOutcome(
        window=Window(START, START + HOUR),
        verdict=WindowVerdict(verdict),
        drifted_features=features,
        prediction_drifted=prediction,
        drifted_pair=pair,
    )


def persistent(
    history: Sequence[WindowOutcome], latest: WindowOutcome, policy: DriftPolicy | None = None
) -> tuple[str, ...]:
    return persistent_columns([*history, latest], policy or DriftPolicy())


def test_the_same_feature_in_two_of_the_last_three_windows_is_persistent() -> None:
    history = [window("drifted", "a", "b"), window("stable")]
    assert persistent(history, window("drifted", "b", "c")) == ("b",)


def test_two_drifted_windows_of_different_features_are_no_alarm() -> None:
    assert persistent([window("drifted", "a")], window("drifted", "b")) == ()


def test_a_feature_that_drifted_four_windows_ago_does_not_count() -> None:
    history = [window("drifted", "a"), window("stable"), window("stable")]
    assert persistent(history, window("drifted", "a")) == ()


def test_a_stable_window_clears_what_then_drifted_in_one_of_three_only() -> None:
    history = [window("drifted", "a"), window("drifted", "a"), window("stable")]
    assert persistent(history, window("stable")) == ()
    assert persistent(history[:2], window("stable")) == ("a",)


@pytest.mark.parametrize("verdict", ["insufficient_data", "invalid_data"])
def test_windows_without_a_conclusive_verdict_neither_raise_nor_clear_the_alarm(
    verdict: str,
) -> None:
    history = [window("drifted", "a"), window(verdict), window(verdict), window(verdict)]
    assert persistent(history, window("drifted", "a")) == ("a",)
    raised = [window("drifted", "a"), window("drifted", "a")]
    assert persistent(raised, window(verdict)) == ("a",)


def test_predictions_and_pairs_of_features_persist_as_features_do() -> None:
    latest = window("drifted", prediction=True, pair=("a", "b"))
    assert persistent([latest], latest) == ("(association of a and b)", "(prediction)")
    assert persistent([window("drifted", pair=("a", "c"))], latest) == ()


def test_m_and_n_come_from_the_policy() -> None:
    one = DriftPolicy(datapoints_to_alarm=1, evaluation_periods=1)
    assert persistent([], window("drifted", "a"), one) == ("a",)
    assert persistent([window("drifted", "a")], window("stable"), one) == ()
