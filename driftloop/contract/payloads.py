"""What schedules and functions invoke driftloop's functions and its state machine with."""

from datetime import datetime
from typing import ClassVar

import msgspec

from driftloop.window import Window


class AnalysisSchedule(msgspec.Struct, frozen=True, kw_only=True):
    """A schedule invokes start_analysis; a person may do so with a higher ``revision``."""

    model: str
    scheduled_time: datetime
    revision: int = 0


class AnalysisInput(msgspec.Struct, frozen=True, kw_only=True):
    """Input of an execution of the analysis state machine."""

    model: str
    window: Window
    revision: int
    as_of: datetime


class ReconcileSchedule(msgspec.Struct, frozen=True, kw_only=True):
    """A schedule invokes reconcile."""

    scheduled_time: datetime


class RetrainingSchedule(msgspec.Struct, frozen=True, kw_only=True):
    """Reconcile, or a model's own schedule, invokes the gate."""

    SOURCE: ClassVar[str] = "driftloop.schedule"

    model: str
    scheduled_time: datetime
    source: str = "driftloop.schedule"


class ReleaseCheck(msgspec.Struct, frozen=True, kw_only=True):
    """Reconcile invokes release, in case an event was lost."""

    SOURCE: ClassVar[str] = "driftloop.reconcile"

    model: str
    as_of: datetime
    source: str = "driftloop.reconcile"


class ExecutionError(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """The error of a failed state, as Step Functions passes it to a Catch."""

    error: str = "unknown"
    cause: str = ""


class FailedAnalysis(msgspec.Struct, frozen=True, kw_only=True):
    """The state machine invokes notify_failure with its input and the error."""

    input: AnalysisInput
    error: ExecutionError
