"""May a retraining start? Facts in, one decision with its reason, its words and its evidence out.

The checks run in the order of :data:`CHECKS`, and the first that refuses gives the reason. What a
person can do nothing about by waiting comes first (paused, broken data), then what is already on
its way (a run, a version that waits for its approval), then the evidence itself, then the limits.

    paused             driftloop.yaml says that this model rests
    broken_data        the newest judged window is invalid, or the alarm is about data quality
    in_flight          a run of the pipeline has not ended
    awaiting_approval  a challenger waits for a person, or is on its way out
    stale_evidence     nothing has drifted since the current champion took over
    circuit_open       too many challengers in a row were refused: a person should look
    cooldown           the last run started too recently
    budget_exhausted   too many runs in 30 days
    not_enough_labels  too few records whose labels are final

A person's request is not held back by the cooldown, the circuit breaker or missing evidence; a
first run and a schedule need no evidence; without a champion no labels are needed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from driftloop.config.model import Retraining
from driftloop.window import format_time

BUDGET_PERIOD = timedelta(days=30)


class Reason(StrEnum):
    """Why a retraining is asked for, and started."""

    DRIFT = "drift"
    PREDICTION_DRIFT = "prediction_drift"
    SCHEDULE = "schedule"
    REQUESTED = "requested"
    FIRST_RUN = "first_run"


class Refusal(StrEnum):
    """Why a retraining is not started."""

    PAUSED = "paused"
    BROKEN_DATA = "broken_data"
    IN_FLIGHT = "in_flight"
    AWAITING_APPROVAL = "awaiting_approval"
    STALE_EVIDENCE = "stale_evidence"
    CIRCUIT_OPEN = "circuit_open"
    COOLDOWN = "cooldown"
    BUDGET_EXHAUSTED = "budget_exhausted"
    NOT_ENOUGH_LABELS = "not_enough_labels"


@dataclass(frozen=True, slots=True)
class Ask:
    """One cause that asks for a retraining.

    ``cause`` identifies it: the same cause asks only once. ``reason`` is None where no retraining
    could be the cure (the data itself is broken): the refusal is then put on record.
    """

    model: str
    cause: str
    at: datetime
    reason: Reason | None
    words: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What the ledger, the registry and the pipeline know at the time of asking."""

    paused: bool = False
    broken_window: str | None = None
    in_flight: str | None = None
    awaiting: tuple[str, ...] = ()
    champion: int | None = None
    champion_since: datetime | None = None
    drifted_windows: tuple[str, ...] = ()
    drifted_days: tuple[str, ...] = ()
    refused_in_a_row: int = 0
    starts: tuple[datetime, ...] = ()
    mature_labels: int = 0

    @property
    def last_start(self) -> datetime | None:
        """When the newest run started."""
        return max(self.starts, default=None)


@dataclass(frozen=True, slots=True)
class Decision:
    """Start or refuse, the reason as a word, and in words for people; the facts beside it."""

    start: bool
    reason: str
    words: str
    evidence: dict[str, object]

    @property
    def decision(self) -> str:
        """``start`` or ``refuse``, as on the bus."""
        return "start" if self.start else "refuse"


_Check = Callable[[Ask, Facts, Retraining], str | None]


def decide(ask: Ask, facts: Facts, policy: Retraining) -> Decision:
    """The one decision about ``ask``: the first check that refuses, or a start."""
    evidence = _evidence(ask, facts, policy)
    exempt = _EXEMPT.get(ask.reason, frozenset()) if ask.reason else frozenset()
    for refusal, check in CHECKS:
        words = None if refusal in exempt else check(ask, facts, policy)
        if words is not None:
            return Decision(False, str(refusal), f"No retraining: {words}", evidence)
    return Decision(True, str(ask.reason), f"Retraining starts: {ask.words}", evidence)


def starts_within_budget(facts: Facts, at: datetime) -> int:
    """Runs that started in the 30 days up to ``at``."""
    return sum(at - BUDGET_PERIOD < start <= at for start in facts.starts)


def _paused(_ask: Ask, facts: Facts, _policy: Retraining) -> str | None:
    return "the model is paused in driftloop.yaml." if facts.paused else None


def _broken(ask: Ask, facts: Facts, _policy: Retraining) -> str | None:
    if facts.broken_window is not None:
        return f"the data of window {facts.broken_window} is invalid; mend its source first."
    if ask.reason is None:
        return f"{ask.words} A model trained on broken data learns the fault; mend its source."
    return None


def _in_flight(_ask: Ask, facts: Facts, _policy: Retraining) -> str | None:
    return f"the run {facts.in_flight} has not ended." if facts.in_flight else None


def _awaiting(_ask: Ask, facts: Facts, _policy: Retraining) -> str | None:
    return f"{'; '.join(facts.awaiting)}." if facts.awaiting else None


def _stale(_ask: Ask, facts: Facts, _policy: Retraining) -> str | None:
    if facts.drifted_windows or facts.drifted_days:
        return None
    since = f" since {format_time(facts.champion_since)}" if facts.champion_since else ""
    return f"no window of the current champion has drifted{since}: the evidence is older than it."


def _circuit(_ask: Ask, facts: Facts, policy: Retraining) -> str | None:
    if facts.refused_in_a_row < policy.max_rejections:
        return None
    return (
        f"{facts.refused_in_a_row} challengers in a row were refused. Look at their evaluations,"
        " then ask for a retraining yourself."
    )


def _cooldown(ask: Ask, facts: Facts, policy: Retraining) -> str | None:
    if facts.last_start is None:
        return None
    free = facts.last_start + timedelta(hours=policy.cooldown_hours)
    return f"cooling down until {format_time(free)}." if ask.at < free else None


def _budget(ask: Ask, facts: Facts, policy: Retraining) -> str | None:
    used = starts_within_budget(facts, ask.at)
    if used < policy.monthly_budget:
        return None
    return f"{used} runs in 30 days, and the budget is {policy.monthly_budget}."


def _labels(_ask: Ask, facts: Facts, policy: Retraining) -> str | None:
    # Without a champion there is no captured data: a run trains on training_data alone.
    if facts.champion is None or facts.mature_labels >= policy.minimum_labels:
        return None
    return (
        f"{facts.mature_labels} labels are older than {policy.label_delay_hours:g} hours,"
        f" and {policy.minimum_labels} are needed."
    )


CHECKS: tuple[tuple[Refusal, _Check], ...] = (
    (Refusal.PAUSED, _paused),
    (Refusal.BROKEN_DATA, _broken),
    (Refusal.IN_FLIGHT, _in_flight),
    (Refusal.AWAITING_APPROVAL, _awaiting),
    (Refusal.STALE_EVIDENCE, _stale),
    (Refusal.CIRCUIT_OPEN, _circuit),
    (Refusal.COOLDOWN, _cooldown),
    (Refusal.BUDGET_EXHAUSTED, _budget),
    (Refusal.NOT_ENOUGH_LABELS, _labels),
)

_EXEMPT: dict[Reason, frozenset[Refusal]] = {
    Reason.REQUESTED: frozenset({Refusal.STALE_EVIDENCE, Refusal.CIRCUIT_OPEN, Refusal.COOLDOWN}),
    Reason.FIRST_RUN: frozenset({Refusal.STALE_EVIDENCE}),
    Reason.SCHEDULE: frozenset({Refusal.STALE_EVIDENCE}),
}


def _evidence(ask: Ask, facts: Facts, policy: Retraining) -> dict[str, object]:
    return {
        "asked": ask.words,
        "asked_at": format_time(ask.at),
        "champion": facts.champion,
        "champion_since": format_time(facts.champion_since) if facts.champion_since else None,
        "drifted_windows": list(facts.drifted_windows),
        "drifted_days": list(facts.drifted_days),
        "broken_window": facts.broken_window,
        "in_flight": facts.in_flight,
        "awaiting": list(facts.awaiting),
        "refused_in_a_row": facts.refused_in_a_row,
        "last_start": format_time(facts.last_start) if facts.last_start else None,
        "starts_in_30_days": starts_within_budget(facts, ask.at),
        "monthly_budget": policy.monthly_budget,
        "mature_labels": facts.mature_labels,
        "minimum_labels": policy.minimum_labels,
    }
