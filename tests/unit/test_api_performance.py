"""``dl.performance`` on arrays, held to scikit-learn."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss, roc_auc_score

import driftloop as dl
import driftloop.performance.evaluate  # the package of the function's name


def _binary(count: int = 4000, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    scores = draw.beta(1.2, 2, count)
    return scores, (draw.random(count) < scores).astype(int)


def test_the_function_keeps_its_name_where_the_package_is_imported() -> None:
    assert driftloop.performance is dl.performance
    assert callable(dl.performance)


def test_arrays_lists_and_columns_give_the_same_report() -> None:
    scores, labels = _binary()
    times = np.arange(4000) * 300 + 1_700_000_000
    expected = dl.performance(scores, labels, times)
    assert expected.scores["roc_auc"].value == pytest.approx(
        roc_auc_score(labels, scores), abs=expected.scores["roc_auc"].bound
    )
    assert dl.performance(scores.tolist(), labels.tolist(), times.tolist()) == expected
    frame = pd.DataFrame({"p": scores, "y": labels, "t": pd.to_datetime(times, unit="s", utc=True)})
    assert dl.performance(frame["p"], frame["y"], frame["t"]) == expected


def test_probabilities_of_several_classes_have_a_log_loss() -> None:
    draw = np.random.default_rng(1)
    p = draw.dirichlet([1, 2, 3], 500)
    labels = [str(draw.choice(["a", "b", "c"], p=row)) for row in p]
    report = dl.performance(p, labels, classes=["a", "b", "c"])
    assert report.problem_type == "multiclass_classification"
    assert report.scores["log_loss"].value == pytest.approx(log_loss(labels, p), abs=1e-6)


def test_a_baseline_with_held_out_outcomes_decides() -> None:
    scores, labels = _binary()
    frame = pd.DataFrame(
        {"x": np.arange(4000) % 7, "score": scores, "y": labels, "t": np.arange(4000) * 600}
    )
    baseline = dl.Baseline.fit(
        frame,
        target="y",
        prediction="score",
        time_column="t",
        problem_type="binary_classification",
    )
    fresh, outcome = _binary(seed=9)
    times = np.arange(4000) * 300 + 10_000_000
    stable = dl.performance(fresh, outcome, times, baseline=baseline)
    assert stable.verdict == "stable"
    assert dl.performance(fresh, 1 - outcome, times, baseline=baseline).verdict == "degraded"


def test_young_days_are_weighted_by_the_times_of_labels() -> None:
    draw = np.random.default_rng(3)
    count = 20_000
    scores, labels = _binary(count, 3)
    times = np.sort(draw.uniform(0, 40 * 86_400, count)) + 1_700_000_000
    arrival = times + draw.exponential(np.where(labels == 1, 12.0, 48.0)) * 3600
    end = times.max()
    known = [int(y) if at <= end else None for y, at in zip(labels, arrival, strict=True)]
    report = dl.performance(
        scores,
        known,
        times,
        label_times=np.where(arrival <= end, arrival, np.nan),
        as_of=float(end),
    )
    assert report.maturity.mass == pytest.approx(1, abs=0.05)
    assert {"mature", "weighted"} <= {str(day.status) for day in report.days}
    assert "weighted: more labels are to come" in report.to_html()
    bounds = report.scores["log_loss"]
    assert bounds.lowest is not None
    assert bounds.highest is not None
    assert bounds.value is not None
    assert bounds.lowest < log_loss(labels, scores) < bounds.highest


def test_segments_and_groups_are_counted() -> None:
    scores, labels = _binary(200)
    sides = ["left" if n % 2 else "right" for n in range(200)]
    report = dl.performance(scores, labels, segments={"side": sides}, groups={"side": sides})
    assert [(one.level, one.known) for one in report.segments] == [("left", 100), ("right", 100)]
    assert report.groups[0].positives == labels[1::2].sum()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"labels": [None, None]}, "none of them is known"),
        ({"labels": [0]}, "as many as labels"),
        ({"times": ["yesterday", "today"]}, "is not a time"),
        ({"problem_type": "binary"}, "give one of"),
        ({"min_effect_sizes": {"auc": 0.1}}, "there is no score 'auc'"),
        ({"max_label_age_hours": 0}, "above 0"),
        ({"missing_label_means": "no"}, "unknown or negative"),
        ({"segments": {"side": ["a"]}}, "as many as labels"),
        ({"predictions": "0.5"}, "a list, an array or a column"),
        ({"classes": ["a", "b", "c"]}, "rows of 3 probabilities"),
    ],
)
def test_a_wrong_argument_is_an_error_that_says_what_to_give(arguments: dict, message: str) -> None:
    given = {"predictions": [0.2, 0.7], "labels": [0, 1], **arguments}
    with pytest.raises(dl.InputError, match=message):
        dl.performance(given.pop("predictions"), given.pop("labels"), **given)
