"""The page of a calibration, from results as the command computes them."""

from typing import Any

import pytest
from msgspec.structs import replace

from driftloop.calibration import Calibration, DetectableChange
from driftloop.calibration.result import (
    AlarmRate,
    WindowShare,
)
from driftloop.detection import DriftPolicy
from driftloop.html.calibration_page import render_calibration

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
        "notes": ("Simulated.",),
    }
    return Calibration(**{**values, **changes})


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
