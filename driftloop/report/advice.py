"""What to look at first, and what to do next."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from driftloop.detection import DriftPolicy, persistent_columns

Ranked = Sequence[tuple[str, Mapping[str, Any]]]
History = Sequence[Mapping[str, Any]]

MAX_POINTERS = 6
MAX_NAMED = 3

_ALARM_SETTINGS = ("datapoints_to_alarm", "evaluation_periods")

_NEXT: Mapping[str, tuple[str, ...]] = {
    "stable": ("Nothing to do.",),
    "insufficient_data": (
        "Nothing to do if traffic is known to be low; a longer window (monitoring.window_hours)"
        " gathers more records.",
        "If traffic was normal, look whether capture still works: the capture-loss alarm and the"
        " endpoint's data-capture settings.",
    ),
    "invalid_data": (
        "Repair the data where it comes from: the findings on data quality say which column, and"
        " how.",
        "Until then the gate refuses to retrain, and this window is left out of training data.",
        "The model has answered these requests: tell those who use its predictions.",
    ),
}
_CAUSE = (
    "A change upstream (a new client, a new unit, a new code for a level) is mended at its source;"
    " a change of the world is learned by retraining."
)
_GATE = (
    "If the drift stays, the alarm asks the gate, which starts one retraining or says why not."
    " Then the challenger waits for approval in the model registry."
)
_TREND = (
    "The trend tells a step, which points at a release or an event, from a slow change such as a"
    " season."
)
_NO_PAST = "Reports of earlier windows (--history) would show since when, and how it came."


class TopReason(NamedTuple):
    """A reason of the verdict: the column that it is about, if it is about one, and the rest."""

    name: str
    text: str


def top_reasons(report: Mapping[str, Any]) -> list[TopReason]:
    """The verdict's own reasons, weightiest first."""
    names = sorted((*report["features"], "prediction"), key=len, reverse=True)
    reasons = dict.fromkeys(str(reason) for reason in report.get("reasons", ()))
    return [_pointer(reason, names) for reason in reasons][:MAX_POINTERS]


def next_steps(report: Mapping[str, Any], ranked: Ranked, history: History) -> list[str]:
    """What to do, by verdict and by what has drifted, now and in the windows before."""
    verdict = report["verdict"]
    if verdict != "drifted":
        return list(_NEXT[verdict])
    drifted = [(name, entry) for name, entry in ranked if entry.get("status") == "drifted"]
    steps = [_alarm(report, ranked, history), *_causes(drifted), *_answers(report, drifted), _CAUSE]
    if history:
        steps.append(_TREND)
    elif report.get("version") is None:
        steps.append(_NO_PAST)
    if report.get("version") is not None:
        steps.append(_GATE)
    return steps


def _pointer(reason: str, names: Sequence[str]) -> TopReason:
    for name in names:
        if reason.startswith(f"{name}: "):
            return TopReason(name, reason.removeprefix(f"{name}: "))
    return TopReason("", reason)


def _alarm(report: Mapping[str, Any], ranked: Ranked, history: History) -> str:
    """Whether this is an alarm, or how it would become one."""
    if report.get("windows"):
        return "A drifted day raises the alarm by itself."
    settings = {name: report["policy"][name] for name in _ALARM_SETTINGS}
    rule = "{datapoints_to_alarm} of the last {evaluation_periods} judged windows".format(
        **settings
    )
    names = persistent_columns(history, report, DriftPolicy(**settings))
    if names:
        order = {name: place for place, (name, _) in enumerate(ranked)}
        first = sorted(names, key=lambda name: order.get(name, len(order)))
        return f"{_named(first)} drifted in {rule}: that raises the alarm."
    return f"This window alone raises no alarm: one and the same column must drift in {rule}."


def _causes(drifted: Ranked) -> Iterator[str]:
    """What the kind of a change points at."""
    fresh = [name for name, entry in drifted if _has_new(entry)]
    if fresh:
        yield (
            f"{_named(fresh)}: ask whether the new levels are new things, or new codes and"
            " spellings of old ones."
        )
    emptier = [name for name, entry in drifted if _is_emptier(entry)]
    if emptier:
        yield f"{_named(emptier)}: look at the client or the join that no longer fills it."
    since = Counter(entry["since"] for _, entry in drifted if entry.get("since"))
    if since:
        _, most = since.most_common(1)[0]
        if most > 1:
            yield f"{most} features began to drift in the same window: look for one cause first."


def _answers(report: Mapping[str, Any], drifted: Ranked) -> Iterator[str]:
    prediction = report.get("prediction") or {}
    if prediction.get("drifted") and drifted:
        yield "The model's answers have moved along: tell those who use them."
    elif prediction.get("drifted"):
        yield (
            "The answers moved though no feature did: look at what serves (the version, its"
            " preprocessing), then at features that go together in another way."
        )
    elif prediction.get("status") in ("stable", "minor_change"):
        yield "The model's answers have not drifted: labels, as they arrive, say whether they hold."


def _has_new(entry: Mapping[str, Any]) -> bool:
    return any("new level" in str(reason) for reason in entry.get("reasons", ()))


def _is_emptier(entry: Mapping[str, Any]) -> bool:
    before, now = ((entry.get(side) or {}).get("missing_share") for side in ("baseline", "current"))
    told = any(": missing in" in str(reason) for reason in entry.get("reasons", ()))
    return told and (now or 0.0) > (before or 0.0)


def _named(names: Sequence[str]) -> str:
    rest = len(names) - MAX_NAMED
    shown = ", ".join(names[:MAX_NAMED])
    return f"{shown} and {rest} more" if rest > 0 else shown
