"""When a model is degraded."""

import pytest
from scipy.stats import t, ttest_ind_from_stats

from driftloop.performance.confidence_intervals import ScoreInterval
from driftloop.performance.degradation import compare_scores, is_degraded
from driftloop.performance.performance_policy import PerformancePolicy
from driftloop.performance.performance_report import PeriodCheck

POLICY = PerformancePolicy()


def by_days(value: float, error: float, days: int) -> ScoreInterval:
    half = float(t.ppf(0.975, days - 1)) * error
    return ScoreInterval(
        value=value, low=value - half, high=value + half, method="day_jackknife", days=days
    )


def test_the_test_is_that_of_welch() -> None:
    """A mean of D values with standard error s is one with standard deviation s sqrt(D)."""
    current, reference = by_days(0.60, 0.010, 8), by_days(0.65, 0.008, 20)
    (change,) = compare_scores(
        {"roc_auc": current}, {"roc_auc": reference}, {"roc_auc": 0.02}, POLICY
    )
    expected = ttest_ind_from_stats(
        0.60, 0.010 * 8**0.5, 8, 0.65, 0.008 * 20**0.5, 20, equal_var=False
    )
    assert change.p_value == pytest.approx(float(expected.pvalue))
    assert change.worsening == pytest.approx(0.05)
    assert change.low < 0.05 < change.high


@pytest.mark.parametrize(
    ("current", "error", "degraded"),
    [
        (0.60, 0.005, True),
        (0.64, 0.001, False),  # significant, but smaller than what counts
        (0.60, 0.03, False),  # large, but not significant
        (0.70, 0.001, False),  # better
    ],
)
def test_a_score_is_worse_if_it_is_so_by_enough_and_significantly(
    current: float, error: float, degraded: bool
) -> None:
    (change,) = compare_scores(
        {"roc_auc": by_days(current, error, 10)},
        {"roc_auc": by_days(0.65, 0.001, 10)},
        {"roc_auc": 0.02},
        POLICY,
    )
    assert change.is_degraded is degraded


def test_losses_are_compared_as_shares_of_the_reference_and_worse_if_higher() -> None:
    (change,) = compare_scores(
        {"log_loss": by_days(0.55, 0.001, 10)},
        {"log_loss": by_days(0.50, 0.001, 10)},
        {"log_loss": 0.1},
        POLICY,
    )
    assert change.is_relative
    assert change.worsening == pytest.approx(0.1)


def test_scores_without_a_value_on_either_side_are_not_compared() -> None:
    nothing = ScoreInterval(value=None, reason="all labels are of one class")
    known = by_days(0.6, 0.01, 10)
    sizes = {"roc_auc": 0.02}
    assert compare_scores({"roc_auc": nothing}, {"roc_auc": known}, sizes, POLICY) == ()
    assert compare_scores({"roc_auc": known}, {}, sizes, POLICY) == ()


@pytest.mark.parametrize(
    ("checks", "expected"),
    [
        ([True, True, False], True),
        ([True, False, False], False),
        ([True], True),
        ([None, True, None], True),
        ([None, None], None),
        ([], None),
    ],
)
def test_two_of_the_last_three_days_must_end_days_that_are_worse(
    checks: list[bool | None], expected: bool | None
) -> None:
    made = [
        PeriodCheck(first_day=None, last_day=None, labeled=500, changes=(), is_degraded=one)
        for one in checks
    ]
    assert is_degraded(made, POLICY) is expected
