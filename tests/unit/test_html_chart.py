"""Numbers, scales and shapes of the pages."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftloop.html.chart import Scale, dots_path, line_path, steps_path, ticks
from driftloop.html.distribution import MAX_CATEGORIES, bars, density_outlines
from driftloop.report.formatting import (
    format_count,
    format_number,
    format_p_value,
    format_share,
    plural,
)
from tests.unit.reports import shares

FINITE = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (41.0, "41"),
        (0.12345, "0.1235"),
        (1234.5, "1\u202f234"),
        (-2.5, "\u22122.5"),
        (1.5e9, "1.5×10⁹"),
        (2.5e-7, "2.5×10⁻⁷"),
        (None, "–"),
        (math.nan, "–"),
        (math.inf, "∞"),
    ],
)
def test_a_number_reads_as_people_write_it(value: float | None, text: str) -> None:
    assert format_number(value) == text


@given(FINITE)
def test_any_number_has_a_short_form(value: float) -> None:
    assert 0 < len(format_number(value)) <= 14


def test_shares_counts_and_probabilities_read_as_people_write_them() -> None:
    assert [format_share(0.1234), format_share(1.0), format_share(0.0), format_share(0.0004)] == [
        "12.3%",
        "100%",
        "0%",
        "<0.1%",
    ]
    assert [format_count(1800), format_count(None)] == ["1\u202f800", "–"]
    assert [format_p_value(0.0321), format_p_value(1e-7), format_p_value(None)] == [
        "0.032",
        "<10⁻⁶",
        "–",
    ]
    assert [plural(1, "box", "boxes"), plural(2, "box", "boxes")] == ["1 box", "2 boxes"]


@given(FINITE, FINITE, FINITE)
def test_a_position_is_always_on_the_chart(low: float, high: float, value: float) -> None:
    assert 0.0 <= Scale(min(low, high), max(low, high))(value) <= 100.0


@given(FINITE, FINITE)
def test_ticks_lie_within_the_range_and_are_few(low: float, high: float) -> None:
    low, high = min(low, high), max(low, high)
    found = ticks(low, high)
    slack = 1e-6 * (abs(low) + abs(high)) + 1e-300
    assert all(low - slack <= at <= high + slack for at in found)
    assert len(found) <= 12


def test_ticks_are_round() -> None:
    assert ticks(0.0, 1.0, 5) == pytest.approx([0.0, 0.2, 0.4, 0.6, 0.8, 1.0])
    assert ticks(9.0, 98.0, 4) == pytest.approx([20.0, 40.0, 60.0, 80.0])


def test_an_outline_goes_up_along_and_down_each_bar() -> None:
    assert steps_path([0, 50, 100], [20, 80]) == "M0 100V80H50V20H100V100Z"


def test_a_line_breaks_where_a_value_is_missing() -> None:
    points = [(0.0, 10.0), (50.0, None), (100.0, 30.0)]
    assert line_path(points) == "M0 90M100 70"
    assert dots_path(points) == "M0 90h0M100 70h0"


def test_bins_of_different_widths_are_drawn_by_density() -> None:
    # shares .5 and .5 on widths 1 and 3: the second bar has a third of the first one's height
    chart = density_outlines([0.0, 1.0, 4.0], [0.5, 0.5], [0.5, 0.5])
    assert chart is not None
    first, second = (100 - float(part.split("H")[0]) for part in chart.reference.split("V")[1:-1])
    assert second == pytest.approx(first / 3, abs=0.02)


def test_there_is_no_outline_without_width_or_without_values() -> None:
    assert density_outlines([1.0, 1.0], [1.0], [1.0]) is None
    assert density_outlines([0.0, 1.0], [0.0], [0.0]) is None


def test_marked_categories_are_kept_and_the_rest_is_summed() -> None:
    categories = [shares(f"l{k}", 0.04, 0.038) for k in range(25)]
    shown = bars([*categories, shares("fresh", 0.0, 0.05, "new")])
    assert len(shown) == MAX_CATEGORIES + 1
    assert shown[0].label == "fresh"
    # 25 plain ones, 11 of them shown
    assert (shown[-1].label, shown[-1].reference_text) == ("all others", "56%")


def test_what_the_report_has_summed_already_comes_last_and_only_once() -> None:
    categories = [shares(f"l{k}", 0.04, 0.04) for k in range(15)]
    shown = bars([shares("59 others", 0.4, 0.4, "other"), *categories])
    # three plain ones of 4% beside the 40% that came as a sum
    assert (shown[-1].label, shown[-1].reference_text) == ("all others", "52%")
    assert sum("others" in bar.label for bar in shown) == 1


def test_many_new_categories_leave_bars_for_the_frequent_ones() -> None:
    fresh = [shares(f"n{k}", 0.0, 0.001, "new") for k in range(30)]
    large = [shares(f"l{k}", 0.2, 0.19) for k in range(5)]
    gone = shares("missing", 0.0, 0.0005, "missing")
    shown = bars([*fresh, *large, gone])
    assert shown[0].label == "missing"
    assert {f"l{k}" for k in range(5)} <= {bar.label for bar in shown}
    # 25 of the new ones are not shown: those of 30 beside five and what is missing
    assert (shown[-1].label, shown[-1].current_text) == ("all others", "2.5%")
