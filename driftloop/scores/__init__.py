"""How good predictions were: one formula per file, and the table of the scores that reports show.

A score is a function of sums over labeled rows (``driftloop.outcomes.sums``), never of rows. A new
score is one file with its formula and one row of ``SCORES``. The report and the conformance tests
read the row. Scores know nothing of each other, and none decides whether a value is bad.
"""

from collections.abc import Collection

from driftloop.outcomes import OutcomeBinning, Outcomes
from driftloop.outcomes.sums import ScoreValue, Sums, segment_sums, sums_of
from driftloop.schema import ProblemType
from driftloop.scores.absolute_error_quantile import (
    absolute_error_quantile,
    order_statistics_interval,
)
from driftloop.scores.accuracy import accuracy, accuracy_interval
from driftloop.scores.bias import bias, bias_interval
from driftloop.scores.brier import brier, brier_interval
from driftloop.scores.calibration_error import calibration_error
from driftloop.scores.f1 import f1, f1_interval, macro_f1
from driftloop.scores.log_loss import log_loss, log_loss_interval
from driftloop.scores.mae import mae, mae_interval
from driftloop.scores.precision import macro_precision, precision, precision_interval
from driftloop.scores.r2 import r2
from driftloop.scores.recall import macro_recall, recall, recall_interval
from driftloop.scores.rmse import rmse, rmse_interval
from driftloop.scores.roc_auc import delong_interval, macro_roc_auc, roc_auc
from driftloop.scores.score import IntervalMethod, Score

BINARY = ProblemType.BINARY_CLASSIFICATION
MULTICLASS = ProblemType.MULTICLASS_CLASSIFICATION
REGRESSION = ProblemType.REGRESSION

_MACRO = "Of several classes: the unweighted mean over classes, as scikit-learn's `macro`"

_NO_LABELS = "No record has a label."


def _quantile(name: str, share: float) -> Score:
    return Score(
        name=name,
        label=f"{share:.0%} of errors below",
        formulas={REGRESSION: absolute_error_quantile(share)},
        row_intervals={REGRESSION: order_statistics_interval(share)},
        interval_method="order_statistics",
        better="lower",
        lower=0.0,
        meaning=f"The absolute error that {share:.0%} of the records do not exceed.",
        formula=f"the ⌈{share:g} n⌉-th smallest |y − f|",
        convention="Type 1 of Hyndman and Fan; exact at the split points of the holdout's errors,"
        " between them placed by rank.",
        source='Hyndman and Fan, "Sample quantiles in statistical packages", Am. Stat. 50 (1996).',
        undefined=_NO_LABELS,
        is_exact=False,
    )


SCORES: tuple[Score, ...] = (
    Score(
        name="roc_auc",
        label="ROC AUC",
        formulas={BINARY: roc_auc, MULTICLASS: macro_roc_auc},
        row_intervals={BINARY: delong_interval},
        interval_method="delong",
        better="higher",
        lower=0.0,
        upper=1.0,
        meaning="Probability that a positive record has a higher score than a negative one.",
        formula="A = Σ p (Q + q / 2) over cells; error at most Σ p q / 2",
        convention="Ties count half. Of several classes: the unweighted mean of each class against"
        " all others, as scikit-learn's `multi_class='ovr'`.",
        source="Hanley and McNeil, Radiology 143 (1982); DeLong et al., Biometrics 44 (1988).",
        undefined="All labels are of one class.",
        is_exact=False,
    ),
    Score(
        name="log_loss",
        label="log-loss",
        formulas={BINARY: log_loss, MULTICLASS: log_loss},
        row_intervals={BINARY: log_loss_interval, MULTICLASS: log_loss_interval},
        interval_method="normal",
        better="lower",
        lower=0.0,
        meaning="Mean of −ln of the probability of what came true.",
        formula="−Σ ln p(y) / n",
        convention="Probabilities are clipped to 2⁻⁵², as in scikit-learn; each loss is rounded to"
        " a multiple of 2⁻²⁰.",
        source='Good, "Rational decisions", J. R. Statist. Soc. B 14 (1952).',
        undefined="No record has a label, or a score is no probability.",
        is_exact=False,
    ),
    Score(
        name="brier",
        label="Brier score",
        formulas={BINARY: brier, MULTICLASS: brier},
        row_intervals={BINARY: brier_interval, MULTICLASS: brier_interval},
        interval_method="normal",
        better="lower",
        lower=0.0,
        upper=2.0,
        meaning="Mean squared difference of probability and outcome.",
        formula="Σ (p − y)² / n",
        convention="Of two classes that of the positive one, of several the sum over classes, as in"
        " scikit-learn; each value is rounded to a multiple of 2⁻²⁰.",
        source="Brier, Mon. Weather Rev. 78 (1950).",
        undefined="No record has a label, or a score is no probability.",
        is_exact=False,
    ),
    Score(
        name="accuracy",
        label="accuracy",
        formulas={BINARY: accuracy, MULTICLASS: accuracy},
        row_intervals={BINARY: accuracy_interval, MULTICLASS: accuracy_interval},
        interval_method="wilson",
        better="higher",
        lower=0.0,
        upper=1.0,
        meaning="Share of records whose predicted class is the true one.",
        formula="(tp + tn) / n",
        convention="A record is predicted positive from the decision threshold on; of several"
        " classes the most probable one is predicted.",
        source="Wilson, J. Am. Stat. Assoc. 22 (1927), for the interval.",
        undefined=_NO_LABELS,
    ),
    Score(
        name="precision",
        label="precision",
        formulas={BINARY: precision, MULTICLASS: macro_precision},
        row_intervals={BINARY: precision_interval},
        interval_method="wilson",
        better="higher",
        lower=0.0,
        upper=1.0,
        meaning="Share of the records predicted positive that are positive.",
        formula="tp / (tp + fp)",
        convention=f"{_MACRO}, without classes that are never predicted.",
        source='van Rijsbergen, "Information Retrieval" (1979), chapter 7.',
        undefined="No labeled record is predicted positive.",
    ),
    Score(
        name="recall",
        label="recall",
        formulas={BINARY: recall, MULTICLASS: macro_recall},
        row_intervals={BINARY: recall_interval},
        interval_method="wilson",
        better="higher",
        lower=0.0,
        upper=1.0,
        meaning="Share of the positive records that are predicted positive.",
        formula="tp / (tp + fn)",
        convention=f"{_MACRO}, without classes that no label has.",
        source='van Rijsbergen, "Information Retrieval" (1979), chapter 7.',
        undefined="No record is labeled positive.",
    ),
    Score(
        name="f1",
        label="F1",
        formulas={BINARY: f1, MULTICLASS: macro_f1},
        row_intervals={BINARY: f1_interval},
        interval_method="normal",
        better="higher",
        lower=0.0,
        upper=1.0,
        meaning="Harmonic mean of precision and recall.",
        formula="2 tp / (2 tp + fp + fn)",
        convention=f"{_MACRO}, without classes that no record has or is predicted as.",
        source='van Rijsbergen, "Information Retrieval" (1979), chapter 7.',
        undefined="No labeled record is positive or predicted positive.",
    ),
    Score(
        name="calibration_error",
        label="calibration error",
        formulas={BINARY: calibration_error, MULTICLASS: calibration_error},
        better="lower",
        lower=0.0,
        upper=1.0,
        meaning="Mean distance of predicted probability and share that came true, over ten groups.",
        formula="Σ |Σ p − events| / n over groups of scores",
        convention="Groups have equal sizes in the baseline's holdout. Of several classes: the"
        " predicted class's probability. Chance alone makes it greater than 0.",
        source="Naeini et al., AAAI 2015; Guo et al., ICML 2017.",
        undefined="No record has a label, or a score is no probability.",
        is_exact=False,
    ),
    Score(
        name="rmse",
        label="RMSE",
        formulas={REGRESSION: rmse},
        row_intervals={REGRESSION: rmse_interval},
        interval_method="normal",
        better="lower",
        lower=0.0,
        meaning="Root mean squared error.",
        formula="√(Σ (y − f)² / n)",
        convention="In the target's unit.",
        source="Gneiting, J. Am. Statist. Assoc. 106 (2011).",
        undefined=_NO_LABELS,
    ),
    Score(
        name="mae",
        label="MAE",
        formulas={REGRESSION: mae},
        row_intervals={REGRESSION: mae_interval},
        interval_method="normal",
        better="lower",
        lower=0.0,
        meaning="Mean absolute error.",
        formula="Σ |y − f| / n",
        convention="In the target's unit.",
        source="Gneiting, J. Am. Statist. Assoc. 106 (2011).",
        undefined=_NO_LABELS,
    ),
    Score(
        name="bias",
        label="bias",
        formulas={REGRESSION: bias},
        row_intervals={REGRESSION: bias_interval},
        interval_method="normal",
        better="near_zero",
        meaning="Mean error; above 0, predictions are too low.",
        formula="Σ (y − f) / n",
        convention="Label less prediction, in the target's unit.",
        source='Jolliffe and Stephenson, "Forecast Verification" (2012), section 5.3.',
        undefined=_NO_LABELS,
    ),
    Score(
        name="r2",
        label="R²",
        formulas={REGRESSION: r2},
        better="higher",
        upper=1.0,
        meaning="Share of the labels' variation that the predictions explain.",
        formula="1 − Σ (y − f)² / Σ (y − ȳ)²",
        convention="Below 0 if the mean of the labels would be a better prediction.",
        source='Draper and Smith, "Applied Regression Analysis" (1998), section 1.3.',
        undefined="No record has a label, or the labels do not vary.",
    ),
    _quantile("absolute_error_p50", 0.5),
    _quantile("absolute_error_p90", 0.9),
    _quantile("absolute_error_p99", 0.99),
)


def scores_for(problem_type: ProblemType) -> tuple[Score, ...]:
    """The scores of a problem type, in the order of the table."""
    return tuple(score for score in SCORES if problem_type in score.formulas)


def compute_scores(sums: Sums, names: Collection[str] | None = None) -> dict[str, ScoreValue]:
    """Scores by name: all of the problem type, or those of ``names``.

    Example:
        >>> import numpy as np
        >>> from driftloop.outcomes import count_binary, fit_binary_binning
        >>> scores, labels = np.array([0.2, 0.4, 0.7, 0.9]), np.array([0, 1, 0, 1])
        >>> binning = fit_binary_binning(scores)
        >>> sums = sums_of(binning, count_binary(binning, scores, labels))
        >>> compute_scores(sums, {"roc_auc"})["roc_auc"].value
        0.75
    """
    return {
        score.name: score.formulas[sums.problem_type](sums)
        for score in scores_for(sums.problem_type)
        if names is None or score.name in names
    }


def scores_of(binning: OutcomeBinning, outcomes: Outcomes) -> dict[str, ScoreValue]:
    """All scores of counted outcomes, by name."""
    return compute_scores(sums_of(binning, outcomes))


__all__ = [
    "SCORES",
    "IntervalMethod",
    "Score",
    "ScoreValue",
    "compute_scores",
    "scores_for",
    "scores_of",
    "segment_sums",
    "sums_of",
]
