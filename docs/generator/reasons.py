"""docs/reasons.md: every verdict, status and reason code, and what each means."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from docs.generator.markdown import head, table
from driftloop.capture.line_counts import REJECT_REASON_MEANINGS, SKIP_REASON_MEANINGS
from driftloop.retraining.gate import RefusalReason, StartReason

Reason = TypeVar("Reason", bound=StrEnum)

_INTRO = """\
Everything that driftloop does not use or does not do has a reason code. This page lists all of
them.
"""

VERDICTS: Mapping[str, str] = {
    "stable": "Neither a column nor the correlation of two features has drifted.",
    "drifted": "At least one column, or the correlation of two features, has drifted. The report"
    " says which, by how much and since when.",
    "insufficient_data": "The window has fewer records than `monitoring.min_records`; a day has"
    " this verdict if the last 28 days together have fewer.",
    "invalid_data": "Too many lines are unreadable, or too many values violate the constraints"
    " (`quality.max_invalid_record_share`).",
}

STATUSES: Mapping[str, str] = {
    "stable": "The change is not statistically significant.",
    "minor_change": "The change is statistically significant, but below the minimum effect size.",
    "drifted": "The change is statistically significant and at least the minimum effect size.",
    "excluded": "The feature takes no part in drift verdicts. The report says why.",
    "insufficient_data": "There are too few records or values to analyze the column.",
    "invalid_data": "Too many values of the column are missing, invalid or far out of range.",
}

STARTS: Mapping[StartReason, str] = {
    StartReason.DRIFT: "The drift alarm is in ALARM.",
    StartReason.PREDICTION_DRIFT: "The prediction-drift alarm is in ALARM.",
    StartReason.DRIFT_FROM_TRAINING: "The drift-from-training alarm is in ALARM.",
    StartReason.SCHEDULE: "`retraining.schedule_interval_days` have passed since the last start.",
    StartReason.MANUAL: "A person sent a `Retraining Requested` event.",
    StartReason.INITIAL_TRAINING: "The model has no version yet.",
}

REFUSALS: Mapping[RefusalReason, str] = {
    RefusalReason.PAUSED: "The model is paused in driftloop.yaml (`paused: true`).",
    RefusalReason.INVALID_DATA: "The latest analyzed window is invalid, or the data-quality alarm"
    " is in ALARM. A model trained on this data would learn the fault.",
    RefusalReason.EXECUTION_IN_PROGRESS: "An execution of the pipeline is in progress.",
    RefusalReason.PENDING_APPROVAL: "A challenger waits for approval (for"
    " `approval.max_blocking_days` at most), or it is approved and was not released yet.",
    RefusalReason.NO_DRIFT_SINCE_PROMOTION: "Nothing has drifted since the champion was promoted.",
    RefusalReason.CIRCUIT_BREAKER_OPEN: "`retraining.max_consecutive_rejections` challengers in a"
    " row were rejected. Find the cause before you request another retraining.",
    RefusalReason.COOLDOWN: "The last execution started less than `retraining.cooldown_hours` ago.",
    RefusalReason.RUN_LIMIT_REACHED: "`retraining.max_runs_per_30_days` executions have started in"
    " the last 30 days.",
    RefusalReason.INSUFFICIENT_LABELS: "Fewer than `retraining.min_labels` records have final"
    " labels.",
}

START_FAILURES: Mapping[str, str] = {
    "start_failed": "SageMaker refused to start the execution, or it was not possible within two"
    " hours. The decision is closed and does not count for the limits; the next request is decided"
    " anew.",
}

EXECUTION_OUTCOMES: Mapping[str, str] = {
    "succeeded": "The execution registered a challenger.",
    "rejected": "Evaluation rejected the challenger.",
    "failed": "A step failed.",
    "stopped": "A person or another program stopped the execution.",
    "lost": "SageMaker does not know the execution any more: its pipeline was deleted, or its"
    " history has expired.",
}

_NOTES = {
    "Rejected lines": "Every line is used, skipped or rejected. Rejected lines are copied to the"
    " quarantine prefix of the analysis bucket. With a reason that concerns the response, the line"
    " is used without a prediction: the features of the request are analyzed, and it is counted"
    " in `responses_unreadable`. The report has the shape of the first line of each reason, and"
    " settings that would read it, if there are any.\n\n",
    "Skipped lines": "Skipped lines are valid, but do not count in this window.\n\n",
    "Why the gate refuses a retraining": "The checks run in this order; the first that applies is"
    " reported. A manual request is not refused for `no_drift_since_promotion`,"
    " `circuit_breaker_open` or `cooldown`.\n\n",
}


def page() -> str:
    """The page's text."""
    source = "driftloop/capture/line_counts.py and driftloop/retraining/gate.py"
    text = head("Verdicts and reasons", source, _INTRO)
    parts: tuple[tuple[str, Mapping[str, str]], ...] = (
        ("Verdicts of a window", VERDICTS),
        ("Statuses of a column", STATUSES),
        ("Rejected lines", _by_name(REJECT_REASON_MEANINGS)),
        ("Skipped lines", _by_name(SKIP_REASON_MEANINGS)),
        ("Why the gate starts a retraining", _by_name(STARTS)),
        ("Why the gate refuses a retraining", _by_name(REFUSALS)),
        ("When a retraining does not start", START_FAILURES),
        ("How a pipeline execution ends", EXECUTION_OUTCOMES),
    )
    for title, meanings in parts:
        rows = [[f"`{name}`", meaning] for name, meaning in meanings.items()]
        text += f"\n## {title}\n\n{_NOTES.get(title, '')}{table(['reason', 'meaning'], rows)}"
    return text


def _by_name(meanings: Mapping[Reason, str]) -> dict[str, str]:
    return {str(reason): meaning for reason, meaning in meanings.items()}
