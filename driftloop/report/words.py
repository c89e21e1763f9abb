"""The verdict and what follows from it, in sentences."""

from collections.abc import Mapping, Sequence
from typing import Any

from driftloop.report.numbers import count, plural

STATUS_WORDS: Mapping[str, str] = {
    "drifted": "drifted",
    "shifted": "shifted, below the floor",
    "stable": "stable",
    "insufficient_data": "too few records",
    "invalid_data": "not judged",
}

VERDICT_WORDS: Mapping[str, str] = {
    "stable": "Stable",
    "drifted": "Drifted",
    "insufficient_data": "Too few records",
    "invalid_data": "Broken data",
}

_NEXT: Mapping[str, tuple[str, ...]] = {
    "stable": ("Nothing to do.",),
    "drifted": (
        "Find the cause first: a change upstream (a new client, a new unit, a new code for a level)"
        " is mended at its source, a change of the world is learned by retraining.",
        "Look at the trend below: a drift that began in one window points at a release or an event,"
        " a slow one at a season or a growing population.",
        "If the drift stays, the alarm asks the gate, which starts one retraining or says why not."
        " Then the challenger waits for approval in the model registry.",
    ),
    "insufficient_data": (
        "Nothing to do if traffic is known to be low; a longer window (monitoring.window_hours)"
        " gathers more records.",
        "If traffic was normal, look whether capture still works: the capture-loss alarm and the"
        " endpoint's data-capture settings.",
    ),
    "invalid_data": (
        "Repair the data where it comes from: the violations below say which column, and how.",
        "Until then the gate refuses to retrain, and this window is left out of training data.",
        "The model has answered these requests: tell those who use its predictions.",
    ),
}


def headline(report: Mapping[str, Any], ranked: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    """The verdict in one sentence."""
    total = plural(len(ranked), "feature")
    drifted = [name for name, entry in ranked if entry.get("status") == "drifted"]
    verdict = report["verdict"]
    if verdict == "drifted":
        return _drifted(drifted, total, prediction_drifted(report))
    if verdict == "stable":
        shifted = sum(entry.get("status") == "shifted" for _, entry in ranked)
        small = f"; {count(shifted)} shifted by less than the floor" if shifted else ""
        return f"Stable: none of {total} has drifted{small}."
    if verdict == "insufficient_data":
        return "Too few records to judge this window."
    violations = len(report["data_quality"]["violations"])
    return f"The data of this window is broken: {plural(violations, 'violation')}."


def prediction_drifted(report: Mapping[str, Any]) -> bool:
    """Whether the model's answers drifted."""
    prediction = report.get("prediction") or {}
    return bool(prediction.get("drifted"))


def look_first(
    report: Mapping[str, Any], ranked: Sequence[tuple[str, Mapping[str, Any]]]
) -> list[str]:
    """Where to look, most important first: the verdict's own reasons, then the largest changes."""
    lines = [str(reason) for reason in report.get("reasons", ())]
    for name, entry in ranked[:3]:
        if entry.get("status") == "drifted":
            lines += [_named(name, reason) for reason in list(entry.get("reasons", ()))[:1]]
    unique = list(dict.fromkeys(lines))
    return unique[:6]


def next_steps(report: Mapping[str, Any]) -> tuple[str, ...]:
    """What to do, by verdict."""
    return _NEXT[report["verdict"]]


def _drifted(drifted: Sequence[str], total: str, prediction: bool) -> str:
    if not drifted and not prediction:
        return f"Drifted: two features go together in another way, though none of {total} has."
    if not drifted:
        return f"Drifted: the predictions have moved, though none of {total} has."
    also = ", and so have the predictions" if prediction else ""
    if len(drifted) == 1:
        return f"Drifted: {drifted[0]}, one of {total}{also}."
    return f"Drifted: {count(len(drifted))} of {total}, above all {drifted[0]}{also}."


def _named(name: str, reason: str) -> str:
    return reason if name in reason else f"{name}: {reason}"
