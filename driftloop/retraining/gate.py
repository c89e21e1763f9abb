"""Decides on a request for a retraining: start or refuse, with reason, message and evidence.

The checks run in the order of :data:`CHECKS`, and the first one that refuses gives the reason.
First come those that waiting does not change (paused, invalid data), then what is in progress (an
execution, a version that waits for approval), then the evidence itself, then the limits.

    paused                    the model is paused in driftloop.yaml
    invalid_data              the newest analyzed window is invalid, or the alarm is data-quality
    execution_in_progress     a pipeline execution has not ended
    pending_approval          a challenger waits for approval (not too long), or for its release
    no_drift_since_promotion  nothing has drifted since the champion was promoted
    circuit_breaker_open      too many consecutive challengers were rejected
    cooldown                  the last execution started too recently
    run_limit_reached         too many executions in 30 days
    insufficient_labels       too few records with final labels

A manual request is exempt from cooldown, circuit breaker and evidence of drift; initial training
and a schedule need no evidence; without a champion no labels are required.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from driftloop.config.sections import RetrainingSettings
from driftloop.window import format_time

RUN_LIMIT_PERIOD = timedelta(days=30)
"""The period of ``max_runs_per_30_days``."""


class StartReason(StrEnum):
    """Why a retraining is requested and started."""

    DRIFT = "drift"
    PREDICTION_DRIFT = "prediction_drift"
    DRIFT_FROM_TRAINING = "drift_from_training"
    SCHEDULE = "schedule"
    MANUAL = "manual"
    INITIAL_TRAINING = "initial_training"


class RefusalReason(StrEnum):
    """Why a retraining is refused."""

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
    """One request for a retraining.

    The same ``idempotency_key`` is decided once. ``reason`` is None if a retraining can't help,
    since the data is invalid: the gate then records a refusal.
    """

    model: str
    idempotency_key: str
    as_of: datetime
    reason: StartReason | None
    message: str


@dataclass(frozen=True, slots=True)
class GateState:
    """What ledger, model registry and pipeline contain at the time of the request.

    ``label_limitation`` is why there may be more labels than ``mature_labels``.
    """

    paused: bool = False
    invalid_window: str | None = None
    execution_in_progress: str | None = None
    pending_approvals: tuple[str, ...] = ()
    champion: int | None = None
    champion_since: datetime | None = None
    drifted_windows: tuple[str, ...] = ()
    drifted_days: tuple[str, ...] = ()
    days_far_from_training: tuple[str, ...] = ()
    consecutive_rejections: int = 0
    starts: tuple[datetime, ...] = ()
    mature_labels: int = 0
    label_limitation: str | None = None

    @property
    def last_start(self) -> datetime | None:
        """When the latest execution started."""
        return max(self.starts, default=None)


@dataclass(frozen=True, slots=True)
class GateDecision:
    """Start or refuse, with the reason as a code, a message for people, and the evidence."""

    start: bool
    reason: str
    message: str
    evidence: dict[str, object]

    @property
    def decision(self) -> Literal["start", "refuse"]:
        """``start`` or ``refuse``, as in the event."""
        return "start" if self.start else "refuse"


_Check = Callable[[RetrainingRequest, GateState, RetrainingSettings], str | None]


def decide(
    request: RetrainingRequest, state: GateState, settings: RetrainingSettings
) -> GateDecision:
    """Refuse with the first check that does, or start."""
    evidence = _evidence(request, state, settings)
    exempt = _EXEMPT.get(request.reason, frozenset()) if request.reason else frozenset()
    for refusal, check in CHECKS:
        message = None if refusal in exempt else check(request, state, settings)
        if message is not None:
            return GateDecision(False, str(refusal), f"No retraining: {message}", evidence)
    return GateDecision(
        True, str(request.reason), f"Retraining starts: {request.message}", evidence
    )


def runs_in_period(state: GateState, at: datetime) -> int:
    """Executions that started later than 30 days before ``at``.

    Those after ``at`` count, too: an event that is delivered late gives no further runs.
    """
    return sum(at - RUN_LIMIT_PERIOD < start for start in state.starts)


def _is_paused(
    _request: RetrainingRequest, state: GateState, _settings: RetrainingSettings
) -> str | None:
    return "the model is paused in driftloop.yaml." if state.paused else None


def _has_invalid_data(
    request: RetrainingRequest, state: GateState, _settings: RetrainingSettings
) -> str | None:
    if state.invalid_window is not None:
        return f"the data of window {state.invalid_window} is invalid. Fix it at the source first."
    if request.reason is None:
        return (
            f"{request.message} A model must not be trained on invalid data. Fix it at the source."
        )
    return None


def _has_execution_in_progress(
    _request: RetrainingRequest, state: GateState, _settings: RetrainingSettings
) -> str | None:
    return (
        f"the pipeline execution {state.execution_in_progress} has not ended."
        if state.execution_in_progress
        else None
    )


def _has_pending_approval(
    _request: RetrainingRequest, state: GateState, _settings: RetrainingSettings
) -> str | None:
    return f"{'; '.join(state.pending_approvals)}." if state.pending_approvals else None


def _has_no_drift(
    request: RetrainingRequest, state: GateState, _settings: RetrainingSettings
) -> str | None:
    since = f" since {format_time(state.champion_since)}" if state.champion_since else ""
    if request.reason is StartReason.DRIFT_FROM_TRAINING:
        if state.days_far_from_training:
            return None
        return (
            f"no day of the champion was far from its training data{since}: the evidence is older."
        )
    if state.drifted_windows or state.drifted_days:
        return None
    return f"no window of the champion has drifted{since}: the evidence is older."


def _has_open_circuit_breaker(
    _request: RetrainingRequest, state: GateState, settings: RetrainingSettings
) -> str | None:
    if state.consecutive_rejections < settings.max_consecutive_rejections:
        return None
    return (
        f"{state.consecutive_rejections} consecutive challengers were rejected. Read their"
        " evaluations, then request a retraining manually."
    )


def _is_in_cooldown(
    request: RetrainingRequest, state: GateState, settings: RetrainingSettings
) -> str | None:
    if state.last_start is None:
        return None
    until = state.last_start + timedelta(hours=settings.cooldown_hours)
    return f"in cooldown until {format_time(until)}." if request.as_of < until else None


def _has_reached_run_limit(
    request: RetrainingRequest, state: GateState, settings: RetrainingSettings
) -> str | None:
    used = runs_in_period(state, request.as_of)
    if used < settings.max_runs_per_30_days:
        return None
    return (
        f"{used} executions started in the last 30 days; the limit is"
        f" {settings.max_runs_per_30_days} runs per 30 days."
    )


def _has_insufficient_labels(
    _request: RetrainingRequest, state: GateState, settings: RetrainingSettings
) -> str | None:
    # Without a champion there is no captured data: training uses training_data alone.
    if state.champion is None or state.mature_labels >= settings.min_labels:
        return None
    limitation = state.label_limitation
    return (
        f"{state.mature_labels} labels are older than {settings.label_delay_hours:g} hours;"
        f" {settings.min_labels} are required."
        + (f" There may be more: {limitation}. Find out who wrote them." if limitation else "")
    )


CHECKS: tuple[tuple[RefusalReason, _Check], ...] = (
    (RefusalReason.PAUSED, _is_paused),
    (RefusalReason.INVALID_DATA, _has_invalid_data),
    (RefusalReason.EXECUTION_IN_PROGRESS, _has_execution_in_progress),
    (RefusalReason.PENDING_APPROVAL, _has_pending_approval),
    (RefusalReason.NO_DRIFT_SINCE_PROMOTION, _has_no_drift),
    (RefusalReason.CIRCUIT_BREAKER_OPEN, _has_open_circuit_breaker),
    (RefusalReason.COOLDOWN, _is_in_cooldown),
    (RefusalReason.RUN_LIMIT_REACHED, _has_reached_run_limit),
    (RefusalReason.INSUFFICIENT_LABELS, _has_insufficient_labels),
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
    request: RetrainingRequest, state: GateState, settings: RetrainingSettings
) -> dict[str, object]:
    return {
        "request": request.message,
        "as_of": format_time(request.as_of),
        "champion": state.champion,
        "champion_since": format_time(state.champion_since) if state.champion_since else None,
        "drifted_windows": list(state.drifted_windows),
        "drifted_days": list(state.drifted_days),
        "days_far_from_training": list(state.days_far_from_training),
        "invalid_window": state.invalid_window,
        "execution_in_progress": state.execution_in_progress,
        "pending_approvals": list(state.pending_approvals),
        "consecutive_rejections": state.consecutive_rejections,
        "last_start": format_time(state.last_start) if state.last_start else None,
        "runs_in_30_days": runs_in_period(state, request.as_of),
        "max_runs_per_30_days": settings.max_runs_per_30_days,
        "mature_labels": state.mature_labels,
        "label_limitation": state.label_limitation,
        "min_labels": settings.min_labels,
    }
