"""driftloop.yaml as types: every setting, its default, its bounds, its meaning.

The descriptions are the reference documentation: docs/configuration.md is generated from them.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

InstanceType = Annotated[str, Field(pattern=r"^ml\.[a-z0-9-]+\.[a-z0-9]+$")]
Share = Annotated[float, Field(ge=0, le=1)]


class Section(BaseModel):
    """A part of driftloop.yaml: immutable, and a setting that does not exist is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class MonitoringSettings(Section):
    """What is analyzed, and what counts as drift."""

    window_hours: Literal[1, 2, 3, 4, 6, 8, 12, 24] = Field(
        1, description="Length of an analysis window in hours, counted from midnight UTC."
    )
    allowed_lateness_hours: int = Field(
        6, ge=0, le=72, description="How far back captured files that arrive late are looked for."
    )
    min_records: int = Field(
        100, ge=1, description="A window with fewer records is judged insufficient_data."
    )
    min_effect_size: float = Field(
        0.2,
        gt=0,
        description="Smallest effect that is drift, as a mean shift in standard deviations.",
    )
    min_share_effect_size: float = Field(
        0.1,
        gt=0,
        description="Smallest effect that is drift for missing, new, vanished values: Cohen's h.",
    )
    false_discovery_rate: float = Field(
        0.01, gt=0, lt=1, description="Level of the Benjamini-Hochberg procedure over all features."
    )
    datapoints_to_alarm: int = Field(
        2,
        ge=1,
        le=24,
        description="Windows (M) among the last N judged ones, in which the same feature drifted,"
        " that raise the alarm; a drifted day raises it too.",
    )
    evaluation_periods: int = Field(3, ge=1, le=24, description="N of the M-of-N rule.")
    max_rejected_share: Share = Field(
        0.01, description="Share of captured lines that may be unreadable before an alarm."
    )
    max_capture_loss_share: Share = Field(
        0.5, description="Share of invocations that may be missing from capture before an alarm."
    )
    feature_weights: dict[str, Annotated[float, Field(ge=0)]] = Field(
        default_factory=dict,
        description="Weight of a feature in its tests, in ranking and in the headline, beside the"
        " others'; 1 where not given, with 0 it is shown and never drifts.",
    )
    exclude_features: list[str] = Field(
        default_factory=list,
        description="Features that take no part in drift verdicts, such as ids of several sources.",
    )
    include_features: list[str] = Field(
        default_factory=list,
        description="Features that are judged though the baseline found them to follow time, or to"
        " label single rows.",
    )

    @model_validator(mode="after")
    def _m_of_n(self) -> "MonitoringSettings":
        if self.datapoints_to_alarm > self.evaluation_periods:
            raise ValueError("datapoints_to_alarm must not exceed evaluation_periods")
        return self


class QualitySettings(Section):
    """How strictly live data must keep what the baseline taught."""

    max_invalid_type_share: Share = Field(
        0.01, description="Share of values of a wrong type above which a column is in violation."
    )
    max_completeness_drop: Share = Field(
        0.3, description="Fall in completeness below the baseline's that is a violation."
    )
    max_out_of_range_share: Share = Field(
        0.1, description="Share of numeric values outside the baseline's widened range."
    )
    range_margin: float = Field(
        0.5, ge=0, description="By how much of its width the baseline's range is widened each side."
    )
    max_unseen_category_share: Share = Field(
        0.2, description="Share of categorical values that the baseline has never seen."
    )
    max_invalid_record_share: Share = Field(
        0.5, description="Share of records unreadable or in violation that makes invalid_data."
    )


class RetrainingSettings(Section):
    """When the gate may start a retraining."""

    cooldown_hours: float = Field(24, ge=0, description="Least time between two retrainings.")
    max_runs_per_30_days: int = Field(4, ge=0, description="Most retrainings in any 30 days.")
    min_labels: int = Field(
        1000, ge=0, description="Fewest mature labeled records that a retraining needs."
    )
    label_delay_hours: float = Field(
        24, ge=0, description="Age of a record from which its label counts as final."
    )
    lookback_days: float = Field(
        30, gt=0, description="How far back captured and labeled records are used for training."
    )
    include_training_data: bool = Field(
        False, description="Whether training_data is added to the captured records."
    )
    max_consecutive_rejections: int = Field(
        3, ge=1, description="Refused challengers in a row that open the circuit breaker."
    )
    schedule_interval_days: int | None = Field(
        None, ge=1, description="Retrain every so many days, whatever the drift."
    )


class EvaluationSettings(Section):
    """What a challenger must show to be registered."""

    holdout_share: float = Field(
        0.25, gt=0, lt=1, description="Newest share of the rows that is held out."
    )
    min_improvement: float = Field(
        0.0,
        ge=0,
        description="Least gain over the champion: lower bound of the interval, ranking metric.",
    )
    max_golden_set_drop: float = Field(
        0.02, ge=0, description="Loss on the golden set that a challenger may show, ranking metric."
    )
    confidence_level: float = Field(0.95, gt=0.5, lt=1, description="Level of the paired interval.")
    bootstrap_resamples: int = Field(
        1000, ge=100, le=10000, description="Resamples of the paired bootstrap."
    )


class TrainingSettings(Section):
    """How a challenger is trained."""

    instance_type: InstanceType = Field("ml.m5.large", description="Instance type of the jobs.")
    volume_size_gb: int = Field(30, ge=1, description="Storage of the jobs in GiB.")
    max_runtime_minutes: int = Field(60, ge=1, le=2880, description="Time limit of each job.")
    warm_start: bool = Field(
        False, description="Start from the champion's model where the family can."
    )
    hyperparameters: dict[str, int | float | str | bool] = Field(
        default_factory=dict, description="Passed to the family's training script."
    )


class EndpointSettings(Section):
    """The endpoint and its releases."""

    instance_type: InstanceType = Field("ml.m5.large", description="Instance type of the endpoint.")
    initial_instance_count: int = Field(2, ge=1, description="Instances at the start.")
    max_instance_count: int = Field(4, ge=1, description="Upper bound of autoscaling.")
    target_invocations_per_instance: int = Field(
        1000, ge=1, description="Invocations per instance and minute that autoscaling aims at."
    )
    capture_sampling_percentage: int = Field(
        100, ge=1, le=100, description="Share of captured requests."
    )
    canary_percentage: int = Field(
        50, ge=1, le=50, description="Share of the instances in a release's first step."
    )
    bake_minutes: int = Field(
        10, ge=1, le=60, description="Watching time after a release's first step."
    )
    latency_p99_threshold_ms: float = Field(
        1000, gt=0, description="p99 of model latency in milliseconds that raises the alarm."
    )
    error_threshold_per_minute: int = Field(
        5, ge=1, description="5xx answers in a minute that raise the alarm and roll a release back."
    )

    @model_validator(mode="after")
    def _counts(self) -> "EndpointSettings":
        if self.max_instance_count < self.initial_instance_count:
            raise ValueError("max_instance_count must not be less than initial_instance_count")
        return self

    @property
    def canary(self) -> bool:
        """Whether a canary is possible: it takes at most half of the instances."""
        return self.initial_instance_count >= 2


class NotificationSettings(Section):
    """Who is told."""

    emails: list[Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]] = Field(
        default_factory=list, description="Addresses that receive alarms and decisions."
    )


class RetentionSettings(Section):
    """How long things are kept."""

    capture_days: int = Field(90, ge=1, description="Captured records and labels.")
    analysis_days: int = Field(400, ge=1, description="Profiles and reports.")
    log_days: Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365] = Field(
        90, description="Log groups."
    )
