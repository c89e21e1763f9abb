"""The settings of a model, and the whole of driftloop.yaml."""

import re
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, model_validator

from driftloop.column_names import composed, equivalent_names
from driftloop.config.sections import (
    ApprovalSettings,
    EndpointSettings,
    EvaluationSettings,
    FairnessSettings,
    LabelSettings,
    MonitoringSettings,
    NotificationSettings,
    PerformanceSettings,
    QualitySettings,
    RetentionSettings,
    RetrainingSettings,
    Section,
    TrainingSettings,
)
from driftloop.model_names import find_name_conflicts
from driftloop.path_expressions import PathExpression
from driftloop.payload_mapping import PayloadMapping, ResponseKey
from driftloop.s3_uri import parse_s3_uri
from driftloop.schema import PREDICTION, Entity, Kind, ProblemType, Schema

ModelName = Annotated[str, Field(pattern=r"^[A-Za-z0-9]([-_]*[A-Za-z0-9])*$", max_length=30)]
FeatureName = Annotated[str, Field(pattern=r"^[^\s\x00-\x1f](.*[^\s\x00-\x1f])?$", max_length=200)]


RESERVED_IN_KEYS = "*?#$"
"""Characters that keys of S3 objects in driftloop.yaml must not have.

In a policy's Resource, ``*`` and ``?`` are wildcards, and ``$`` begins a variable (IAM User Guide,
"IAM policy elements: Variables and tags"). Some clients end the key of a URI at ``?`` or ``#``.
"""


def _check_location(location: str) -> str:
    """A path or an S3 URI; raises ValueError for an S3 URI without bucket or with a bad key."""
    if not location.startswith("s3:"):
        return location
    if not re.fullmatch(r"s3://[a-z0-9.-]{3,63}/.*[^/]", location):
        raise ValueError("is not an S3 URI of an object; write it as s3://bucket/key")
    reserved = sorted(set(parse_s3_uri(location).key) & set(RESERVED_IN_KEYS))
    if reserved:
        raise ValueError(
            f"has {' '.join(reserved)} in its key, which a policy of IAM or a client of S3 may not"
            " take literally; copy the object to a key without it"
        )
    return location


def _check_key_arn(arn: str) -> str:
    """The ARN of a KMS key; raises ValueError for any other text."""
    if not re.fullmatch(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+", arn):
        raise ValueError(
            "is not the ARN of a KMS key, as in arn:aws:kms:REGION:ACCOUNT:key/ID; a policy can't"
            " allow the use of a key by an alias"
        )
    return arn


def _check_path(text: str) -> str:
    PathExpression.parse(text)
    return text


def _check_feature_path(text: str) -> str:
    if PathExpression.parse(text).first_key is None:
        raise ValueError(
            f"{text[:60]!r} begins with a position; a path within a row begins with a key"
        )
    return text


PathText = Annotated[str, AfterValidator(_check_path)]
RowPath = Annotated[str, AfterValidator(_check_feature_path)]


def _check_time_zone(name: str) -> str:
    """The name of a time zone; raises ValueError for any other text."""
    try:
        ZoneInfo(name)
    except (OSError, ValueError, ZoneInfoNotFoundError) as error:
        raise ValueError(
            f"{name!r} is no IANA time zone; write a name such as UTC or Europe/Zurich"
        ) from error
    return name


FileLocation = Annotated[str, Field(min_length=1), AfterValidator(_check_location)]
KmsKeyArn = Annotated[str, AfterValidator(_check_key_arn)]


class ModelSettings(Section):
    """One monitored model."""

    problem_type: ProblemType = Field(description="What the model predicts.")
    features: dict[FeatureName, Kind] = Field(
        min_length=1,
        description="Name and kind of each feature, in payload order. A `date` (ISO 8601, or"
        " seconds or milliseconds since 1970) is compared by its age, weekday, month and hour. A"
        " column to `ignore`, such as an id, is part of the requests only: models are not trained"
        " on it, and it is not analyzed.",
    )
    target: str = Field(min_length=1, description="Column of the label in the training data.")
    keep_na_texts: list[str] = Field(
        default_factory=list,
        description="Categorical features, or the target, in which texts such as `NA`, `None`,"
        " `null` and `nan` are values, as the code of North America is. Only an empty cell is"
        " missing there. By default these texts are missing values in features, and only `nan` is"
        " in classes of the target.",
    )
    family: str = Field(description="Model family: the name of a folder in pipelines/families.")
    training_data: FileLocation = Field(
        description="CSV (plain or gzip) or Parquet file: a path relative to driftloop.yaml, or an"
        " S3 URI. No other object's key may begin with this one: SageMaker reads every object"
        " with that prefix."
    )
    time_column: str | None = Field(
        None,
        description="Column of training_data with the time of each row. With times on 28 days, live"
        " days are compared with the days before them from the first one on; without, once 28 live"
        " days are accepted.",
    )
    time_zone: Annotated[str, AfterValidator(_check_time_zone)] = Field(
        "UTC",
        description="IANA time zone of the model's clock, such as Europe/Zurich. Features that"
        " hold the local hour, weekday or month of the request are recognized in it.",
    )
    entity: str | None = Field(
        None,
        description="What records belong to, such as a user: a feature, or `attribute:KEY` for"
        " KEY=… in a request's custom attributes. Only the first record of an entity in a window"
        " is used.",
    )
    records_key: PathText | None = Field(
        None,
        description="Path of the rows in a JSON request, such as `payload.customers`; detected"
        " automatically by default. Paths are JMESPath expressions of keys, positions and lists:"
        ' `customer.address.city`, `values[0]`, `rows[*].age`, `"home-city"`.',
    )
    feature_keys: dict[FeatureName, RowPath] = Field(
        default_factory=dict,
        description="Path within a row, by feature, for features that requests do not have at a key"
        " of their own name: `{age: customer.age, city: City}`. Header rows of CSV are read by the"
        " same keys.",
    )
    prediction_key: PathText | None = Field(
        None,
        description="Path of the prediction in a JSON response; detected automatically by default.",
    )
    inference_response_keys: list[ResponseKey] = Field(
        default_factory=list,
        description="Cells of a CSV response in their order, as configured in a container of"
        " Autopilot or of SageMaker's XGBoost (`SAGEMAKER_INFERENCE_OUTPUT`).",
    )
    initial_model: FileLocation | None = Field(
        None,
        description="model.tar.gz of the first version: a path or an S3 URI. Without it, an initial"
        " training makes the first version.",
    )
    initial_baseline: FileLocation | None = Field(
        None,
        description="Baseline of initial_model, written by `driftloop baseline`: a path or an S3"
        " URI.",
    )
    data_kms_key_arns: list[KmsKeyArn] = Field(
        default_factory=list,
        description="KMS keys that encrypt training_data, initial_model or initial_baseline in S3,"
        " other than the environment's own key. The roles that read these files may then decrypt"
        " with them; the policy of each key must allow it, too.",
    )
    paused: bool = Field(
        False, description="Keep analyzing, but start no retraining and no release."
    )
    monitoring: MonitoringSettings = Field(default_factory=MonitoringSettings)
    quality: QualitySettings = Field(default_factory=QualitySettings)
    retraining: RetrainingSettings = Field(default_factory=RetrainingSettings)
    labels: LabelSettings = Field(default_factory=LabelSettings)
    performance: PerformanceSettings = Field(default_factory=PerformanceSettings)
    fairness: FairnessSettings = Field(default_factory=FairnessSettings)
    evaluation: EvaluationSettings = Field(default_factory=EvaluationSettings)
    approval: ApprovalSettings = Field(default_factory=ApprovalSettings)
    training: TrainingSettings = Field(default_factory=TrainingSettings)
    serving: EndpointSettings = Field(default_factory=EndpointSettings)

    @model_validator(mode="after")
    def _check_consistency(self) -> "ModelSettings":
        problems = []
        if not self.schema_.features:
            problems.append("features: at least one must have another kind than ignore")
        kinds = {**self.features, self.target: Kind.CATEGORICAL}
        others = [name for name in self.keep_na_texts if kinds.get(name) is not Kind.CATEGORICAL]
        if others:
            problems.append(
                "keep_na_texts names columns that are neither categorical features nor the target:"
                f" {', '.join(others)}"
            )
        unmapped = sorted(set(self.feature_keys) - set(self.schema_.names))
        if unmapped:
            problems.append(f"feature_keys names unknown features: {', '.join(unmapped)}")
        if len(set(self.inference_response_keys)) < len(self.inference_response_keys):
            problems.append("inference_response_keys names a cell twice")
        for first, second in equivalent_names(self.features):
            problems.append(
                f"features {first!r} and {second!r} differ in the Unicode form of their characters"
                " alone: rename one of the columns"
            )
        if PREDICTION in self.features:
            problems.append(
                f"features: {PREDICTION!r} stands for the model's predictions in reports: rename"
                " the column"
            )
        if composed(self.target) in map(composed, self.features):
            problems.append(f"target {self.target!r} must not be one of the features")
        if self.time_column is not None and self.time_column == self.target:
            problems.append(f"target {self.target!r} must not be the time_column")
        for setting in (
            "feature_weights",
            "exclude_features",
            "include_features",
            "required_sensitivity",
        ):
            unknown = sorted(set(getattr(self.monitoring, setting)) - set(self.schema_.names))
            if unknown:
                problems.append(
                    f"monitoring.{setting} names unknown features: {', '.join(unknown)}"
                )
        unknown = sorted(set(self.fairness.groups.values()) - set(self.schema_.names))
        if unknown:
            problems.append(f"fairness.groups names unknown features: {', '.join(unknown)}")
        derived = {c for f in self.schema_.features if f.kind is Kind.DATE for c in f.columns}
        taken = sorted(derived & set(self.features))
        if taken:
            problems.append(
                f"features have the names of columns derived from a date: {', '.join(taken)}"
            )
        both = sorted({*self.monitoring.exclude_features} & {*self.monitoring.include_features})
        if both:
            problems.append(
                "monitoring.exclude_features and monitoring.include_features both name"
                f" {', '.join(both)}"
            )
        if self.entity is not None:
            try:
                Entity.parse(self.entity, self.schema_.names)
            except ValueError as error:
                problems.append(str(error))
        if (self.initial_model is None) != (self.initial_baseline is None):
            problems.append(
                "initial_model and initial_baseline must be given together: make the baseline with"
                " `driftloop baseline`, or omit both, so that an initial training makes them"
            )
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @property
    def entity_(self) -> Entity | None:
        """The entity as a value of the core."""
        return None if self.entity is None else Entity.parse(self.entity, self.schema_.names)

    @property
    def schema_(self) -> Schema:
        """The schema as a value of the core."""
        return Schema.from_columns(
            self.features,
            target=self.target,
            problem_type=self.problem_type,
            keep_na_texts=self.keep_na_texts,
        )

    @property
    def payload_mapping(self) -> PayloadMapping:
        """Where the values are in requests and responses, as a value of the core."""
        return PayloadMapping(
            records_key=self.records_key,
            feature_keys=self.feature_keys,
            prediction_key=self.prediction_key,
            inference_response_keys=tuple(map(str, self.inference_response_keys)),
        )


class Config(Section):
    """All sections of driftloop.yaml."""

    environment: Annotated[str, Field(pattern=r"^[a-z][a-z0-9]{0,7}$")] = Field(
        "main",
        description="Part of every resource name, so that several fleets can share an account.",
    )
    notifications: NotificationSettings = Field(default_factory=NotificationSettings)
    retention: RetentionSettings = Field(default_factory=RetentionSettings)
    tags: dict[str, str] = Field(default_factory=dict, description="Tags of every resource.")
    defaults: dict[str, Any] = Field(
        default_factory=dict,
        description="Settings of every model that does not set them itself.",
    )
    models: dict[ModelName, ModelSettings] = Field(
        min_length=1, description="The models of the fleet, by name."
    )

    @model_validator(mode="after")
    def _check_resource_names(self) -> "Config":
        problems = find_name_conflicts(self.models)
        if problems:
            raise ValueError("; ".join(problems))
        return self
