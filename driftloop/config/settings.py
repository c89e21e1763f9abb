"""The settings of a model, and of a whole driftloop.yaml."""

from typing import Annotated, Any

from pydantic import Field, model_validator

from driftloop.config.sections import (
    EndpointSettings,
    EvaluationSettings,
    MonitoringSettings,
    NotificationSettings,
    QualitySettings,
    RetentionSettings,
    RetrainingSettings,
    Section,
    TrainingSettings,
)
from driftloop.schema import Entity, Feature, Kind, ProblemType, Schema

ModelName = Annotated[str, Field(pattern=r"^[A-Za-z0-9]([-_]*[A-Za-z0-9])*$", max_length=30)]
FeatureName = Annotated[str, Field(pattern=r"^[^\s\x00-\x1f](.*[^\s\x00-\x1f])?$", max_length=200)]


class ModelSettings(Section):
    """One monitored model."""

    problem_type: ProblemType = Field(description="What the model predicts.")
    features: dict[FeatureName, Kind] = Field(
        min_length=1,
        description="Name and kind of each feature, in payload order. A `date` (ISO 8601, or"
        " seconds or milliseconds since 1970) is compared by its age and by parts of the calendar.",
    )
    target: str = Field(min_length=1, description="The label's column in the training data.")
    family: str = Field(description="Model family: a folder under pipelines/families.")
    training_data: str = Field(
        min_length=1,
        description="CSV or Parquet: a file relative to driftloop.yaml, or an S3 URI.",
    )
    time_column: str | None = Field(
        None,
        description="Column of training_data that says when a row was. Over four whole weeks,"
        " windows are compared with the same hours of the week.",
    )
    entity: str | None = Field(
        None,
        description="Whom records are of: a feature, or `attribute:KEY` for KEY=… in a request's"
        " custom attributes. One record per entity and window is kept, the first in time.",
    )
    prediction_key: str | None = Field(
        None,
        min_length=1,
        description="Key of the prediction in JSON answers; found by itself where not given.",
    )
    initial_model: str | None = Field(
        None,
        description="model.tar.gz to start from: a path or an S3 URI; else a first run trains it.",
    )
    initial_baseline: str | None = Field(
        None, description="Baseline of initial_model, made by `driftloop baseline`."
    )
    paused: bool = Field(
        False, description="Keeps analysis going but starts no retraining and no release."
    )
    monitoring: MonitoringSettings = Field(default_factory=MonitoringSettings)
    quality: QualitySettings = Field(default_factory=QualitySettings)
    retraining: RetrainingSettings = Field(default_factory=RetrainingSettings)
    evaluation: EvaluationSettings = Field(default_factory=EvaluationSettings)
    training: TrainingSettings = Field(default_factory=TrainingSettings)
    serving: EndpointSettings = Field(default_factory=EndpointSettings)

    @model_validator(mode="after")
    def _consistent(self) -> "ModelSettings":
        wrong = []
        if self.target in self.features:
            wrong.append(f"target {self.target!r} must not be one of the features")
        if self.time_column is not None and self.time_column == self.target:
            wrong.append(f"target {self.target!r} can't be the time_column as well")
        for setting in ("feature_weights", "exclude_features", "include_features"):
            unknown = sorted(set(getattr(self.monitoring, setting)) - set(self.features))
            if unknown:
                wrong.append(f"monitoring.{setting} names unknown features: {', '.join(unknown)}")
        made = {c for f in self.schema_.features if f.kind is Kind.DATE for c in f.columns}
        taken = sorted(made & set(self.features))
        if taken:
            wrong.append(f"features are named as the columns made of a date: {', '.join(taken)}")
        both = sorted({*self.monitoring.exclude_features} & {*self.monitoring.include_features})
        if both:
            wrong.append(
                "monitoring.exclude_features and monitoring.include_features both name"
                f" {', '.join(both)}"
            )
        if self.entity is not None:
            try:
                Entity.parse(self.entity, self.features)
            except ValueError as error:
                wrong.append(str(error))
        if (self.initial_model is None) != (self.initial_baseline is None):
            wrong.append(
                "initial_model and initial_baseline go together: make the baseline with"
                " `driftloop baseline`, or leave both out and a first run trains the model"
            )
        if wrong:
            raise ValueError("; ".join(wrong))
        return self

    @property
    def entity_(self) -> Entity | None:
        """The entity, as the core works with it."""
        return None if self.entity is None else Entity.parse(self.entity, self.features)

    @property
    def schema_(self) -> Schema:
        """The model's schema, as the core works with it."""
        return Schema(
            features=tuple(Feature(name, kind) for name, kind in self.features.items()),
            target=self.target,
            problem_type=self.problem_type,
        )


class Config(Section):
    """driftloop.yaml."""

    environment: Annotated[str, Field(pattern=r"^[a-z][a-z0-9]{0,7}$")] = Field(
        "main", description="Part of every name, so that several fleets can share an account."
    )
    notifications: NotificationSettings = Field(default_factory=NotificationSettings)
    retention: RetentionSettings = Field(default_factory=RetentionSettings)
    tags: dict[str, str] = Field(
        default_factory=dict, description="Tags that every resource carries."
    )
    defaults: dict[str, Any] = Field(
        default_factory=dict,
        description="Settings that each model takes over where it has none of its own.",
    )
    models: dict[ModelName, ModelSettings] = Field(
        min_length=1, description="The fleet, by model name."
    )

    @model_validator(mode="after")
    def _names_stay_apart(self) -> "Config":
        taken: dict[str, str] = {}
        for name in self.models:
            twin = taken.setdefault(name.replace("_", "-").lower(), name)
            if twin != name:
                raise ValueError(f"models {twin!r} and {name!r} give resources of the same name")
        return self
