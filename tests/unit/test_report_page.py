"""The page of one analysis, from reports as they are really made."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

from driftloop.capture.line_counts import REJECT_REASON_MEANINGS, LineCounts
from driftloop.capture.record_batch import RecordBatch
from driftloop.detection.policy import DriftPolicy
from driftloop.html import render_report
from driftloop.profile import Baseline, fit_baseline, profile_batch
from driftloop.report import build_report
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
    history: Sequence[Mapping[str, Any]] = (),
    extra: int = 0,
    model: str = "churn",
) -> dict[str, Any]:
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
        self.text: list[str] = []
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
        self.text.append(data)

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())


def test_a_drifted_window_says_so_in_one_sentence_and_names_the_feature() -> None:
    page = Page(render_report(report(shift=8.0)))
    # seeds 1 and 2 of N(40, 10) and N(48, 10)
    assert re.search(r"Drifted: age \(median 3\d\.\d+ → 4\d\.\d+\), one of 2 features", page.words)
    assert "like a mean shift of" in page.words
    assert "What to do next" in page.words


def test_a_quiet_window_says_that_it_is_stable_and_that_there_is_nothing_to_do() -> None:
    words = Page(render_report(report())).words
    assert "Stable: none of 2 features has drifted" in words
    assert "Nothing to do." in words


def test_a_window_with_too_few_records_is_not_called_stable() -> None:
    words = Page(render_report(report(rows=20))).words
    assert "Too few records to judge this window." in words
    assert "Stable:" not in words


def test_each_reason_to_reject_a_line_is_explained() -> None:
    words = Page(
        render_report(report(rejected={str(kind): 2 for kind in REJECT_REASON_MEANINGS}))
    ).words
    for meaning in REJECT_REASON_MEANINGS.values():
        assert meaning in words


def test_what_comes_from_data_is_escaped_wherever_it_stands() -> None:
    hostile = report(shift=8.0, categories=[HOSTILE], model=HOSTILE, rejected={HOSTILE: 1})
    hostile["features"][HOSTILE] = hostile["features"].pop("age")
    hostile["notes"] = [HOSTILE]
    hostile["reasons"] = [HOSTILE]
    violation = {"feature": HOSTILE, "constraint": HOSTILE, "message": HOSTILE}
    hostile["data_quality"]["violations"] = [violation]
    past = {**hostile, "drifted_features": [HOSTILE]}
    html = render_report(hostile, [past])
    assert "<script" not in html
    assert html.count("&lt;script&gt;") >= 8


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    page = Page(render_report(report(shift=8.0), [report(1)]))
    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "link", "img", "iframe", "form"})
    for _, attributes in page.tags:
        assert not (attributes.get("href") or "#").strip("#").startswith("http")
        assert not any(name.startswith("on") for name in attributes)
    policies = [a["content"] for tag, a in page.tags if tag == "meta" and "http-equiv" in a]
    assert policies
    assert "default-src 'none'" in str(policies[0])


def test_every_tag_that_is_opened_is_closed() -> None:
    assert Page(render_report(report(shift=8.0), [report(1)])).open == []


def test_the_same_report_gives_the_same_bytes() -> None:
    once = report(shift=8.0)
    again = json.loads(json.dumps(once))
    assert render_report(once) == render_report(again)


def test_a_new_level_is_marked_as_new() -> None:
    words = Page(render_report(report(categories=["Madrid"]))).words
    assert "Madrid new" in words


def test_every_link_within_the_page_has_its_target() -> None:
    page = Page(render_report(report(shift=8.0, extra=40)))
    targets = {attributes.get("id") for _, attributes in page.tags}
    links = [a["href"] for tag, a in page.tags if tag == "a"]
    assert links
    assert all(str(link).removeprefix("#") in targets for link in links)


def test_with_300_features_all_are_in_the_table_and_only_the_changed_ones_have_a_card() -> None:
    page = Page(render_report(report(rows=400, shift=20.0, extra=298)))
    for number in range(298):
        assert f"more_{number}" in page.words
    cards = [a for tag, a in page.tags if tag == "article"]
    assert 1 <= len(cards) <= 25
    assert len(render_report(report(rows=400, extra=298))) < 400_000


def test_the_history_is_a_strip_with_this_window_last() -> None:
    fitted = fit_baseline(batch(5000, seed=1))
    past = [report(hour, baseline=fitted) for hour in range(3)]
    now = report(3, baseline=fitted, shift=8.0, history=past)
    html = render_report(now, past)
    assert "The last 4 windows" in html
    strip = html.partition('class="strip"')[2].partition("</div>")[0]
    assert strip.count("<span") == 4
    assert 'class="drifted"' in strip.rpartition("<span")[2]


def test_past_windows_may_be_as_little_as_the_ledger_keeps() -> None:
    past = [
        {
            "window": {"start": "2026-03-01T23:00:00Z", "end": "2026-03-02T00:00:00Z"},
            "verdict": "invalid_data",
            "drifted_features": [],
        }
    ]
    assert "The last 2 windows" in render_report(report(), past)


def test_a_past_effect_that_was_not_measured_leaves_a_gap() -> None:
    past = [
        {
            "window": {"start": f"2026-03-01T{hour}:00:00Z", "end": "2026-03-02T00:00:00Z"},
            "verdict": "stable",
            "effects": {"age": effect, "city": 0.1},
        }
        for hour, effect in ((21, 0.1), (22, None), (23, 0.1))
    ]
    lines = render_report(report(), past).partition('class="plot lines"')[2]
    drawn = lines.partition("</svg>")[0]
    # of two lines over four windows, the one with a gap begins twice
    assert sorted(path.count("M") for path in drawn.split('d="')[1::2]) == [1, 2]


def test_a_drift_that_lasts_says_since_when() -> None:
    fitted = fit_baseline(batch(5000, seed=1))
    past: list[dict[str, Any]] = []
    for hour in range(3):
        past.append(report(hour, baseline=fitted, shift=8.0, history=past))
    assert "It began in the window from Mon 2 Mar 2026, 00:00 UTC" in render_report(past[-1])


@pytest.mark.parametrize("rows", [0, 1])
def test_a_window_with_next_to_nothing_still_has_a_page(rows: int) -> None:
    assert "Too few records" in render_report(report(rows=rows))


def correlated(flip: int) -> dict[str, Any]:
    """A report on two features of which only how they go together may have changed."""
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


def test_a_pair_that_goes_together_otherwise_is_shown_by_fifths_of_both_sides() -> None:
    html = render_report(correlated(-1))
    words = Page(html).words
    assert "age and size changed most surely: correlation +0.7" in words
    assert "this is drift" in words
    assert html.count('class="quintiles"') == 2
    # two tables of 25 shaded cells, not hidden behind a click
    assert html.count("--strength") - html.count("var(--strength)") == 50
    assert "Show both tables" not in words


def test_a_pair_that_stayed_is_one_sentence_and_its_tables_wait() -> None:
    words = Page(render_report(correlated(1))).words
    assert "this is no drift" in words
    assert "Show both tables" in words


def test_a_numeric_feature_is_drawn_by_density_and_by_its_distribution_function() -> None:
    html = render_report(report(shift=8.0))
    card = html.partition('id="feature-0"')[2].partition("</article>")[0]
    assert card.count('class="base"') == card.count('class="now"') == 2
    assert "Widest gap: values up to" in card
    assert 'aria-label="age, distribution in the baseline and in this window: median' in card


def test_missing_values_of_a_numeric_feature_are_a_bar_of_both_sides() -> None:
    made = report()
    made["features"]["age"]["baseline"]["missing_share"] = 0.02
    made["features"]["age"]["current"]["missing_share"] = 0.09
    assert "missing 2% → 9%" in Page(render_report(made)).words


def test_each_of_300_features_has_its_picture_and_the_page_stays_below_two_megabytes() -> None:
    html = render_report(report(rows=400, shift=20.0, extra=298))
    assert html.count('class="plot spark"') == 301  # the prediction too
    assert len(html.encode()) < 2_000_000


def test_importance_stands_in_the_table_where_it_is_given() -> None:
    made = report()
    assert ">weight<" not in render_report(made)
    made["policy"]["feature_weights"] = {"age": 3.0}
    assert ">weight<" in render_report(made)


def test_a_feature_s_own_floor_and_design_effect_are_shown_with_it() -> None:
    made = report(shift=8.0)
    made["features"]["age"] |= {"floors": {"effect": 0.31, "share": 0.15}, "design_effect": 2.25}
    words = Page(render_report(made)).words
    assert "floor of effect 0.31" in words
    assert "design effect 2.25" in words
    made["features"]["age"] |= {"floors": {"effect": 0.2, "share": 0.1}, "design_effect": 1.0}
    assert "design effect" not in Page(render_report(made)).words


def test_what_is_left_out_is_said_to_be_and_counts_as_nothing() -> None:
    made = report()
    made["features"]["age"] |= {"status": "excluded", "effect": None, "q_value": None}
    words = Page(render_report(made)).words
    assert "left out" in words
    assert "none of 1 feature has drifted" in words


def test_a_day_says_which_windows_it_sums_up() -> None:
    day = {**report(), "windows": {"summed": ["a", "b"], "missing": ["c"], "unreadable": []}}
    words = Page(render_report(day | {"late_records": {"a": 1200}})).words
    assert "windows summed up 2 windows that are missing 1" in words
    assert "records that came late 1 200" in words
    assert "this day" in words


def test_a_window_that_was_not_judged_draws_no_effect() -> None:
    fitted = fit_baseline(batch(5000, seed=1))
    past = [report(hour, baseline=fitted, rows=20 if hour == 1 else 1000) for hour in range(3)]
    lines = render_report(report(3, baseline=fitted), past).partition('class="plot lines"')[2]
    drawn = lines.partition("</svg>")[0].split('d="')[1::2]
    # the gap makes every line begin twice: one dot, then two joined
    assert {path.count("M") for path in drawn} == {2}


def test_past_verdicts_are_told_to_those_who_don_t_see_colours() -> None:
    fitted = fit_baseline(batch(5000, seed=1))
    past = [report(hour, baseline=fitted) for hour in range(3)]
    html = render_report(report(3, baseline=fitted, shift=8.0, history=past), past)
    assert 'aria-label="Verdicts of the last 4 windows: 3 stable, 1 drifted"' in html


def test_every_table_names_its_rows_or_columns() -> None:
    html = render_report(correlated(-1))
    for table in html.split("<table")[1:]:
        assert 'scope="' in table.partition("</table>")[0]


def test_where_all_constraints_are_kept_that_is_said() -> None:
    assert (
        "Every constraint that the baseline taught is kept." in Page(render_report(report())).words
    )


def test_repeats_are_told_as_a_count_or_as_an_interval() -> None:
    made = report()
    told = "records that repeat an event of another file"
    assert f"{told} 0%" in Page(render_report(made)).words
    made["records"]["duplicate_share"] = {"share": 0.05, "interval": [0.04, 0.06], "sampled": 2047}
    assert f"{told} 4% to 6%" in Page(render_report(made)).words


def test_what_is_compared_with_the_same_hours_says_of_how_many_weeks() -> None:
    made = report()
    made["features"]["age"]["reference_weeks"] = 4
    assert "compared with the same hours of 4 weeks" in Page(render_report(made)).words


def test_broken_features_come_first_and_those_left_out_last() -> None:
    made = report(shift=8.0, extra=2)
    made["features"]["more_0"]["status"] = "excluded"
    made["features"]["more_1"]["status"] = "invalid_data"
    table = render_report(made).partition('class="ranking"')[2].partition("</table>")[0]
    order = sorted(("age", "city", "more_0", "more_1"), key=lambda name: table.index(f">{name}<"))
    assert order == ["more_1", "age", "city", "more_0"]
