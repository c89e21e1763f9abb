"""The settings file of a model's pipeline steps, made from driftloop.yaml."""

import json

from driftloop.config import ModelSettings
from driftloop.detection import DriftPolicy


def settings_json(name: str, model: ModelSettings) -> str:
    """``settings.json`` of a model: deterministic text without CDK tokens, for an S3 asset."""
    settings = {
        "model": name,
        "schema": model.schema_.to_dict(),
        "time_column": model.time_column,
        "time_zone": model.time_zone,
        "payload_mapping": model.payload_mapping.to_dict(),
        "entity": model.entity,
        "label_delay_hours": model.retraining.label_delay_hours,
        "include_training_data": model.retraining.include_training_data,
        "max_unusable_share": model.retraining.max_unusable_share,
        "max_unlabeled_share": model.retraining.max_unlabeled_share,
        "warm_start": model.training.warm_start,
        "window_hours": model.monitoring.window_hours,
        "drift": DriftPolicy.from_settings(model).to_dict(),
        "evaluation": model.evaluation.model_dump(mode="json"),
    }
    return json.dumps(settings, indent=1)
