"""Warnings of settings that are valid and may surprise; `driftloop validate` prints them."""

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
