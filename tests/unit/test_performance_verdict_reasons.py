"""Verdicts that need a special state of the labels, and the words that explain them."""

import numpy as np
import pandas as pd
import pytest
from msgspec.structs import replace

import driftloop as dl
from driftloop.performance.performance_report import LabelUse
from driftloop.performance.performance_text import reference_lines, summary

START = 1_699_920_000  # midnight UTC
DAY = 86_400


def _binary(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    scores = draw.beta(1.2, 2, count)
    return scores, (draw.random(count) < scores).astype(int)


@pytest.fixture(scope="module")
def baseline() -> dl.Baseline:
    scores, labels = _binary(4000)
    frame = pd.DataFrame(
        {"x": np.arange(4000) % 7, "score": scores, "y": labels, "t": np.arange(4000) * 600}
    )
    return dl.Baseline.fit(
        frame,
        target="y",
        prediction="score",
        time_column="t",
        problem_type="binary_classification",
    )


def _delayed(slower: float) -> dl.PerformanceReport:
    """Forty days of records whose labels take ``slower`` times as long from the 34th day on."""
    draw = np.random.default_rng(3)
    count = 20_000
    scores, labels = _binary(count, 3)
    times = np.sort(draw.uniform(0, 40 * DAY, count)) + START
    hours = draw.exponential(np.where(labels == 1, 12.0, 48.0))
    hours = np.where(times >= START + 33 * DAY, hours * slower, hours)
    arrival = times + hours * 3600
    end = float(START + 40 * DAY)
    known = [int(y) if at <= end else None for y, at in zip(labels, arrival, strict=True)]
    return dl.performance(
        scores, known, times, label_times=np.where(arrival <= end, arrival, np.nan), as_of=end
    )


def test_labels_that_come_later_than_before_are_a_changed_delay() -> None:
    report = _delayed(slower=4)
    assert report.verdict == "label_delay_changed"
    (reason,) = report.reasons
    assert report.maturity.mass is not None
    assert report.maturity.mass < 0.8
    assert reason.startswith("Labels do not arrive as they did")
    assert f"{report.maturity.mass:.2f} times those that were expected" in reason
    assert f"(z = {report.maturity.mass_z:.1f})" in reason
    assert "weighted" not in {str(day.status) for day in report.days}
    assert _delayed(slower=1).verdict != "label_delay_changed"


def test_young_labels_are_immature_and_the_reason_counts_them() -> None:
    scores, labels = _binary(1000)
    times = START + np.arange(1000) * 60
    known = [int(label) if n < 400 else None for n, label in enumerate(labels)]
    collected = np.where(np.arange(1000) < 400, times + 3600.0, np.nan)
    report = dl.performance(scores, known, times, label_times=collected)
    assert report.verdict == "immature"
    (reason,) = report.reasons
    assert reason.startswith("400 of 1,000 records have a label (40%), and only 0 of them")
    assert "labels.min_labels is 200" in reason
    assert "wait until they are complete" in reason


def test_fewer_labels_than_a_verdict_takes_are_insufficient_data() -> None:
    report = dl.performance(*_binary(50), min_labels=1200)
    assert report.verdict == "insufficient_data"
    assert report.reasons == ("50 records have a label, and labels.min_labels is 1,200.",)


def test_scores_that_are_undefined_cannot_be_compared(baseline: dl.Baseline) -> None:
    scores, _ = _binary(1000, 1)
    report = dl.performance(
        scores, [1] * 1000, baseline=baseline, min_effect_sizes={"roc_auc": 0.02}
    )
    assert report.verdict == "insufficient_data"
    (reason,) = report.reasons
    undefined = report.scores["roc_auc"].undefined
    assert undefined
    assert reason.startswith("No score can be compared with the held-out records (")
    assert undefined in reason


def test_reasons_on_records_without_times_name_no_days(baseline: dl.Baseline) -> None:
    report = dl.performance(*_binary(3000, 9), baseline=baseline)
    assert report.verdict == "stable"
    assert report.reasons[0].startswith("No score is worse than on held-out records")
    assert len(report.reasons) > 1
    assert not any(reason.startswith(("From ", "On ")) for reason in report.reasons)


def test_predicted_classes_as_text_are_a_multiclass_problem() -> None:
    report = dl.performance(["b", "a", "c", "a"], ["b", "a", "a", "a"])
    assert report.problem_type == "multiclass_classification"
    assert report.scores["accuracy"].value == pytest.approx(0.75)


def test_times_in_an_array_of_text_are_read_like_epoch_seconds() -> None:
    scores, labels = _binary(100)
    times = START + np.arange(100) * 3600
    texts = np.array([pd.Timestamp(t, unit="s", tz="UTC").isoformat() for t in times], dtype=object)
    assert dl.performance(scores, labels, texts) == dl.performance(scores, labels, times)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"predictions": [0.2, "high"], "problem_type": "regression"},
            "row 2 is no number: 'high'",
        ),
        ({"times": [START]}, r"times: 2 of them, as many as labels \(found 1\)"),
        ({"label_times": [START] * 3}, r"label_times: 2 of them, as many as labels \(found 3\)"),
        (
            {
                "predictions": [[0.2, 0.8], [0.3, 0.7]],
                "classes": ["0", "1"],
                "problem_type": "regression",
            },
            "classes= is for several classes, and problem_type is regression",
        ),
        ({"min_effect_sizes": {"roc_auc": -0.1}}, r"min_effect_sizes\['roc_auc'\]=-0.1: give a"),
    ],
)
def test_what_does_not_fit_is_named(arguments: dict, message: str) -> None:
    given = {"predictions": [0.2, 0.7], "labels": [0, 1], **arguments}
    with pytest.raises(dl.InputError, match=message):
        dl.performance(given.pop("predictions"), given.pop("labels"), **given)


def test_a_segment_of_too_many_values_is_to_be_given_in_bins() -> None:
    scores, labels = _binary(251)
    with pytest.raises(dl.InputError, match="side has 251 values, and at most 250"):
        dl.performance(scores, labels, segments={"side": [f"v{n}" for n in range(251)]})


def test_valid_effect_sizes_choose_the_scores_compared(baseline: dl.Baseline) -> None:
    report = dl.performance(
        *_binary(3000, 9), baseline=baseline, min_effect_sizes={"roc_auc": 0.02}
    )
    assert "roc_auc" in {change.score for change in report.checks[-1].changes}


def test_a_baseline_without_predictions_has_no_line_of_reference(baseline: dl.Baseline) -> None:
    frame = pd.DataFrame({"x": np.arange(400) % 7, "y": np.arange(400) % 2})
    plain = dl.Baseline.fit(frame, target="y", problem_type="binary_classification")
    assert reference_lines(plain) == []
    (line,) = reference_lines(baseline)
    assert line.startswith("reference of performance: 4,000 rows")


def test_the_summary_says_what_became_of_labels() -> None:
    report = dl.performance([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])
    plain = summary(report, ["a.json"])
    assert plain[0] == "model: insufficient_data (no verdict)"
    use = LabelUse(requests=3000, unmatched=1200, unlabeled={"no label yet": 7}, unreadable_lines=5)
    lines = summary(replace(report, labels=use), ["a.json"])
    assert [line for line in lines if line not in plain] == [
        "  1,200 of 3,000 labeled requests have no record here",
        "  records without a label, no label yet: 7",
        "  label lines that can't be read: 5",
    ]
    assert lines[-1] == "written: a.json"
