"""docs/reasons.md, from the reasons that the code gives: for rejected lines, and of the gate."""

from collections.abc import Mapping

from docs.generator.markdown import head, table
from driftloop.capture.line_counts import REJECT_REASON_MEANINGS, SKIP_REASON_MEANINGS
from driftloop.retraining.gate import RefusalReason, StartReason

_INTRO = """\
Whatever driftloop does not use or does not do has a reason, from these lists.
"""

VERDICTS: Mapping[str, str] = {
    "stable": "No feature, and not the prediction, has changed both significantly and by more than"
    " the floor.",
    "drifted": "At least one has. The report says which, by how much, and since when.",
    "insufficient_data": "The window has fewer records than monitoring.min_records.",
    "invalid_data": "The data is broken: quality.max_invalid_record_share of the records is"
    " unreadable or"
    " violates what the baseline taught. Drift is not judged on it.",
}

STARTS: Mapping[StartReason, str] = {
    StartReason.DRIFT: "The drift alarm stands.",
    StartReason.PREDICTION_DRIFT: "The prediction-drift alarm stands.",
    StartReason.SCHEDULE: "retraining.schedule_interval_days have passed.",
    StartReason.MANUAL: "A person asked, by an event `Retraining Requested`.",
    StartReason.INITIAL_TRAINING: "The model has no version yet.",
}

REFUSALS: Mapping[RefusalReason, str] = {
    RefusalReason.PAUSED: "driftloop.yaml says that the model rests (`paused: true`).",
    RefusalReason.INVALID_DATA: "The latest analyzed window is invalid, or the"
    " data-quality alarm is in ALARM: a model trained on this data would learn the fault.",
    RefusalReason.EXECUTION_IN_PROGRESS: "A run of the pipeline has not ended.",
    RefusalReason.PENDING_APPROVAL: "A challenger waits for approval, or is being deployed.",
    RefusalReason.NO_DRIFT_SINCE_PROMOTION: "Nothing has drifted since the champion was promoted.",
    RefusalReason.CIRCUIT_BREAKER_OPEN: "retraining.max_consecutive_rejections"
    " challengers in a row were rejected: investigate before you request another retraining.",
    RefusalReason.COOLDOWN: "The last run started less than retraining.cooldown_hours ago.",
    RefusalReason.RUN_LIMIT_REACHED: "retraining.max_runs_per_30_days executions have"
    " started in the last 30 days.",
    RefusalReason.INSUFFICIENT_LABELS: "Fewer than retraining.min_labels records have"
    " final labels.",
}


def page() -> str:
    """The page's text; a reason without a meaning is a KeyError."""
    source = "driftloop/capture/line_counts.py and driftloop/retraining/gate.py"
    text = head("Verdicts and reasons", source, _INTRO)
    parts = (
        ("Verdicts of a window", {name: VERDICTS[name] for name in VERDICTS}),
        (
            "Rejected lines",
            {str(kind): REJECT_REASON_MEANINGS[kind] for kind in REJECT_REASON_MEANINGS},
        ),
        (
            "Lines set apart, in order",
            {str(k): SKIP_REASON_MEANINGS[k] for k in SKIP_REASON_MEANINGS},
        ),
        ("Why the gate starts a retraining", {str(kind): STARTS[kind] for kind in StartReason}),
        ("Why the gate refuses", {str(kind): REFUSALS[kind] for kind in RefusalReason}),
    )
    for title, meanings in parts:
        rows = [[f"`{name}`", meaning] for name, meaning in meanings.items()]
        text += f"\n## {title}\n\n{_NOTES.get(title, '')}{table(['reason', 'meaning'], rows)}"
    return text


_NOTES = {
    "Rejected lines": "Every input line is used, set apart, or rejected with one of these reasons;"
    " rejected lines are copied to the quarantine prefix of the analysis bucket.\n\n",
    "Why the gate refuses": "Checked in this order; the first that applies is given. A person's"
    " request is not held back by `no_drift_since_promotion`, `circuit_breaker_open` and"
    " `cooldown`.\n\n",
}
