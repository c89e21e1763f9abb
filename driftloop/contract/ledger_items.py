"""The items of the ledger: one DynamoDB table, partition key ``pk = MODEL#<model>``.

A new item is one class here. Its sort key is its ``NAME`` and the fields in ``KEY``, joined by
``#``. Fields with a default may be absent from an item.
"""

from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal, NamedTuple

import msgspec

from driftloop.window import Window, format_time

KeyPart = str | int | datetime


class LedgerItem(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all items."""

    NAME: ClassVar[str]
    KEY: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def sort_key(cls, *parts: KeyPart) -> str:
        """The sort key with these values of the fields in ``KEY``, or its prefix with fewer."""
        return "#".join([cls.NAME, *(_key_text(part) for part in parts)])

    @property
    def key(self) -> tuple[KeyPart, ...]:
        """The values of the fields in ``KEY``."""
        return tuple(getattr(self, name) for name in self.KEY)

    @property
    def sk(self) -> str:
        """This item's sort key."""
        return self.sort_key(*self.key)


class ChampionItem(LedgerItem, frozen=True, kw_only=True):
    """The version that serves, with its baseline: both change in one write."""

    NAME: ClassVar[str] = "CHAMPION"

    version: int
    model_package_arn: str
    baseline_uri: str
    model_data_url: str
    endpoint_config_name: str
    serving_settings_digest: str
    promoted_at: datetime
    previous_endpoint_config_name: str | None = None
    failed_settings_digest: str | None = None
    """Serving settings whose release was rolled back or refused: they are not tried again."""
    under_observation: bool = False
    """Whether notifications are sent for the first windows after the promotion."""
    replaced_version: int | None = None
    """The champion before the adoption of the version that the endpoint serves."""
    endpoint_created_at: datetime | None = None
    """Creation time of the endpoint when a version of it was last adopted."""
    endpoint_missing_since: datetime | None = None
    """When the endpoint was first not found; removed when its next version is adopted."""
    adopted_at: datetime | None = None
    """When the version was adopted, if it was."""
    adoption_notified: bool = True
    """False from the adoption of a version that the endpoint serves until people are notified."""


class ReleaseItem(LedgerItem, frozen=True, kw_only=True):
    """The release in progress; deleted in the write that records its outcome."""

    NAME: ClassVar[str] = "RELEASE"

    version: int
    purpose: str
    endpoint_config_name: str
    previous_endpoint_config_name: str
    model_package_arn: str
    baseline_uri: str
    model_data_url: str
    model_data_etag: str | None = None
    serving_settings: dict[str, Any]
    serving_settings_digest: str
    started_at: datetime
    endpoint_modified_at: datetime
    """LastModifiedTime of the endpoint before the release."""
    update_called_at: datetime | None = None
    """When UpdateEndpoint was last about to be called, by SageMaker's clock."""
    requested_at: datetime | None = None
    """When UpdateEndpoint was accepted."""
    update_seen_at: datetime | None = None
    """When the endpoint was first seen to be updated with the release's endpoint config."""
    last_error: str | None = None
    """The error of the last attempt to start the update; it is tried again."""


class CompletedReleaseItem(LedgerItem, frozen=True, kw_only=True):
    """An ended release whose outcome is not published everywhere yet; deleted when it is."""

    NAME: ClassVar[str] = "COMPLETED_RELEASE"
    KEY: ClassVar[tuple[str, ...]] = ("completed_at", "endpoint_config_name")

    completed_at: datetime
    endpoint_config_name: str
    version: int
    purpose: str
    outcome: str
    model_package_arn: str
    model_data_url: str
    failure_reason: str | None = None
    refusal_cause: str | None = None
    """One of ``RefusalCause``, if the outcome is ``refused``."""
    completed_by: str
    """Id of the event that recorded the outcome."""
    reconciled_at: datetime | None = None
    """Time of the first reconcile that saw this item: the next one publishes what is left."""
    metric_published: bool = False
    event_published: bool = False
    notified: bool = False
    alarms_deleted: bool = False
    """Whether the release's rollback alarms are deleted."""


class AutoscalingFailureItem(LedgerItem, frozen=True, kw_only=True):
    """The endpoint's autoscaling could not be set as configured; deleted when it is."""

    NAME: ClassVar[str] = "AUTOSCALING_FAILURE"

    failed_since: datetime
    reason: str
    """The error of the first attempt; reconcile tries again each hour."""
    notified: bool = False


class EndpointConfigItem(LedgerItem, frozen=True, kw_only=True):
    """An endpoint config, and the model of the same name, that a release created."""

    NAME: ClassVar[str] = "ENDPOINT_CONFIG"
    KEY: ClassVar[tuple[str, ...]] = ("created_at", "endpoint_config_name")

    created_at: datetime
    endpoint_config_name: str
    version: int


class ServingPeriod(NamedTuple):
    """A period in which a version received requests; ``end`` is None while it does."""

    start: datetime
    end: datetime | None

    def overlaps(self, window: Window, *, tolerance: timedelta = timedelta(0)) -> bool:
        """Whether requests of ``window`` can be in the period, prolonged by ``tolerance``."""
        if self.start >= window.end:
            return False
        return self.end is None or self.end + tolerance > window.start


class VersionItem(LedgerItem, frozen=True, kw_only=True):
    """A version of the model registry; ``status`` is one of ``VersionStatus``."""

    NAME: ClassVar[str] = "VERSION"
    KEY: ClassVar[tuple[str, ...]] = ("version",)

    version: int
    status: str
    model_package_arn: str
    baseline_uri: str
    model_data_url: str
    model_data_etag: str | None = None
    """ETag of the archive when the version was evaluated, otherwise when it was approved."""
    model_approval_status: str | None = None
    decided_at: datetime | None = None
    """Time of the last approval or rejection, or when its release was rolled back or refused."""
    endpoint_config_name: str | None = None
    serving_from: datetime | None = None
    """When the version last began to be deployed."""
    serving_until: datetime | None = None
    """When it last ceased to serve."""
    earlier_periods: tuple[Window, ...] = ()
    """Periods of service before ``serving_from``: of a version that is deployed again."""
    rolled_back_starts: tuple[datetime, ...] = ()
    """Starts of the periods that ended as the version was rolled back, or replaced after a person
    had rejected it. Absent for periods that ended before this was recorded."""

    @property
    def serving_periods(self) -> tuple[ServingPeriod, ...]:
        """All periods in which the version may have received requests, in order of time."""
        earlier = tuple(ServingPeriod(one.start, one.end) for one in self.earlier_periods)
        if self.serving_from is None:
            return earlier
        return (*earlier, ServingPeriod(self.serving_from, self.serving_until))


class WaitingVersionItem(LedgerItem, frozen=True, kw_only=True):
    """A version that an hourly check found waiting for a person; deleted when it waits no more."""

    NAME: ClassVar[str] = "WAITING_VERSION"
    KEY: ClassVar[tuple[str, ...]] = ("version",)

    version: int
    state: str
    """``pending_approval``, or the status of an approved version."""
    since: datetime
    """When it was registered; of an approved version, when a check first found it waiting."""
    reminders: int = 0
    """How many reminders were sent, or skipped while they could not be sent."""


class UnusableBaselineItem(LedgerItem, frozen=True, kw_only=True):
    """A version that can't be analyzed for want of a usable baseline; people are notified of it.

    The item stays when the baseline can be used again: people are notified once per version.
    """

    NAME: ClassVar[str] = "UNUSABLE_BASELINE"
    KEY: ClassVar[tuple[str, ...]] = ("version",)

    version: int
    baseline_uri: str
    reason: str
    found_at: datetime


class InsufficientSensitivityItem(LedgerItem, frozen=True, kw_only=True):
    """A column in which changes of the required size can't be found; people are notified of it.

    The item stays when such changes can be found again: people are notified once per version.
    """

    NAME: ClassVar[str] = "INSUFFICIENT_SENSITIVITY"
    KEY: ClassVar[tuple[str, ...]] = ("version", "column")

    version: int
    column: str
    required: float
    """``monitoring.required_sensitivity`` of the column."""
    found_at: datetime


class LeaseItem(LedgerItem, frozen=True, kw_only=True):
    """Allows one pipeline execution at a time; deleted when that has ended."""

    NAME: ClassVar[str] = "LEASE"

    decision_id: str
    started_at: datetime
    client_request_token: str
    parameters: dict[str, str]
    execution_arn: str | None = None
    overdue_notified: bool = False
    """Whether people know that the execution runs longer than its steps' limits allow."""


class DecisionItem(LedgerItem, frozen=True, kw_only=True):
    """One decision of the gate; ``start_failed`` is a start that SageMaker did not carry out."""

    NAME: ClassVar[str] = "DECISION"
    KEY: ClassVar[tuple[str, ...]] = ("decided_at", "decision_id")

    model: str
    decision: Literal["start", "refuse", "start_failed"]
    reason: str
    message: str
    idempotency_key: str
    decision_id: str
    decided_at: datetime
    evidence: dict[str, Any]
    execution_arn: str | None = None
    failure_reason: str | None = None
    """Why the execution was not started."""
    notified: bool = False
    is_manual: bool = False
    """Whether a person requested it."""


class IdempotencyItem(LedgerItem, frozen=True, kw_only=True):
    """Which decision an idempotency key led to; ``decision_id`` is a hash of the key."""

    NAME: ClassVar[str] = "IDEMPOTENCY"
    KEY: ClassVar[tuple[str, ...]] = ("decision_id",)

    decision_id: str
    decided_at: datetime


class ExecutionItem(LedgerItem, frozen=True, kw_only=True):
    """An ended pipeline execution.

    ``outcome`` is ``succeeded``, ``rejected``, ``failed``, ``stopped``, or ``lost`` if SageMaker
    does not know it any more.
    """

    NAME: ClassVar[str] = "EXECUTION"
    KEY: ClassVar[tuple[str, ...]] = ("execution_id",)

    execution_id: str
    execution_arn: str
    outcome: str
    ended_at: datetime
    failure_reason: str | None = None


class VerdictItem(LedgerItem, frozen=True, kw_only=True):
    """What the analysis of one version's window or day found."""

    KEY: ClassVar[tuple[str, ...]] = ("version", "label")

    version: int
    label: str
    window: Window
    revision: int
    verdict: str
    records: int = 0
    """Records that were analyzed."""
    drifted_features: tuple[str, ...] = ()
    prediction_drifted: bool = False
    drifted_pair: tuple[str, str] | None = None
    effect_sizes: dict[str, float] = {}
    drift_from_training: dict[str, float] = {}
    """Of a day under the daily rule: how far the last days as a whole are from the training data,
    by column."""
    largest_drift_from_training: float = 0.0
    """Of the columns whose weight is not 0."""
    reasons: tuple[str, ...] = ()
    report_key: str
    analyzed_at: datetime
    notified: bool = False

    @classmethod
    def label_of(cls, window: Window) -> str:
        """The label of a window or a day in keys; sorts by time."""
        return window.label


class WindowItem(VerdictItem, frozen=True, kw_only=True):
    """The verdict on a window; ``label`` is as in ``20260131T23``."""

    NAME: ClassVar[str] = "WINDOW"


class WindowCountItem(LedgerItem, frozen=True, kw_only=True):
    """Which analyses have read the captured objects that count for a window, each object once."""

    NAME: ClassVar[str] = "WINDOW_COUNT"
    KEY: ClassVar[tuple[str, ...]] = ("label",)

    label: str
    window: Window
    planned: dict[str, str]
    """The digest of the stored plan of each revision."""
    completed: dict[str, int] = {}
    """The revision whose profile counts, by version."""
    late: tuple[str, ...] = ()
    """S3 keys of the late profiles that count, too."""
    absorbed: tuple[str, ...] = ()
    """S3 keys of late profiles whose objects a newer revision has read itself: deleted."""
    sequence: int = 0
    """Increases with each write, whose condition it is."""


class GivenUpWindow(msgspec.Struct, frozen=True, kw_only=True):
    """A period whose analysis is not started automatically any more.

    It is ``expired`` if it ended too long ago, and ``failed`` if its executions ended without a
    plan.
    """

    window: Window
    reason: Literal["expired", "failed"]
    given_up_at: datetime
    notified: bool = True
    """False until people are notified of it: at most one notification a day names all such."""


class AnalysisProgressItem(LedgerItem, frozen=True, kw_only=True):
    """How far all windows of a model are planned: which missed windows are left to be started."""

    NAME: ClassVar[str] = "ANALYSIS_PROGRESS"

    checked_until: datetime
    """Each window until then is planned or given up, or no version served in it."""
    given_up: tuple[GivenUpWindow, ...] = ()
    """In order of time; without those that are checked no more and whose captured data expired."""
    notified_at: datetime | None = None
    """When people were last notified of windows that were given up."""
    sequence: int = 0
    """Increases with each write, whose condition it is."""


class RemovedModelItem(LedgerItem, frozen=True, kw_only=True):
    """People are notified of a model that was removed from driftloop.yaml and not from AWS."""

    NAME: ClassVar[str] = "REMOVED_MODEL"

    notified_at: datetime


class MissingVerdictItem(LedgerItem, frozen=True, kw_only=True):
    """People know that a champion has had no verdict for too long."""

    NAME: ClassVar[str] = "MISSING_VERDICT"

    version: int
    until: datetime
    """When it was last found to have none: a later verdict ends it."""
    cause: str


class DayItem(VerdictItem, frozen=True, kw_only=True):
    """The verdict on a UTC day; ``label`` is as in ``20260131``."""

    NAME: ClassVar[str] = "DAY"

    @classmethod
    def label_of(cls, window: Window) -> str:
        """The date of a day."""
        return window.label.partition("T")[0]


def _key_text(part: KeyPart) -> str:
    """Versions with five digits and times in ISO 8601, so that sort keys sort as they do."""
    if isinstance(part, int):
        return f"{part:05d}"
    return format_time(part) if isinstance(part, datetime) else part
