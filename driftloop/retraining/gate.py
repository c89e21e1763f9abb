"""May a retraining start? Facts in, one decision with its reason, its words and its evidence out.

The checks run in the order of :data:`CHECKS`, and the first that refuses gives the reason. What a
person can do nothing about by waiting comes first (paused, broken data), then what is already on
its way (a run, a version that waits for its approval), then the evidence itself, then the limits.

    paused             driftloop.yaml says that this model rests
    invalid_data        the newest judged window is invalid, or the alarm is about data quality
    execution_in_progress          a run of the pipeline has not ended
    pending_approval  a challenger waits for a person, or is on its way out
    no_drift_since_promotion     nothing has drifted since the current champion took over
    circuit_breaker_open       too many challengers in a row were refused: a person should look
    cooldown           the last run started too recently
    run_limit_reached   too many runs in 30 days
    insufficient_labels  too few records whose labels are final

A person's request is not held back by the cooldown, the circuit breaker or missing evidence; a
first run and a schedule need no evidence; without a champion no labels are needed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from driftloop.config.sections import RetrainingSettings
from driftloop.window import format_time

BUDGET_PERIOD = timedelta(days=30)


class StartReason(StrEnum):
    """Why a retraining is asked for, and started."""

    DRIFT = "drift"
    PREDICTION_DRIFT = "prediction_drift"
    SCHEDULE = "schedule"
    MANUAL = "manual"
    INITIAL_TRAINING = "initial_training"


class RefusalReason(StrEnum):
    """Why a retraining is not started."""

    PAUSED = "paused"
    INVALID_DATA = "invalid_data"
    EXECUTION_IN_PROGRESS = "execution_in_progress"
    PENDING_APPROVAL = "pending_approval"
    NO_DRIFT_SINCE_PROMOTION = "no_drift_since_promotion"
    CIRCUIT_BREAKER_OPEN = "circuit_breaker_open"
    COOLDOWN = "cooldown"
    RUN_LIMIT_REACHED = "run_limit_reached"
    INSUFFICIENT_LABELS = "insufficient_labels"


@dataclass(frozen=True, slots=True)
class RetrainingRequest:
    """One cause that asks for a retraining.

    ``cause`` identifies it: the same cause asks only once. ``reason`` is None where no retraining
    could be the cure (the data itself is broken): the refusal is then put on record.
    """

    model: str
    idempotency_key: str
    as_of: datetime
    reason: StartReason | None
    message: str


@dataclass(frozen=True, slots=True)
class GateState:
    """What the ledger, the registry and the pipeline know at the time of asking."""

    paused: bool = False
    invalid_window: str | None = None
    execution_in_progress: str | None = None
    pending_approvals: tuple[str, ...] = ()
    champion: int | None = None
    champion_since: datetime | None = None
    drifted_windows: tuple[str, ...] = ()
    drifted_days: tuple[str, ...] = ()
    consecutive_rejections: int = 0
    starts: tuple[datetime, ...] = ()
    mature_labels: int = 0

    @property
    def last_start(self) -> datetime | None:
        """When the newest run started."""
        return max(self.starts, default=None)


@dataclass(frozen=True, slots=True)
class GateDecision:
    """Start or refuse, the reason as a word, and in words for people; the facts beside it."""

    start: bool
    reason: str
    message: str
    evidence: dict[str, object]

    @property
    def decision(self) -> str:
        """``start`` or ``refuse``, as on the bus."""
        return "start" if self.start else "refuse"


_Check = Callable[[RetrainingRequest, GateState, RetrainingSettings], str | None]


def decide(ask: RetrainingRequest, facts: GateState, policy: RetrainingSettings) -> GateDecision:
    """The one decision about ``ask``: the first check that refuses, or a start."""
    evidence = _evidence(ask, facts, policy)
    exempt = _EXEMPT.get(ask.reason, frozenset()) if ask.reason else frozenset()
    for refusal, check in CHECKS:
        words = None if refusal in exempt else check(ask, facts, policy)
        if words is not None:
            return GateDecision(False, str(refusal), f"No retraining: {words}", evidence)
    return GateDecision(True, str(ask.reason), f"Retraining starts: {ask.message}", evidence)


def runs_in_period(facts: GateState, at: datetime) -> int:
    """Runs that started in the 30 days up to ``at``."""
    return sum(at - BUDGET_PERIOD < start <= at for start in facts.starts)


def _paused(_ask: RetrainingRequest, facts: GateState, _policy: RetrainingSettings) -> str | None:
    return "the model is paused in driftloop.yaml." if facts.paused else None


def _broken(ask: RetrainingRequest, facts: GateState, _policy: RetrainingSettings) -> str | None:
    if facts.invalid_window is not None:
        return f"the data of window {facts.invalid_window} is invalid; mend its source first."
    if ask.reason is None:
        return f"{ask.message} A model trained on broken data learns the fault; mend its source."
    return None


def _in_flight(
    _ask: RetrainingRequest, facts: GateState, _policy: RetrainingSettings
) -> str | None:
    return (
        f"the run {facts.execution_in_progress} has not ended."
        if facts.execution_in_progress
        else None
    )


def _awaiting(_ask: RetrainingRequest, facts: GateState, _policy: RetrainingSettings) -> str | None:
    return f"{'; '.join(facts.pending_approvals)}." if facts.pending_approvals else None


def _stale(_ask: RetrainingRequest, facts: GateState, _policy: RetrainingSettings) -> str | None:
    if facts.drifted_windows or facts.drifted_days:
        return None
    since = f" since {format_time(facts.champion_since)}" if facts.champion_since else ""
    return f"no window of the current champion has drifted{since}: the evidence is older than it."


def _circuit(_ask: RetrainingRequest, facts: GateState, policy: RetrainingSettings) -> str | None:
    if facts.consecutive_rejections < policy.max_consecutive_rejections:
        return None
    return (
        f"{facts.consecutive_rejections} challengers in a row were refused. Look at their"
        f" evaluations,"
        " then ask for a retraining yourself."
    )


def _cooldown(ask: RetrainingRequest, facts: GateState, policy: RetrainingSettings) -> str | None:
    if facts.last_start is None:
        return None
    free = facts.last_start + timedelta(hours=policy.cooldown_hours)
    return f"cooling down until {format_time(free)}." if ask.as_of < free else None


def _budget(ask: RetrainingRequest, facts: GateState, policy: RetrainingSettings) -> str | None:
    used = runs_in_period(facts, ask.as_of)
    if used < policy.max_runs_per_30_days:
        return None
    return f"{used} runs in 30 days, and the budget is {policy.max_runs_per_30_days}."


def _labels(_ask: RetrainingRequest, facts: GateState, policy: RetrainingSettings) -> str | None:
    # Without a champion there is no captured data: a run trains on training_data alone.
    if facts.champion is None or facts.mature_labels >= policy.min_labels:
        return None
    return (
        f"{facts.mature_labels} labels are older than {policy.label_delay_hours:g} hours,"
        f" and {policy.min_labels} are needed."
    )


CHECKS: tuple[tuple[RefusalReason, _Check], ...] = (
    (RefusalReason.PAUSED, _paused),
    (RefusalReason.INVALID_DATA, _broken),
    (RefusalReason.EXECUTION_IN_PROGRESS, _in_flight),
    (RefusalReason.PENDING_APPROVAL, _awaiting),
    (RefusalReason.NO_DRIFT_SINCE_PROMOTION, _stale),
    (RefusalReason.CIRCUIT_BREAKER_OPEN, _circuit),
    (RefusalReason.COOLDOWN, _cooldown),
    (RefusalReason.RUN_LIMIT_REACHED, _budget),
    (RefusalReason.INSUFFICIENT_LABELS, _labels),
)

_EXEMPT: dict[StartReason, frozenset[RefusalReason]] = {
    StartReason.MANUAL: frozenset(
        {
            RefusalReason.NO_DRIFT_SINCE_PROMOTION,
            RefusalReason.CIRCUIT_BREAKER_OPEN,
            RefusalReason.COOLDOWN,
        }
    ),
    StartReason.INITIAL_TRAINING: frozenset({RefusalReason.NO_DRIFT_SINCE_PROMOTION}),
    StartReason.SCHEDULE: frozenset({RefusalReason.NO_DRIFT_SINCE_PROMOTION}),
}


def _evidence(
    ask: RetrainingRequest, facts: GateState, policy: RetrainingSettings
) -> dict[str, object]:
    return {
        "asked": ask.message,
        "asked_at": format_time(ask.as_of),
        "champion": facts.champion,
        "champion_since": format_time(facts.champion_since) if facts.champion_since else None,
        "drifted_windows": list(facts.drifted_windows),
        "drifted_days": list(facts.drifted_days),
        "invalid_window": facts.invalid_window,
        "execution_in_progress": facts.execution_in_progress,
        "awaiting": list(facts.pending_approvals),
        "consecutive_rejections": facts.consecutive_rejections,
        "last_start": format_time(facts.last_start) if facts.last_start else None,
        "starts_in_30_days": runs_in_period(facts, ask.as_of),
        "max_runs_per_30_days": policy.max_runs_per_30_days,
        "mature_labels": facts.mature_labels,
        "min_labels": policy.min_labels,
    }
