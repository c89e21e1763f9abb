"""The sections of driftloop.yaml: every setting with its type, default, bounds and meaning.

The descriptions are the reference documentation: docs/configuration.md is generated from them.
"""

import re
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from driftloop import instance_types
from driftloop.schema import parse_join_key


def _check_instance_type(value: str) -> str:
    if not re.match(instance_types.FORM, value):
        raise ValueError("an instance type has the form ml.FAMILY.SIZE, such as ml.m5.large")
    if instance_types.is_arm64(value):
        raise ValueError(
            "is a type with an arm64 processor; SageMaker trains on x86_64 only, and the same image"
            " trains and serves: use a type with an x86_64 processor, such as ml.m7i.large"
        )
    return value


InstanceType = Annotated[
    str,
    Field(json_schema_extra={"pattern": instance_types.FORM}),
    AfterValidator(_check_instance_type),
]
Share = Annotated[float, Field(ge=0, le=1)]
GroupName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_ -]{0,39}$")]
ScoreName = Literal[
    "roc_auc",
    "log_loss",
    "brier",
    "accuracy",
    "precision",
    "recall",
    "f1",
    "calibration_error",
    "rmse",
    "mae",
    "r2",
]


class Section(BaseModel):
    """A section of driftloop.yaml: immutable, and an unknown setting is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class MonitoringSettings(Section):
    """How windows are analyzed, and what counts as drift."""

    window_hours: Literal[1, 2, 3, 4, 6, 8, 12, 24] = Field(
        1, description="Length of an analysis window in hours, counted from midnight UTC."
    )
    allowed_lateness_hours: int = Field(
        6,
        ge=0,
        le=72,
        description="Hours for which captured files that arrive after their window was analyzed are"
        " still accepted.",
    )
    min_records: int = Field(
        100,
        ge=1,
        description="Records that a verdict takes: of the window, else of its day, else of the last"
        " 7 or 28 days together. With fewer the verdict is insufficient_data.",
    )
    min_effect_size: float = Field(
        0.2,
        gt=0,
        description="Minimum effect size of a changed distribution, as a mean shift in standard"
        " deviations; a smaller change is no drift.",
    )
    min_share_effect_size: float = Field(
        0.1,
        gt=0,
        description="Minimum effect size of a changed share (missing values, new and disappeared"
        " categories), as Cohen's h.",
    )
    false_discovery_rate: float = Field(
        0.01,
        gt=0,
        lt=1,
        description="Expected share of false rejections among significant columns"
        " (Benjamini-Hochberg).",
    )
    datapoints_to_alarm: int = Field(
        2,
        ge=1,
        le=24,
        description="M of the M-of-N rule: the drift alarm changes to ALARM when the same column"
        " drifted in M of the last N analyzed windows, or in a day.",
    )
    evaluation_periods: int = Field(
        3, ge=1, le=24, description="N of the M-of-N rule: analyzed windows that it looks at."
    )
    max_days_without_verdict: int | None = Field(
        7,
        ge=2,
        description="Days without a window that has another verdict than insufficient_data, from"
        " which the alarm verdict-missing is raised; null for no such alarm.",
    )
    drift_from_training_days: int = Field(
        28,
        ge=7,
        le=28,
        description="Days whose sum is compared with the training data, for the figure of each"
        " column that shows how far the world has moved away from it.",
    )
    min_drift_from_training: float | None = Field(
        0.5,
        gt=0,
        description="Effect size of a feature or the predictions over these days, as a mean shift"
        " in standard deviations, from which the alarm drift-from-training invokes the gate; null"
        " for no such alarm. No single quarter of the days may be its cause.",
    )
    max_rejected_share: Share = Field(
        0.01, description="Share of rejected captured lines above which an alarm is raised."
    )
    max_capture_loss_share: Share = Field(
        0.5,
        description="Share of invocations missing from the captured files above which an alarm is"
        " raised.",
    )
    feature_weights: dict[str, Annotated[float, Field(ge=0)]] = Field(
        default_factory=dict,
        description="Weight of a feature in its tests, in ranking and in the headline, relative to"
        " the others; default 1. A feature of weight 0 is shown and never drifts.",
    )
    exclude_features: list[str] = Field(
        default_factory=list,
        description="Features excluded from drift detection, such as ids of several sources.",
    )
    include_features: list[str] = Field(
        default_factory=list,
        description="Features included in drift detection although the baseline found that they"
        " follow time or identify single rows.",
    )
    required_sensitivity: dict[str, Annotated[float, Field(gt=0)]] = Field(
        default_factory=dict,
        description="Largest change that may stay unseen for 7 days, by feature: a shift of the"
        " level in standard deviations of the same hours, for a categorical feature the effect size"
        " of changed shares. If changes of this size are not found in 90% of the cases, the"
        " baseline, the calibration and the reports have a finding.",
    )

    @model_validator(mode="after")
    def _check_m_of_n(self) -> "MonitoringSettings":
        if self.datapoints_to_alarm > self.evaluation_periods:
            raise ValueError("datapoints_to_alarm must not exceed evaluation_periods")
        return self


class QualitySettings(Section):
    """How far live data may deviate from the constraints of the baseline."""

    max_invalid_type_share: Share = Field(
        0.01,
        description="Share of values that can't be read as the column's type, above which it is a"
        " violation.",
    )
    max_completeness_drop: Share = Field(
        0.3, description="Drop of completeness below the baseline's that is a violation."
    )
    max_out_of_range_share: Share = Field(
        0.1,
        description="Share of numeric values outside the widened range of the baseline, above which"
        " it is a violation.",
    )
    range_margin: float = Field(
        0.5,
        ge=0,
        description="Share of its width by which the baseline's range is widened on each side.",
    )
    max_unseen_category_share: Share = Field(
        0.2,
        description="Share of categorical values that are not in the baseline, above which it is a"
        " violation.",
    )
    max_repeated_share: Share = Field(
        0.05,
        description="Share of records that repeat the values of another one, beyond the share that"
        " training data lets expect, from which the verdict is invalid_data. 1 allows any.",
    )
    max_invalid_record_share: Share = Field(
        0.5,
        description="Share of rejected or violating records above which the verdict"
        " is invalid_data.",
    )


class RetrainingSettings(Section):
    """When the gate may start a retraining."""

    cooldown_hours: float = Field(24, ge=0, description="Minimum time between two retrainings.")
    max_runs_per_30_days: int = Field(
        4, ge=0, description="Maximum number of retrainings in any 30 days."
    )
    min_labels: int = Field(
        1000, ge=0, description="Minimum number of mature labeled records for a retraining."
    )
    label_delay_hours: float = Field(
        24, ge=0, description="Age of a record from which its label is final."
    )
    lookback_days: float = Field(
        30, gt=0, description="How far back captured and labeled records are used for training."
    )
    include_training_data: bool = Field(
        False, description="Whether training_data is added to the captured records."
    )
    include_rolled_back_versions: bool = Field(
        False,
        description="Whether captured requests of versions that were rolled back, or rejected after"
        " they served, are used for training. If such a version is approved again, only its periods"
        " of service that ended so are left out.",
    )
    max_unusable_share: Share = Field(
        0.1,
        description="Share of records that can't be trusted, above which nothing is trained:"
        " unreadable lines, requests captured with different content, and unusable labels.",
    )
    max_unlabeled_share: Share = Field(
        0.95,
        description="Share of records without a label, above which nothing is trained.",
    )
    max_consecutive_rejections: int = Field(
        3,
        ge=1,
        description="Number of consecutive rejected challengers that opens the circuit breaker.",
    )
    schedule_interval_days: int | None = Field(
        None,
        ge=1,
        description="Days between scheduled retrainings, independent of drift; null for none.",
    )


class LabelSettings(Section):
    """What labels mean, where performance is evaluated by them."""

    join_key: str = Field(
        "inference_id",
        description="What labels name a request by: `inference_id` for its inferenceId, or its"
        " eventId where it has none; or `attribute:KEY` for KEY=… in its custom attributes.",
    )
    positive_class: str | None = Field(
        None,
        min_length=1,
        description="Label of the positive class of a binary model, whose score the prediction is;"
        " null for the second one of its two labels in ascending order.",
    )
    decision_threshold: float = Field(
        0.5,
        description="Score from which a record of a binary model is predicted positive.",
    )
    missing_label_means: Literal["unknown", "negative"] = Field(
        "unknown",
        description="What a record of a binary model without a label stands for once it is older"
        " than max_label_age_hours: `negative` where only positive outcomes get a label, as with"
        " fraud and conversions.",
    )
    max_label_age_hours: float = Field(
        168,
        gt=0,
        le=8760,
        description="Age of a record in hours from which no further label is expected. Later labels"
        " count, too.",
    )
    min_labels: int = Field(
        200, ge=1, description="Labeled records that a verdict on performance takes."
    )

    @field_validator("join_key")
    @classmethod
    def _check_join_key(cls, text: str) -> str:
        parse_join_key(text)
        return text


class PerformanceSettings(Section):
    """Which fall of a score is a degradation of the model."""

    min_effect_sizes: dict[ScoreName, Annotated[float, Field(gt=0)]] = Field(
        default_factory=dict,
        description="Scores that are compared with the baseline's held-out records, each with the"
        " smallest worsening that matters: for log_loss, brier, rmse and mae as a share of the"
        " reference, for the others as a difference. By default roc_auc 0.02 and log_loss 0.1 of a"
        " binary model, accuracy 0.02 and log_loss 0.1 of a multiclass model, rmse 0.1 and mae 0.1"
        " of a regression.",
    )
    window_days: int = Field(
        7, ge=1, le=90, description="Days with labels that are compared together."
    )
    datapoints_to_alarm: int = Field(
        2,
        ge=1,
        description="Of the last evaluation_periods days so many must end days that are worse,"
        " for the verdict degraded.",
    )
    evaluation_periods: int = Field(3, ge=1, le=30, description="See datapoints_to_alarm.")

    @model_validator(mode="after")
    def _check_datapoints(self) -> "PerformanceSettings":
        if self.datapoints_to_alarm > self.evaluation_periods:
            raise ValueError(
                f"datapoints_to_alarm {self.datapoints_to_alarm} exceeds evaluation_periods"
                f" {self.evaluation_periods}: of so many days there can't be more that are worse"
            )
        return self


class FairnessSettings(Section):
    """Groups of records of which performance is shown separately."""

    groups: dict[GroupName, str] = Field(
        default_factory=dict,
        description="Feature by name of a group, as in `sex: sex`: for each value the report on"
        " performance has the counts of labeled, selected and positive records.",
    )


class EvaluationSettings(Section):
    """What a challenger must achieve to be registered."""

    holdout_share: float = Field(
        0.25,
        gt=0,
        lt=1,
        description="Share of the rows, the newest ones, that is held out for evaluation.",
    )
    min_improvement: float = Field(
        0.0,
        ge=0,
        description="Minimum improvement over the champion: lower bound of the confidence interval"
        " of the ranking score.",
    )
    max_golden_set_drop: float = Field(
        0.02, ge=0, description="Maximum drop of the ranking score on the golden set."
    )
    confidence_level: float = Field(
        0.95,
        gt=0.5,
        lt=1,
        description="Level of the paired confidence interval. Days are its units where the"
        " holdout has at least seven, else hours, else entities or rows.",
    )
    bootstrap_resamples: int = Field(
        1000,
        ge=100,
        le=10000,
        description="Resamples of the paired bootstrap, where the holdout's rows have no time.",
    )


class ApprovalSettings(Section):
    """How long a version may wait for a person."""

    remind_after_days: int = Field(
        3,
        ge=1,
        description="Days after which people are reminded of a version that waits for approval, or"
        " that is approved and waits for its release; they are reminded again after as many days"
        " each. The alarm approval-overdue is in ALARM from then on.",
    )
    max_blocking_days: int = Field(
        14,
        ge=1,
        description="Days for which a version that waits for approval prevents retrainings. After"
        " that a retraining may register a newer version; both can be approved.",
    )


class TrainingSettings(Section):
    """How a challenger is trained."""

    instance_type: InstanceType = Field("ml.m5.large", description="Instance type of the jobs.")
    volume_size_gb: int = Field(
        30,
        ge=1,
        description="Storage volume of the jobs in GiB; at most"
        " the local storage of an instance type that has one.",
    )
    max_runtime_minutes: int = Field(
        60, ge=1, le=2880, description="Time limit of each job in minutes."
    )
    warm_start: bool = Field(
        False, description="Start from the champion's model, if the family supports it."
    )
    hyperparameters: dict[str, int | float | str | bool] = Field(
        default_factory=dict,
        description="Hyperparameters that are passed to the family's training script;"
        " `validate` and synthesis refuse names and types that the family does not have.",
    )


class EndpointSettings(Section):
    """The endpoint and its releases."""

    instance_type: InstanceType = Field("ml.m5.large", description="Instance type of the endpoint.")
    initial_instance_count: int = Field(2, ge=1, description="Number of instances at the start.")
    max_instance_count: int = Field(
        4, ge=1, description="Maximum number of instances of autoscaling."
    )
    target_invocations_per_instance: int = Field(
        1000, ge=1, description="Target of autoscaling: invocations per instance and minute."
    )
    capture_sampling_percentage: int = Field(
        100, ge=1, le=100, description="Percentage of requests that are captured."
    )
    canary_percentage: int = Field(
        50, ge=1, le=50, description="Percentage of the instances that a release updates first."
    )
    bake_minutes: int = Field(
        10,
        ge=1,
        le=60,
        description="Minutes for which alarms are watched after a release's first step.",
    )
    latency_p99_threshold_ms: float = Field(
        1000,
        gt=0,
        description="p99 of the model latency in milliseconds above which the alarm is raised.",
    )
    error_threshold_per_minute: int = Field(
        5, ge=1, description="5xx errors per minute that raise the alarm and roll a release back."
    )

    @model_validator(mode="after")
    def _check_counts(self) -> "EndpointSettings":
        if self.max_instance_count < self.initial_instance_count:
            raise ValueError("max_instance_count must not be less than initial_instance_count")
        return self

    @property
    def has_canary(self) -> bool:
        """Whether a release can start with a canary, which takes at most half of the instances."""
        return self.initial_instance_count >= 2


class NotificationSettings(Section):
    """Who receives notifications."""

    emails: list[Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]] = Field(
        default_factory=list,
        description="Email addresses that receive notifications of alarms and decisions.",
    )


class RetentionSettings(Section):
    """How long data is kept, in days."""

    capture_days: int = Field(
        90, ge=1, description="Days for which captured records and labels are kept."
    )
    analysis_days: int = Field(
        400, ge=1, description="Days for which profiles and reports are kept."
    )
    log_days: Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365] = Field(
        90, description="Days for which logs are kept."
    )
