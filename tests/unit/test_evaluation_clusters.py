from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from driftloop.evaluation import GroundTruthValues, cluster_rows, compare_models
from driftloop.evaluation.clusters import Clusters
from driftloop.evaluation.jackknife import paired_jackknife
from driftloop.schema import ProblemType
from pipelines.steps.tables import TIME, read_local_seconds, write_times

DAY = np.float64(86_400)


def _mean(values: np.ndarray):
    return lambda weights: float(weights @ values / weights.sum())


def test_rows_are_clustered_by_day_from_seven_days_on() -> None:
    times = np.arange(14) * DAY / 2
    assert (cluster_rows(14, times).kind, cluster_rows(14, times).count) == ("day", 7)
    assert cluster_rows(14, times).codes.tolist() == [day for day in range(7) for _ in range(2)]
    assert cluster_rows(12, times[:12]).kind == "hour"


def test_fewer_than_seven_hours_leave_single_rows() -> None:
    assert cluster_rows(40, np.repeat(np.arange(6) * 3_600.0, 7)[:40]).kind == "row"


def test_a_row_without_a_time_leaves_entities_or_single_rows() -> None:
    times = np.arange(14) * DAY
    times[3] = np.nan
    entities = np.repeat(np.arange(7), 2)
    assert cluster_rows(14, times).kind == "row"
    assert (cluster_rows(14, times, entities=entities).count) == 7


def test_days_begin_at_midnight_of_the_time_zone(tmp_path: Path) -> None:
    # 23:30 UTC is the next day in Zurich.
    path = tmp_path / "times.csv"
    hours = (1, 23.5)
    times = [day * DAY + hour * 3_600 for day in range(8) for hour in hours]
    write_times([pd.DataFrame({TIME: times})], path)
    assert cluster_rows(16, read_local_seconds(path, "UTC")).count == 8
    assert cluster_rows(16, read_local_seconds(path, "Europe/Zurich")).count == 9


def test_rows_without_a_time_stay_without_one(tmp_path: Path) -> None:
    path = tmp_path / "times.csv"
    write_times([pd.DataFrame({TIME: [np.nan, 0.0]})], path)
    assert read_local_seconds(path, "Europe/Zurich").tolist()[1] == 3_600
    assert np.isnan(read_local_seconds(path, "Europe/Zurich")[0])


def test_the_jackknife_of_a_mean_is_the_interval_of_students_t_test() -> None:
    # One row a cluster: the jackknife's variance of a mean is s^2 / n exactly (Efron and Stein).
    values = np.random.default_rng(3).normal(2, 5, 25)
    clusters = Clusters("day", np.arange(25), 25)
    paired = paired_jackknife(
        {"mean": _mean(np.zeros(25))},
        {"mean": _mean(values)},
        clusters,
        confidence_level=0.95,
    )["mean"].difference
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert (paired.low, paired.high) == pytest.approx((expected.low, expected.high))
    assert paired.standard_error == pytest.approx(stats.sem(values))


def test_errors_that_days_share_widen_the_interval() -> None:
    generator = np.random.default_rng(5)
    days = np.repeat(np.arange(28), 100)
    truth = generator.normal(0, 3, 2_800)
    shared = generator.normal(0, 1, 28)[days]
    champion, challenger = truth + generator.normal(0, 1, 2_800), truth + shared
    ground_truth = GroundTruthValues(ProblemType.REGRESSION, truth)
    errors = [
        compare_models(
            ground_truth, champion, challenger, clusters, resamples=200, confidence_level=0.95
        ).proper_score.difference.standard_error
        for clusters in (cluster_rows(2_800), cluster_rows(2_800, days * DAY))
    ]
    assert errors[1] > 3 * errors[0]


def test_a_score_that_only_one_day_defines_has_no_interval() -> None:
    codes = np.zeros(70)
    codes[:5] = 1
    scores = np.random.default_rng(1).uniform(size=70)
    ranking = compare_models(
        GroundTruthValues(ProblemType.BINARY_CLASSIFICATION, codes),
        scores,
        scores[::-1],
        cluster_rows(70, np.repeat(np.arange(7), 10) * DAY),
        resamples=100,
        confidence_level=0.95,
    ).ranking_score.difference
    assert np.isfinite(ranking.value)
    assert np.isnan([ranking.low, ranking.high]).all()


def test_entities_are_resampled_whole() -> None:
    # Each entity has ten equal rows, so that 200 rows say as much as 20.
    generator = np.random.default_rng(9)
    entities = np.repeat(np.arange(20), 10)
    truth = np.repeat(generator.normal(0, 1, 20), 10)
    challenger = np.repeat(generator.normal(0, 1, 20), 10)
    ground_truth = GroundTruthValues(ProblemType.REGRESSION, truth)
    by_row, by_entity = (
        compare_models(
            ground_truth, truth * 0, challenger, clusters, resamples=400, confidence_level=0.95
        ).proper_score.challenger.standard_error
        for clusters in (cluster_rows(200), cluster_rows(200, entities=entities))
    )
    assert by_entity == pytest.approx(by_row * np.sqrt(10), rel=0.25)
