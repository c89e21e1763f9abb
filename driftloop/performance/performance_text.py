"""A report on performance in lines of text, for the command line."""

from collections.abc import Iterator, Mapping

from driftloop.performance.confidence_intervals import score_intervals
from driftloop.performance.performance_report import (
    DayStatus,
    PerformanceReport,
    PerformanceVerdict,
    ScoreEstimate,
)
from driftloop.performance.reference import reference_outcomes
from driftloop.profile import Baseline
from driftloop.scores import SCORES

VERDICT_TEXTS: Mapping[PerformanceVerdict, str] = {
    PerformanceVerdict.STABLE: "performance is stable",
    PerformanceVerdict.DEGRADED: "performance is degraded",
    PerformanceVerdict.IMMATURE: "too few labels have arrived yet",
    PerformanceVerdict.LABEL_DELAY_CHANGED: "labels do not arrive as they did",
    PerformanceVerdict.INSUFFICIENT_DATA: "no verdict",
}

SCORE_LABELS: Mapping[str, str] = {score.name: score.label for score in SCORES}

SHOWN_REFERENCE = ("roc_auc", "log_loss", "accuracy", "rmse", "mae")


def summary(report: PerformanceReport, written: list[str]) -> list[str]:
    """The lines that the command prints."""
    return [
        f"{report.model}: {report.verdict} ({VERDICT_TEXTS[report.verdict]})",
        *(f"  {reason}" for reason in report.reasons),
        f"labels: {report.known:,} of {report.expected:,} records with a prediction have one"
        f" ({report.maturity.known_share:.1%})",
        *_days(report),
        *_scores(report),
        *_labels(report),
        *(f"note: {note}" for note in report.notes),
        f"written: {', '.join(written)}",
    ]


def reference_lines(baseline: Baseline) -> list[str]:
    """The scores of a baseline's held-out rows; empty without them."""
    reference = reference_outcomes(baseline)
    if reference is None:
        return []
    found = score_intervals(
        reference.binning, [outcomes for _, outcomes in reference.days], names=SHOWN_REFERENCE
    )
    rows = sum(outcomes.labeled for _, outcomes in reference.days)
    scores = ", ".join(
        f"{SCORE_LABELS[name]} {one.value:.4f}"
        for name, one in found.items()
        if one.value is not None
    )
    return [
        f"reference of performance: {rows:,} rows with a prediction and a label: {scores}. The"
        " predictions must be of rows that the model was not trained on"
    ]


def estimate_text(estimate: ScoreEstimate) -> str:
    """``0.6093 (0.5961 to 0.6225)``."""
    if estimate.value is None:
        return f"– ({estimate.undefined})"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.4f}"
    return f"{estimate.value:.4f} ({estimate.low:.4f} to {estimate.high:.4f})"


def _days(report: PerformanceReport) -> Iterator[str]:
    counts = {
        status: sum(day.status is status for day in report.days)
        for status in DayStatus
        if any(day.status is status for day in report.days)
    }
    if len(report.days) > 1:
        yield f"days: {', '.join(f'{count} {status}' for status, count in counts.items())}"


def _scores(report: PerformanceReport) -> Iterator[str]:
    for name, estimate in report.scores.items():
        reference = report.reference.get(name)
        then = (
            ""
            if reference is None or reference.value is None
            else (f", held out {reference.value:.4f}")
        )
        yield f"  {SCORE_LABELS[name]}: {estimate_text(estimate)}{then}"


def _labels(report: PerformanceReport) -> Iterator[str]:
    use = report.labels
    if use is None:
        return
    if use.unmatched:
        yield f"  {use.unmatched:,} of {use.requests:,} labeled requests have no record here"
    for reason, count in use.unlabeled.items():
        yield f"  records without a label, {reason}: {count:,}"
    if use.unreadable_lines:
        yield f"  label lines that can't be read: {use.unreadable_lines:,}"
