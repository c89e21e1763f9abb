"""The page of a calibration, from figures as the command writes them."""

from typing import Any

import pytest

from driftloop.html import render_calibration

HOSTILE = "<script>alert('x')</script>"


def found(**changes: Any) -> dict[str, Any]:
    share = {"count": 4, "share": 0.00556, "interval": [0.00152, 0.0142]}
    rows = [
        {
            "feature": "age",
            "change": "shift",
            "size": 0.25,
            "in_column_units": 2.5,
            "categories": None,
        },
        {
            "feature": "size",
            "change": "shift",
            "size": 0.5,
            "in_column_units": -7.0,
            "categories": None,
        },
        {"feature": "city", "change": "moved_share", "size": 0.07, "categories": ("Rome", "Oslo")},
        {"feature": "city", "change": "new_category", "size": None, "categories": None},
    ]
    return {
        "model": "churn",
        "policy": {"min_effect_size": 0.2},
        "reference_records": 5000,
        "records_per_window": 1000,
        "months": 1,
        "significant_windows": share,
        "drifted": {"count": 0, "share": 0.0, "interval": [0.0, 0.00511]},
        "alarms_per_month": {"count": 0, "mean": 0.0, "interval": [0.0, 3.69]},
        "power": 0.9,
        "minimum_detectable_changes": rows,
        "notes": ["Simulated."],
        **changes,
    }


def test_alarms_and_what_is_caught_stand_in_one_sentence_and_intervals_beside_them() -> None:
    html = render_calibration(found())
    assert "With 1\u202f000 records a window, quiet traffic raises 0 alarms a month" in html
    assert "90% of shifts of 0.25 to 0.50 standard deviations are caught." in html
    assert "95%: 0 to 3.69" in html


def test_sizes_are_drawn_on_one_scale_with_the_floor() -> None:
    html = render_calibration(found())
    # the largest shift, 0.5, is the end of the plot
    assert 'class="reach" d="M0 5H50.00"' in html
    assert 'class="reach" d="M0 5H100.00"' in html
    assert html.count('class="limit" d="M40.00 0V10"') == 2


def test_what_is_never_caught_has_no_dot_and_an_advice() -> None:
    html = render_calibration(found())
    panel = html.partition("A level never seen before")[2].partition("</table>")[0]
    assert "none" in panel
    assert "reach" not in panel
    assert "No change of city is caught so often: longer windows" in html


def test_too_many_false_alarms_have_an_advice() -> None:
    many = {"count": 6, "mean": 2.0, "interval": [0.7, 4.4]}
    assert "More than one false alarm a month" in render_calibration(found(alarms_per_month=many))
    assert "More than one false alarm a month" not in render_calibration(found())


def test_what_comes_from_data_is_escaped_and_nothing_is_loaded() -> None:
    rows = [
        {"feature": HOSTILE, "change": "moved_share", "size": 0.1, "categories": (HOSTILE, "b")}
    ]
    html = render_calibration(
        found(model=HOSTILE, minimum_detectable_changes=rows, notes=[HOSTILE])
    )
    assert "<script" not in html
    assert "src=" not in html
    assert "href=" not in html


@pytest.mark.parametrize("size", [None, 0.3])
def test_a_single_feature_is_a_page(size: float | None) -> None:
    rows = [
        {
            "feature": "age",
            "change": "shift",
            "size": size,
            "in_column_units": None,
            "categories": None,
        }
    ]
    html = render_calibration(found(minimum_detectable_changes=rows))
    assert ("none up to 4" in html) == (size is None)


def weeks(**changes: Any) -> dict[str, Any]:
    granted = {"design_effect": 6.0959, "min_effect_multiplier": 1.3367}
    return {
        "window_hours": 1,
        "replay": {
            "weeks": 5,
            "windows": 840,
            "drifted_before": 153,
            "drifted_after": 4,
            "alarms_before": 33,
            "alarms_after": 1,
            "held_out_alarms": 2,
        },
        "columns": {"age": {"window": granted, "day": {**granted, "design_effect": 1.0}}},
        "minimum_detectable_changes": [
            {
                "feature": "age",
                "change": "shift",
                "size": 1.0,
                "in_column_units": 10.0,
                "categories": None,
            }
        ],
        "notes": ["Replayed."],
        **changes,
    }


def test_training_weeks_show_alarms_before_and_after_and_what_was_granted() -> None:
    html = render_calibration(found(backtest=weeks()))
    assert "Replayed, 5 training weeks raise 1 alarm with floors raised" in html
    assert ">153</td>" in html
    assert ">33</td>" in html
    assert "raise 2 alarms: this is what to expect of live weeks" in html
    assert ">6.1</td>" in html
    assert "× 1.34" in html
    assert "Replayed." in html


def test_what_is_caught_in_the_weeks_stands_beside_what_would_be_of_independent_records() -> None:
    html = render_calibration(found(backtest=weeks()))
    # a quarter of the largest size, which the weeks have
    assert 'class="end before" d="M25.00 5h0"' in html
    assert 'class="end" d="M100.00 5h0"' in html
    # a feature of which the weeks say nothing
    assert '<td class="right">–</td>' in html
