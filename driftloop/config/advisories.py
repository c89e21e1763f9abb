"""What is allowed and may still surprise: said when a configuration is validated."""

from driftloop.config.settings import Config, ModelSettings
from driftloop.schema import Kind


def advisories(config: Config) -> list[str]:
    """One sentence for each thing that the author of a valid configuration should know."""
    notes = [note for name, model in config.models.items() for note in _of_model(name, model)]
    if not config.notifications.emails:
        notes.append("notifications.emails is empty: nobody is told of alarms and decisions")
    return notes


def _of_model(name: str, model: ModelSettings) -> list[str]:
    notes = []
    if not model.serving.canary:
        notes.append(
            f"models.{name}.serving.initial_instance_count is 1: a canary needs two"
            f" instances, so a release"
            f" goes all at once and is watched for {model.serving.bake_minutes} minutes"
        )
    if model.paused:
        notes.append(f"models.{name}.paused: analyzed, but never retrained or released")
    if model.retraining.max_runs_per_30_days == 0:
        notes.append(
            f"models.{name}.retraining.max_runs_per_30_days is 0: no retraining ever starts"
        )
    dates = [feature for feature, kind in model.features.items() if kind is Kind.DATE]
    if dates and model.time_column is None:
        notes.append(
            f"models.{name}.time_column is not set: of the dates {', '.join(dates)} parts of the"
            " calendar are compared, but no age"
        )
    return notes
