"""docs/reasons.md, from the reasons that the code gives: for rejected lines, and of the gate."""

from collections.abc import Mapping

from docs.generator.markdown import head, table
from driftloop.capture.tally import FILTERED_MEANINGS, MEANINGS
from driftloop.policy.gate import Reason, Refusal

_INTRO = """\
Whatever driftloop does not use or does not do has a reason, from these lists.
"""

VERDICTS: Mapping[str, str] = {
    "stable": "No feature, and not the prediction, has changed both significantly and by more than"
    " the floor.",
    "drifted": "At least one has. The report says which, by how much, and since when.",
    "insufficient_data": "The window has fewer records than monitoring.minimum_records.",
    "invalid_data": "The data is broken: quality.invalid_share of the records is unreadable or"
    " violates what the baseline taught. Drift is not judged on it.",
}

STARTS: Mapping[Reason, str] = {
    Reason.DRIFT: "The drift alarm stands.",
    Reason.PREDICTION_DRIFT: "The prediction-drift alarm stands.",
    Reason.SCHEDULE: "retraining.schedule_days have passed.",
    Reason.REQUESTED: "A person asked, by an event `Retraining Requested`.",
    Reason.FIRST_RUN: "The model has no version yet.",
}

REFUSALS: Mapping[Refusal, str] = {
    Refusal.PAUSED: "driftloop.yaml says that the model rests (`paused: true`).",
    Refusal.BROKEN_DATA: "The newest judged window is invalid, or the alarm is about data quality:"
    " a model trained on it would learn the fault.",
    Refusal.IN_FLIGHT: "A run of the pipeline has not ended.",
    Refusal.AWAITING_APPROVAL: "A challenger waits for a person, or is on its way out.",
    Refusal.STALE_EVIDENCE: "Nothing has drifted since the current champion took over.",
    Refusal.CIRCUIT_OPEN: "retraining.max_rejections challengers in a row were refused: a person"
    " should look.",
    Refusal.COOLDOWN: "The last run started less than retraining.cooldown_hours ago.",
    Refusal.BUDGET_EXHAUSTED: "There were retraining.monthly_budget runs in 30 days.",
    Refusal.NOT_ENOUGH_LABELS: "Fewer than retraining.minimum_labels records have final labels.",
}


def page() -> str:
    """The page's text; a reason without a meaning is a KeyError."""
    source = "driftloop/capture/tally.py and driftloop/policy/gate.py"
    text = head("Verdicts and reasons", source, _INTRO)
    parts = (
        ("Verdicts of a window", {name: VERDICTS[name] for name in VERDICTS}),
        ("Rejected lines", {str(kind): MEANINGS[kind] for kind in MEANINGS}),
        ("Lines set apart, in order", {str(k): FILTERED_MEANINGS[k] for k in FILTERED_MEANINGS}),
        ("Why the gate starts a retraining", {str(kind): STARTS[kind] for kind in Reason}),
        ("Why the gate refuses", {str(kind): REFUSALS[kind] for kind in Refusal}),
    )
    for title, meanings in parts:
        rows = [[f"`{name}`", meaning] for name, meaning in meanings.items()]
        text += f"\n## {title}\n\n{_NOTES.get(title, '')}{table(['reason', 'meaning'], rows)}"
    return text


_NOTES = {
    "Rejected lines": "Every input line is used, set apart, or rejected with one of these reasons;"
    " rejected lines are copied to the quarantine prefix of the analysis bucket.\n\n",
    "Why the gate refuses": "Checked in this order; the first that applies is given. A person's"
    " request is not held back by `stale_evidence`, `circuit_open` and `cooldown`.\n\n",
}
