"""Warnings of settings that are valid and may surprise; `driftloop validate` prints them."""

from driftloop import instance_types
from driftloop.config.settings import Config, ModelSettings
from driftloop.schema import Kind


def advisories(config: Config) -> list[str]:
    """One sentence for each valid setting that may surprise."""
    notes = [
        note for name, model in config.models.items() for note in _model_advisories(name, model)
    ]
    if not config.notifications.emails:
        notes.append(
            "notifications.emails is empty: no notifications of alarms and decisions are sent"
        )
    return notes


def _model_advisories(name: str, model: ModelSettings) -> list[str]:
    notes = []
    if not model.serving.has_canary:
        notes.append(
            f"models.{name}.serving.initial_instance_count is 1: a canary needs two instances, so a"
            f" release updates all at once and bakes for {model.serving.bake_minutes} minutes"
        )
    notes += _instance_type_advisories(name, model)
    if model.paused:
        notes.append(
            f"models.{name}.paused: the model is analyzed, but not retrained and not released"
        )
    if model.retraining.max_runs_per_30_days == 0:
        notes.append(
            f"models.{name}.retraining.max_runs_per_30_days is 0: no retraining ever starts"
        )
    dates = [feature for feature, kind in model.features.items() if kind is Kind.DATE]
    if dates and model.time_column is None:
        notes.append(
            f"models.{name}.time_column is not set: the dates {', '.join(dates)} are compared by"
            " weekday, month and hour, but not by age"
        )
    return notes


def _instance_type_advisories(name: str, model: ModelSettings) -> list[str]:
    notes = []
    for section, families, use in (
        ("training", instance_types.JOB_FAMILIES, "processing and training jobs"),
        ("serving", instance_types.ENDPOINT_FAMILIES, "endpoints"),
    ):
        instance_type = getattr(model, section).instance_type
        setting = f"models.{name}.{section}.instance_type: {instance_type}"
        if instance_types.family_of(instance_type) not in families:
            notes.append(
                f"{setting} is in no family that SageMaker listed for {use} in November 2026;"
                " SageMaker refuses it, unless it was added since"
            )
        elif instance_types.has_other_accelerator(instance_type):
            notes.append(f"{setting} has an accelerator that the images of the families do not use")
        elif instance_types.has_gpu(instance_type):
            notes.append(f"{setting} has a GPU, which the families sklearn and xgboost do not use")
    return notes
