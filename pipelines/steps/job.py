"""What all steps share: folders, settings, and how a step says that it can't go on."""

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from driftloop.errors import DriftloopError
from driftloop.evaluation import EvaluationPolicy
from driftloop.judge.policy import Policy
from driftloop.schema import Entity, Schema

LONGEST_MESSAGE = 1000
"""Characters of ExitMessage that SageMaker keeps."""


@dataclass(frozen=True, slots=True)
class Settings:
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
    drift: Policy


def read_settings(path: Path) -> Settings:
    """Settings from the file that ``pipelines.settings.settings_json`` made."""
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    evaluation = data["evaluation"]
    schema, entity = Schema.from_dict(data["schema"]), data["entity"]
    return Settings(
        model=data["model"],
        schema=schema,
        time_column=data["time_column"],
        prediction_key=data["prediction_key"],
        entity=None if entity is None else Entity.parse(entity, schema.names),
        label_delay_hours=data["label_delay_hours"],
        include_training_data=data["include_training_data"],
        holdout_share=evaluation["holdout_share"],
        policy=EvaluationPolicy(
            minimum_gain=evaluation["minimum_gain"],
            golden_tolerance=evaluation["golden_tolerance"],
            confidence=evaluation["confidence"],
            bootstrap_samples=evaluation["bootstrap_samples"],
        ),
        window_hours=data["window_hours"],
        drift=Policy.from_dict(data["drift"]),
    )


@dataclass(frozen=True, slots=True)
class Folders:
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


def guarded(root: Path, work: Callable[[], None]) -> None:
    """Do the work; where it can't be done, leave the message where SageMaker looks, and exit."""
    try:
        work()
    except DriftloopError as error:
        message = root.parent / "output" / "message"
        message.parent.mkdir(parents=True, exist_ok=True)
        message.write_text(str(error)[:LONGEST_MESSAGE], encoding="utf-8")
        raise SystemExit(str(error)) from error


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a document; raises ValueError for what JSON has no word for (NaN)."""
    path.write_text(json.dumps(content, indent=1, allow_nan=False) + "\n", encoding="utf-8")
