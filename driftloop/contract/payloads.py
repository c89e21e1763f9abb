"""What schedules and functions invoke driftloop's functions and its state machine with."""

from datetime import datetime
from typing import Any, ClassVar, Literal

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


class IngestedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A rule invokes the gate with an event of the bus, and when EventBridge received it.

    ``ingestion_time`` is EventBridge's own. The event's ``time`` is chosen by its sender.
    """

    ingestion_time: datetime
    event: dict[str, Any]


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


class MissedWindowsCheck(msgspec.Struct, frozen=True, kw_only=True):
    """Reconcile invokes start_analysis, in case the analysis of a window was not started."""

    SOURCE: ClassVar[str] = "driftloop.reconcile"

    model: str
    as_of: datetime
    source: str = "driftloop.reconcile"


class ExecutionError(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """The error of a failed state, as Step Functions passes it to a Catch."""

    error: str = "unknown"
    cause: str = ""


class FailedAnalysis(msgspec.Struct, frozen=True, kw_only=True):
    """The state machine invokes notify_failure with its input and the error.

    ``failed_at`` is the same in each attempt; a redriven execution that fails has a later one. It
    is None in an execution that was started before the state machine passed it.
    """

    input: AnalysisInput
    error: ExecutionError
    failed_at: datetime | None = None


class ChallengerFiles(msgspec.Struct, frozen=True, kw_only=True):
    """The pipeline's step DescribeChallenger invokes describe_challenger with S3 URIs.

    ``evaluation`` and ``curation`` are the outputs (prefixes) of the steps Evaluate and Curate,
    ``model_data_url`` is the challenger's model.tar.gz.
    """

    evaluation: str
    curation: str
    model_data_url: str


class ChallengerDescription(msgspec.Struct, frozen=True, kw_only=True):
    """What describe_challenger returns: the outputs of the pipeline's step DescribeChallenger.

    SageMaker takes at most 50 outputs of a Lambda step, each of a flat type, with at most 1,024
    characters (API reference, LambdaStepMetadata and OutputParameter). All of them are texts, and
    fit into a value of a model package's metadata: 1 to 256 characters.
    """

    decision: Literal["register", "reject"]
    decision_summary: str
    ranking_score: str
    proper_score: str
    golden_set: str
    evaluated_rows: str
    training_data_range: str
    omitted_data: str
    model_data_etag: str
    model_data_sha256: str
