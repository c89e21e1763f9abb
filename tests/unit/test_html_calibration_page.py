"""The page of a calibration, from results as the command computes them."""

from typing import Any

import pytest
from msgspec.structs import replace

from driftloop.calibration import Calibration, DetectableChange
from driftloop.calibration.result import (
    AlarmRate,
    Backtest,
    ColumnAdjustments,
    ReplayCounts,
    WindowShare,
)
from driftloop.detection import DriftPolicy
from driftloop.html.calibration_page import render_calibration
from driftloop.seasonality.adjustments import Adjustment

HOSTILE = "<script>alert('x')</script>"


def result(**changes: Any) -> Calibration:
    values: dict[str, Any] = {
        "model": "churn",
        "policy": DriftPolicy(),
        "reference_records": 5000,
        "records_per_window": 1000,
        "simulated_months": 1,
        "simulated_windows": 720,
        "significant_windows": WindowShare(count=4, share=0.00556, interval=(0.00152, 0.0142)),
        "drifted_windows": WindowShare(count=0, share=0.0, interval=(0.0, 0.00511)),
        "alarms_per_month": AlarmRate(count=0, mean=0.0, interval=(0.0, 3.69)),
        "power": 0.9,
        "minimum_detectable_changes": (
            DetectableChange("age", "shift", 0.25, 0.9, in_column_units=2.5),
            DetectableChange("size", "shift", 0.5, 0.9, in_column_units=-7.0),
            DetectableChange("city", "moved_share", 0.07, 0.9, categories=("Rome", "Oslo")),
            DetectableChange("city", "new_category", None, None),
        ),
        "backtest": None,
        "notes": ("Simulated.",),
    }
    return Calibration(**{**values, **changes})


def backtest() -> Backtest:
    day = Adjustment(design_effect=1.0, min_effect_multiplier=1.3367)
    return Backtest(
        window_hours=1,
        replay=ReplayCounts(
            weeks=5,
            windows=840,
            drifted_before=153,
            drifted_after=4,
            alarms_before=33,
            alarms_after=1,
            held_out_alarms=2,
        ),
        columns={"age": ColumnAdjustments(window=Adjustment(6.0959, 1.3367), day=day)},
        minimum_detectable_changes=(
            DetectableChange("age", "shift", 1.0, 0.9, in_column_units=10.0),
        ),
        notes=("Replayed.",),
    )


def test_alarms_and_detectable_shifts_are_in_one_sentence_with_intervals_beside_them() -> None:
    html = render_calibration(result())
    assert "With 1\u202f000 records per window, traffic without drift causes 0 alarms" in html
    assert "90% of shifts of 0.25 to 0.50 standard deviations are detected." in html
    assert "95%: 0 to 3.69" in html


def test_sizes_are_drawn_on_one_scale_with_the_minimum_effect_size() -> None:
    html = render_calibration(result())
    # the largest shift, 0.5, is the end of the plot
    assert 'class="reach" d="M0 5H50.00"' in html
    assert 'class="reach" d="M0 5H100.00"' in html
    assert html.count('class="limit" d="M40.00 0V10"') == 2


def test_a_change_that_is_never_detected_has_no_dot_and_an_advice() -> None:
    html = render_calibration(result())
    panel = html.partition("Share of a new category")[2].partition("</table>")[0]
    assert "none" in panel
    assert "reach" not in panel
    assert "No change of city is detected so often: longer windows" in html


def test_too_many_false_alarms_have_an_advice() -> None:
    many = replace(result(), alarms_per_month=AlarmRate(count=6, mean=2.0, interval=(0.7, 4.4)))
    assert "More than one false alarm per month" in render_calibration(many)
    assert "More than one false alarm per month" not in render_calibration(result())


def test_what_comes_from_data_is_escaped_and_nothing_is_loaded() -> None:
    change = DetectableChange(HOSTILE, "moved_share", 0.1, 0.9, categories=(HOSTILE, "b"))
    html = render_calibration(
        result(model=HOSTILE, minimum_detectable_changes=(change,), notes=(HOSTILE,))
    )
    assert "<script" not in html
    assert "src=" not in html
    assert "href=" not in html


@pytest.mark.parametrize("size", [None, 0.3])
def test_a_single_feature_is_a_page(size: float | None) -> None:
    change = DetectableChange("age", "shift", size, None)
    html = render_calibration(result(minimum_detectable_changes=(change,)))
    assert ("none up to 4" in html) == (size is None)


def test_a_backtest_shows_alarms_before_and_after_and_the_adjustments() -> None:
    html = render_calibration(result(backtest=backtest()))
    assert "The replay of 5 training weeks causes 1 alarm with adjustments" in html
    assert ">153</td>" in html
    assert ">33</td>" in html
    assert "the weeks cause 2 alarms: expect as many in as many live weeks" in html
    assert ">6.1</td>" in html
    assert "× 1.34" in html
    assert "Replayed." in html


def test_the_backtest_is_beside_the_result_for_independent_records() -> None:
    html = render_calibration(result(backtest=backtest()))
    # a quarter of the largest size, which the backtest has
    assert 'class="end before" d="M25.00 5h0"' in html
    assert 'class="end" d="M100.00 5h0"' in html
    # a feature that the backtest does not have
    assert '<td class="right">–</td>' in html
