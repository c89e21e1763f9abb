"""Shared by all steps: the job's folders, the settings file, and the message of a failure."""

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from driftloop.detection.policy import DriftPolicy
from driftloop.errors import DriftloopError
from driftloop.evaluation import EvaluationPolicy
from driftloop.payload_mapping import PayloadMapping
from driftloop.schema import Entity, Schema

MAX_MESSAGE_LENGTH = 1000
"""Maximum length, in characters, of the ExitMessage that SageMaker stores of a failed job."""


@dataclass(frozen=True, slots=True)
class StepSettings:
    """The model's settings of driftloop.yaml that the steps need."""

    model: str
    schema: Schema
    time_column: str | None
    time_zone: str
    payload_mapping: PayloadMapping
    entity: Entity | None
    label_delay_hours: float
    include_training_data: bool
    max_unusable_share: float
    max_unlabeled_share: float
    holdout_share: float
    policy: EvaluationPolicy
    window_hours: int
    drift: DriftPolicy


def read_settings(path: Path) -> StepSettings:
    """Read the file that ``pipelines.step_settings.settings_json`` wrote."""
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    evaluation = data["evaluation"]
    schema, entity = Schema.from_dict(data["schema"]), data["entity"]
    return StepSettings(
        model=data["model"],
        schema=schema,
        time_column=data["time_column"],
        time_zone=data["time_zone"],
        payload_mapping=PayloadMapping.from_dict(data["payload_mapping"]),
        entity=None if entity is None else Entity.parse(entity, schema.names),
        label_delay_hours=data["label_delay_hours"],
        include_training_data=data["include_training_data"],
        max_unusable_share=data["max_unusable_share"],
        max_unlabeled_share=data["max_unlabeled_share"],
        holdout_share=evaluation["holdout_share"],
        policy=EvaluationPolicy(
            min_improvement=evaluation["min_improvement"],
            max_golden_set_drop=evaluation["max_golden_set_drop"],
            confidence_level=evaluation["confidence_level"],
            bootstrap_resamples=evaluation["bootstrap_resamples"],
        ),
        window_hours=data["window_hours"],
        drift=DriftPolicy.from_dict(data["drift"]),
    )


@dataclass(frozen=True, slots=True)
class StepPaths:
    """A processing job's folders; ``root`` is ``/opt/ml/processing`` in a container."""

    root: Path

    def input(self, name: str) -> Path:
        """The folder into which SageMaker downloaded an input."""
        return self.root / "input" / name

    def output(self, name: str) -> Path:
        """The folder from which SageMaker uploads an output; created if it does not exist."""
        folder = self.root / "output" / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def argument_parser(description: str | None) -> argparse.ArgumentParser:
    """A parser of the arguments that all steps have."""
    result = argparse.ArgumentParser(description=description)
    result.add_argument("--root", type=Path, required=True)
    result.add_argument("--settings", type=Path, required=True)
    return result


def run_step(root: Path, work: Callable[[], None]) -> None:
    """Do the work; on an error, write the file that becomes the job's ExitMessage, and exit."""
    try:
        work()
    except DriftloopError as error:
        message = root.parent / "output" / "message"
        message.parent.mkdir(parents=True, exist_ok=True)
        message.write_text(str(error)[:MAX_MESSAGE_LENGTH], encoding="utf-8")
        raise SystemExit(str(error)) from error
