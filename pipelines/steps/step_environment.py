"""What all steps share: folders, settings, and how a step says that it can't go on."""

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from driftloop.detection.policy import DriftPolicy
from driftloop.errors import DriftloopError
from driftloop.evaluation import EvaluationPolicy
from driftloop.schema import Entity, Schema

MAX_MESSAGE_LENGTH = 1000
"""Characters of ExitMessage that SageMaker keeps."""


@dataclass(frozen=True, slots=True)
class StepSettings:
    """The model's part of driftloop.yaml, as synthesis wrote it beside the code."""

    model: str
    schema: Schema
    time_column: str | None
    prediction_key: str | None
    entity: Entity | None
    label_delay_hours: float
    include_training_data: bool
    holdout_share: float
    policy: EvaluationPolicy
    window_hours: int
    drift: DriftPolicy


def read_settings(path: Path) -> StepSettings:
    """Settings from the file that ``pipelines.step_settings.settings_json`` made."""
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    evaluation = data["evaluation"]
    schema, entity = Schema.from_dict(data["schema"]), data["entity"]
    return StepSettings(
        model=data["model"],
        schema=schema,
        time_column=data["time_column"],
        prediction_key=data["prediction_key"],
        entity=None if entity is None else Entity.parse(entity, schema.names),
        label_delay_hours=data["label_delay_hours"],
        include_training_data=data["include_training_data"],
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
    """A job's folders, below ``/opt/ml/processing`` in a container."""

    root: Path

    def input(self, name: str) -> Path:
        """Where an input was downloaded to."""
        return self.root / "input" / name

    def output(self, name: str) -> Path:
        """Where an output is uploaded from; made where it is not there."""
        folder = self.root / "output" / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def parser(description: str | None) -> argparse.ArgumentParser:
    """The arguments that every step takes."""
    result = argparse.ArgumentParser(description=description)
    result.add_argument("--root", type=Path, required=True)
    result.add_argument("--settings", type=Path, required=True)
    return result


def run_step(root: Path, work: Callable[[], None]) -> None:
    """Do the work; where it can't be done, leave the message where SageMaker looks, and exit."""
    try:
        work()
    except DriftloopError as error:
        message = root.parent / "output" / "message"
        message.parent.mkdir(parents=True, exist_ok=True)
        message.write_text(str(error)[:MAX_MESSAGE_LENGTH], encoding="utf-8")
        raise SystemExit(str(error)) from error


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a document; raises ValueError for what JSON has no word for (NaN)."""
    path.write_text(json.dumps(content, indent=1, allow_nan=False) + "\n", encoding="utf-8")
