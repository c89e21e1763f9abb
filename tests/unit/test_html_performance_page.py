"""The page on performance, from reports as ``dl.performance`` makes them."""

import re

import numpy as np
import pytest
from msgspec.structs import replace

import driftloop as dl
from driftloop.html.performance_page import TITLES, render_performance
from driftloop.performance.performance_report import (
    DayScore,
    DayStatus,
    PerformanceReport,
    PerformanceVerdict,
)

HOSTILE = "<script>alert('x')</script>"


@pytest.fixture(scope="module")
def report() -> PerformanceReport:
    draw = np.random.default_rng(1)
    scores = draw.beta(1.2, 2, 3000)
    labels = (draw.random(3000) < scores).astype(int)
    sides = [HOSTILE if n % 2 else "right" for n in range(3000)]
    return dl.performance(
        scores,
        labels,
        np.arange(3000) * 300 + 1_700_000_000,
        segments={"side": sides},
        groups={"side": sides},
        model=HOSTILE,
    )


def test_text_from_data_is_escaped(report: PerformanceReport) -> None:
    html = render_performance(report)
    assert HOSTILE not in html
    assert html.count("&lt;script&gt;") >= 3


@pytest.mark.parametrize("verdict", PerformanceVerdict)
def test_each_verdict_has_its_title_and_what_to_do_next(
    report: PerformanceReport, verdict: PerformanceVerdict
) -> None:
    html = render_performance(replace(report, verdict=verdict))
    assert f"<h1>{TITLES[verdict]}</h1>" in html
    assert "What to do next" in html


def test_days_that_are_not_mature_are_hatched_and_have_no_line_without_a_score(
    report: PerformanceReport,
) -> None:
    nothing = DayScore(value=None, low=None, high=None)
    last = replace(
        report.days[-1],
        status=DayStatus.IMMATURE,
        scores=dict.fromkeys(report.days[-1].scores, nothing),
    )
    days = len(report.days)
    html = render_performance(replace(report, days=(*report.days[:-1], last)))
    assert html.count('class="day immature"') == 2  # in each of the two charts
    assert "immature: too few labels yet" in html
    (auc, *_) = re.findall(r'class="dots score" d="(.*?)"', html)
    assert auc.count("h0") == days - 1


def test_a_report_on_records_without_times_has_no_days() -> None:
    html = render_performance(dl.performance([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]))
    assert "How good it was, by day" not in html
    assert "records without times" in html


def test_equal_reports_give_equal_pages(report: PerformanceReport) -> None:
    again = PerformanceReport.from_json(report.to_json())
    assert render_performance(again) == render_performance(report)
