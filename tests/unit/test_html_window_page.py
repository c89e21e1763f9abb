"""The page of one analysis, from reports as they are really made."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pandas as pd
import pytest
from msgspec.structs import replace

import driftloop
from driftloop.capture.line_counts import REJECT_REASON_MEANINGS, LineCounts, LineProblem
from driftloop.capture.record_batch import RecordBatch
from driftloop.detection import ColumnStatus, WindowOutcome, WindowVerdict
from driftloop.detection.policy import DriftPolicy, MinEffectSizes
from driftloop.html import render_report
from driftloop.profile import Baseline, fit_baseline, profile_batch
from driftloop.quality.duplicates import DuplicateEstimate
from driftloop.quality.violations import Constraint, Violation
from driftloop.report import WindowReport, build_report
from driftloop.report.window_report import DataQuality, DayWindows, UnreadLine
from driftloop.schema import Feature, Kind, ProblemType, Schema
from driftloop.window import Window

START = datetime(2026, 3, 2, tzinfo=UTC)
HOSTILE = "<script>alert('x')</script>"


def schema(extra: int = 0) -> Schema:
    named = (Feature("age", Kind.NUMERIC), Feature("city", Kind.CATEGORICAL))
    more = tuple(Feature(f"more_{k}", Kind.NUMERIC) for k in range(extra))
    return Schema((*named, *more), "label", ProblemType.BINARY_CLASSIFICATION)


def batch(
    rows: int, *, seed: int, shift: float = 0.0, categories: Sequence[str] = (), extra: int = 0
):
    rng = np.random.default_rng(seed)
    cities = [["Rome", "Oslo", *categories][k] for k in rng.integers(0, 2 + len(categories), rows)]
    columns: dict[str, Any] = {"age": rng.normal(40 + shift, 10, rows), "city": cities}
    columns |= {f"more_{k}": rng.normal(0, 1, rows) for k in range(extra)}
    return RecordBatch.from_columns(schema(extra), columns, prediction=rng.random(rows))


def report(
    hour: int = 0,
    *,
    baseline: Baseline | None = None,
    rows: int = 1000,
    shift: float = 0.0,
    categories: Sequence[str] = (),
    rejected: Mapping[str, int] | None = None,
    history: Sequence[WindowOutcome] = (),
    extra: int = 0,
    model: str = "churn",
) -> WindowReport:
    fitted = baseline or fit_baseline(batch(5000, seed=1, extra=extra))
    lines = sum((rejected or {}).values())
    line_counts = LineCounts(read=rows + lines, used=rows, records=rows, rejected=rejected or {})
    live = batch(rows, seed=2 + hour, shift=shift, categories=categories, extra=extra)
    window = Window(START + timedelta(hours=hour), START + timedelta(hours=hour + 1))
    return build_report(
        fitted,
        profile_batch(fitted, live, line_counts),
        window=window,
        policy=DriftPolicy(),
        model=model,
        version=3,
        history=history,
    )


class Page(HTMLParser):
    """Tags and text of a page; fails on a tag that is closed without having been opened."""

    VOID = frozenset({"meta", "link", "path", "br", "img", "input"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.parts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.parts).split())


def with_column(made: WindowReport, name: str, **changes: Any) -> WindowReport:
    """The report with changes of one feature's column."""
    column = replace(made[name], **changes)
    return replace(made, features={**made.features, name: column})


def outcomes(*reports: WindowReport) -> list[WindowOutcome]:
    return [made.outcome for made in reports if made.outcome is not None]


def test_a_drifted_window_says_so_in_one_sentence_and_names_the_feature() -> None:
    page = Page(render_report(report(shift=8.0)))
    # seeds 1 and 2 of N(40, 10) and N(48, 10)
    assert re.search(r"Drifted: age \(median 3\d\.\d+ → 4\d\.\d+\), one of 2 features", page.text)
    assert "like a mean shift of" in page.text
    assert "What to do next" in page.text


def test_a_window_without_drift_is_stable_and_needs_no_action() -> None:
    text = Page(render_report(report())).text
    assert "Stable: none of 2 features has drifted" in text
    assert "No action needed." in text


def test_the_page_of_data_frames_does_not_mention_captured_lines() -> None:
    ages = list(range(300))
    made = driftloop.compare(pd.DataFrame({"age": ages}), pd.DataFrame({"age": ages}))
    page = Page(render_report(made))
    assert "lines read" not in page.text
    assert re.search(r"records analyzed\s+300\s+in the current data", page.text)
    assert re.search(r"predictions\s+none", page.text)


def test_a_window_with_too_few_records_is_not_called_stable() -> None:
    text = Page(render_report(report(rows=20))).text
    assert "Insufficient data: too few records to decide on drift in this window." in text
    assert "Stable:" not in text


def test_each_reason_to_reject_a_line_is_explained() -> None:
    text = Page(
        render_report(report(rejected={str(kind): 2 for kind in REJECT_REASON_MEANINGS}))
    ).text
    for meaning in REJECT_REASON_MEANINGS.values():
        assert meaning in text


def test_what_comes_from_data_is_escaped_everywhere() -> None:
    made = report(shift=8.0, categories=[HOSTILE], model=HOSTILE, rejected={HOSTILE: 1})
    features = {HOSTILE if name == "age" else name: made[name] for name in made.features}
    violation = Violation(HOSTILE, Constraint.DATA_TYPE, 1.0, 0.0, HOSTILE)
    unread = UnreadLine(
        problem=LineProblem.REJECTED_LINE,
        reason=HOSTILE,
        object=HOSTILE,
        line=1,
        shape=HOSTILE,
        suggested_settings=HOSTILE,
    )
    hostile = replace(
        made,
        counts=replace(made.counts, first_unread=(unread,)),
        features=features,
        drifted_features=(HOSTILE,),
        notes=(HOSTILE,),
        reasons=(HOSTILE,),
        data_quality=DataQuality(violations=(violation,)),
    )
    html = render_report(hostile, outcomes(hostile))
    assert "<script" not in html
    assert html.count("&lt;script&gt;") >= 12


def test_the_page_loads_no_resource_and_runs_no_script() -> None:
    page = Page(render_report(report(shift=8.0), outcomes(report(1))))
    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "link", "img", "iframe", "form"})
    for _, attributes in page.tags:
        assert not (attributes.get("href") or "#").strip("#").startswith("http")
        assert not any(name.startswith("on") for name in attributes)
    policies = [a["content"] for tag, a in page.tags if tag == "meta" and "http-equiv" in a]
    assert policies
    assert "default-src 'none'" in str(policies[0])


def test_every_tag_that_is_opened_is_closed() -> None:
    assert Page(render_report(report(shift=8.0), outcomes(report(1)))).open == []


def test_the_same_report_gives_the_same_bytes() -> None:
    once = report(shift=8.0)
    again = WindowReport.from_json(once.to_json())
    assert render_report(once) == render_report(again)


def test_a_new_category_is_marked_as_new() -> None:
    text = Page(render_report(report(categories=["Madrid"]))).text
    assert "Madrid new" in text


def test_every_link_within_the_page_has_its_target() -> None:
    page = Page(render_report(report(shift=8.0, extra=40)))
    targets = {attributes.get("id") for _, attributes in page.tags}
    links = [a["href"] for tag, a in page.tags if tag == "a"]
    assert links
    assert all(str(link).removeprefix("#") in targets for link in links)


def test_with_300_features_all_are_in_the_table_and_only_the_changed_ones_have_a_card() -> None:
    page = Page(render_report(report(rows=400, shift=20.0, extra=298)))
    for number in range(298):
        assert f"more_{number}" in page.text
    cards = [a for tag, a in page.tags if tag == "article"]
    assert 1 <= len(cards) <= 25
    assert len(render_report(report(rows=400, extra=298))) < 400_000


def test_the_history_is_a_strip_with_this_window_last() -> None:
    fitted = fit_baseline(batch(5000, seed=1))
    past = outcomes(*(report(hour, baseline=fitted) for hour in range(3)))
    now = report(3, baseline=fitted, shift=8.0, history=past)
    html = render_report(now, past)
    assert "The last 4 windows" in html
    strip = html.partition('class="strip"')[2].partition("</div>")[0]
    assert strip.count("<span") == 4
    assert 'class="drifted"' in strip.rpartition("<span")[2]


def hour_before(hour: int, verdict: str, **more: Any) -> WindowOutcome:
    start = START - timedelta(hours=hour)
    return WindowOutcome(
        window=Window(start, start + timedelta(hours=1)), verdict=WindowVerdict(verdict), **more
    )


def test_a_window_without_effect_sizes_is_part_of_the_strip() -> None:
    assert "The last 2 windows" in render_report(report(), [hour_before(1, "invalid_data")])


def test_an_effect_size_that_was_not_measured_leaves_a_gap() -> None:
    sizes: list[dict[str, float]] = [
        {"age": 0.1, "city": 0.1},
        {"city": 0.1},
        {"age": 0.1, "city": 0.1},
    ]
    past = [
        hour_before(3 - position, "stable", effect_sizes=size)
        for position, size in enumerate(sizes)
    ]
    lines = render_report(report(), past).partition('class="plot lines"')[2]
    drawn = lines.partition("</svg>")[0]
    # of two lines over four windows, the one with a gap begins twice
    assert sorted(path.count("M") for path in drawn.split('d="')[1::2]) == [1, 2]


def test_a_persistent_drift_shows_its_start() -> None:
    fitted = fit_baseline(batch(5000, seed=1))
    past: list[WindowOutcome] = []
    for hour in range(3):
        made = report(hour, baseline=fitted, shift=8.0, history=past)
        past += outcomes(made)
    text = "The drift began in the window from Mon 2 Mar 2026, 00:00 UTC and has persisted since."
    assert text in render_report(made)


@pytest.mark.parametrize("rows", [0, 1])
def test_a_window_with_very_few_records_has_a_page(rows: int) -> None:
    assert "Insufficient data" in render_report(report(rows=rows))


def correlated(flip: int) -> WindowReport:
    """A report on two features of which only the correlation may have changed."""
    pair = Schema(
        (Feature("age", Kind.NUMERIC), Feature("size", Kind.NUMERIC)), "y", ProblemType.REGRESSION
    )
    batches = []
    for seed, sign in ((1, 1), (2, flip)):
        first, noise = np.random.default_rng(seed).normal(size=(2, 2000))
        batches.append(RecordBatch.from_columns(pair, {"age": first, "size": sign * first + noise}))
    fitted = fit_baseline(batches[0])
    window = Window(START, START + timedelta(hours=1))
    return build_report(
        fitted, profile_batch(fitted, batches[1]), window=window, policy=DriftPolicy(), model="m"
    )


def test_a_changed_correlation_is_shown_by_quintiles_of_both_sides() -> None:
    html = render_report(correlated(-1))
    text = Page(html).text
    assert "age and size have the most significant change: correlation +0.7" in text
    assert "this is drift" in text
    assert html.count('class="quintiles"') == 2
    # two tables of 25 shaded cells, not hidden behind a click
    assert html.count("--shade") - html.count("var(--shade)") == 50
    assert "Show both tables" not in text


def test_an_unchanged_correlation_is_one_sentence_and_its_tables_are_folded() -> None:
    text = Page(render_report(correlated(1))).text
    assert "this is not drift" in text
    assert "Show both tables" in text


def test_a_numeric_feature_is_drawn_by_density_and_by_its_distribution_function() -> None:
    html = render_report(report(shift=8.0))
    card = html.partition('id="feature-0"')[2].partition("</article>")[0]
    assert card.count('class="reference"') == card.count('class="current"') == 2
    assert "Largest difference of cumulative shares: values up to" in card
    assert 'aria-label="age, distribution in the reference and in this window: median' in card


def test_missing_values_of_a_numeric_feature_are_a_bar_of_both_sides() -> None:
    made = report()
    sides = {
        "reference": replace(made["age"].reference, missing_share=0.02),
        "current": replace(made["age"].current, missing_share=0.09),
    }
    assert "missing 2% → 9%" in Page(render_report(with_column(made, "age", **sides))).text


def test_each_of_300_features_has_its_picture_and_the_page_stays_below_two_megabytes() -> None:
    html = render_report(report(rows=400, shift=20.0, extra=298))
    assert html.count('class="plot spark"') == 301  # the prediction too
    assert len(html.encode()) < 2_000_000


def test_feature_weights_are_in_the_table_where_they_are_given() -> None:
    made = report()
    assert ">weight<" not in render_report(made)
    weighted = replace(made, policy=DriftPolicy(feature_weights={"age": 3.0}))
    assert ">weight<" in render_report(weighted)


def test_a_feature_s_own_minimum_effect_size_and_design_effect_are_shown_with_it() -> None:
    made = report(shift=8.0)
    own = {"min_effect_sizes": MinEffectSizes(0.31, 0.15), "design_effect": 2.25}
    text = Page(render_report(with_column(made, "age", **own))).text
    assert "minimum effect size 0.31" in text
    assert "minimum effect size of shares 0.15" in text
    assert "design effect 2.25" in text
    assert "design effect" not in Page(render_report(made)).text


def test_an_excluded_feature_is_marked_and_not_counted() -> None:
    made = with_column(
        report(), "age", status=ColumnStatus.EXCLUDED, effect_size=None, q_value=None
    )
    text = Page(render_report(made)).text
    assert "excluded" in text
    assert "none of 1 feature has drifted" in text


def test_a_day_says_how_many_windows_it_includes() -> None:
    day = report().with_windows(DayWindows(included=("a", "b"), missing=("c",), unreadable=()))
    text = Page(render_report(day.with_late_records({"a": 1200}))).text
    assert "windows included 2 windows missing 1" in text
    assert "late records 1 200" in text
    assert "this day" in text


def test_a_window_without_a_conclusive_verdict_draws_no_effect_size() -> None:
    fitted = fit_baseline(batch(5000, seed=1))
    past = outcomes(
        *(report(hour, baseline=fitted, rows=20 if hour == 1 else 1000) for hour in range(3))
    )
    lines = render_report(report(3, baseline=fitted), past).partition('class="plot lines"')[2]
    drawn = lines.partition("</svg>")[0].split('d="')[1::2]
    # the gap makes every line begin twice: one dot, then two joined
    assert {path.count("M") for path in drawn} == {2}


def test_earlier_verdicts_have_a_text_for_screen_readers() -> None:
    fitted = fit_baseline(batch(5000, seed=1))
    past = outcomes(*(report(hour, baseline=fitted) for hour in range(3)))
    html = render_report(report(3, baseline=fitted, shift=8.0, history=past), past)
    assert 'aria-label="Verdicts of the last 4 windows: 3 stable, 1 drifted"' in html


def test_every_table_names_its_rows_or_columns() -> None:
    html = render_report(correlated(-1))
    for table in html.split("<table")[1:]:
        assert 'scope="' in table.partition("</table>")[0]


def test_a_window_without_violations_says_so() -> None:
    text = Page(render_report(report())).text
    assert "No constraint of the baseline is violated." in text


def test_duplicates_are_shown_as_a_count_or_as_an_interval() -> None:
    made = report()
    label = "records that repeat one of another file"
    assert f"{label} 0%" in Page(render_report(made)).text
    estimate = DuplicateEstimate(0.05, (0.04, 0.06), 2047)
    estimated = replace(made, counts=replace(made.counts, duplicate_share=estimate))
    assert f"{label} 4% to 6%" in Page(render_report(estimated)).text


def test_a_seasonal_reference_is_shown_with_its_weeks() -> None:
    made = with_column(report(), "age", reference_weeks=4)
    assert "compared with the same hours of 4 weeks" in Page(render_report(made)).text


def test_invalid_features_come_first_and_excluded_ones_last() -> None:
    made = with_column(report(shift=8.0, extra=2), "more_0", status=ColumnStatus.EXCLUDED)
    made = with_column(made, "more_1", status=ColumnStatus.INVALID_DATA)
    table = render_report(made).partition('class="ranking"')[2].partition("</table>")[0]
    order = sorted(("age", "city", "more_0", "more_1"), key=lambda name: table.index(f">{name}<"))
    assert order == ["more_1", "age", "city", "more_0"]
