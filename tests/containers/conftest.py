"""A family trained and served in the packages of its image, without a network."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from driftloop.config import load_config
from pipelines.code_archives import family_files, write_tar_gz
from pipelines.definition import pipeline_definition
from pipelines.families import FAMILIES, get_family
from pipelines.steps import predict
from tests.containers.image_environment import find_missing, install_image, isolation_command

HERE = Path(__file__).parent
FEATURES = {"x": "numeric", "city": "categorical", "day": "date"}
ROWS = 600
SECONDS = 420
"""Time for one family on a busy machine; with an idle one it is less than a minute."""

CONFIG = """
models:
  toy:
    problem_type: binary_classification
    features: {x: numeric, city: categorical, day: date}
    target: label
    family: FAMILY
    training_data: toy.csv
    training: {hyperparameters: {SMALL}}
"""
SMALL = {"sklearn": "max_iter: 20", "xgboost": "num_boost_round: 15"}


@dataclass(frozen=True)
class Request:
    """A request to the served model."""

    body: bytes
    content_type: str
    accept: str | None = None


@dataclass(frozen=True)
class Response:
    """Its response, as it leaves the container."""

    status: int
    content_type: str | None
    text: str

    @property
    def media_type(self) -> str:
        """The content type without its parameters."""
        return (self.content_type or "").partition(";")[0]


@dataclass(frozen=True)
class ImageRun:
    """What happened in the image."""

    folder: Path
    training_exit_code: int
    is_in_service: bool
    responses: Mapping[str, Response]
    evaluated: list[dict[str, Any]]

    def log(self, name: str) -> str:
        """The end of a log."""
        return (self.folder / f"{name}.log").read_text(errors="replace")[-2000:]


def run_image(family: str, folder: Path, requests: Mapping[str, Request], rows: str) -> ImageRun:
    """Train and serve a family in its image, with what the pipeline's definition says.

    Args:
        family: Name of the family; its image is one of requirements/images.
        folder: Where the files of the jobs are.
        requests: What is sent to the served model, by name.
        rows: Rows in CSV that are predicted as in the Evaluate step.
    """
    steps = {step["Name"]: step["Arguments"] for step in _steps(family)}
    [container] = steps["RegisterModel"]["InferenceSpecification"]["Containers"]
    _write_channels(family, folder / "channels")
    (folder / "rows.csv").write_text(rows)
    job = {
        "family": family,
        "python": str(install_image(get_family(family).image)),
        "modules": str(HERE / "image"),
        "predict": predict.__file__,
        "channels": ["train", "champion", "code"],
        "hyperparameters": {
            name: str(value).replace("{{FamilyPackageName}}", "family.tar.gz")
            for name, value in steps["Train"]["HyperParameters"].items()
        },
        "training_environment": steps["Train"]["Environment"],
        "serving_environment": container["Environment"],
        "requests": {
            name: {**vars(request), "body": request.body.hex()}
            for name, request in requests.items()
        },
    }
    (folder / "job.json").write_text(json.dumps(job))
    command = [*isolation_command(), sys.executable, str(HERE / "run_image.py"), str(folder)]
    subprocess.run(command, check=True, timeout=SECONDS)
    results = json.loads((folder / "results.json").read_text())
    responses = results.get("responses", {})
    return ImageRun(
        folder=folder,
        training_exit_code=results["training_exit_code"],
        is_in_service=results.get("is_in_service", False),
        responses={name: Response(**response) for name, response in responses.items()},
        evaluated=results.get("evaluated", []),
    )


def _steps(family: str) -> list[dict[str, Any]]:
    text = CONFIG.replace("FAMILY", family).replace("SMALL", SMALL[family])
    model = load_config(text).models["toy"]
    definition = json.loads(
        pipeline_definition(pipeline_name="driftloop-main-toy", model_name="toy", model=model)
    )
    steps: list[dict[str, Any]] = []
    for step in definition["Steps"]:
        steps += [step, *step["Arguments"].get("IfSteps", [])]
    return steps


def _write_channels(family: str, folder: Path) -> None:
    for name in ("train", "champion", "code"):
        (folder / name).mkdir(parents=True)
    write_tar_gz(family_files(family), folder / "code" / "family.tar.gz")
    schema = {"features": FEATURES, "target": "label", "problem": "binary_classification"}
    (folder / "train" / "schema.json").write_text(json.dumps({**schema, "classes": ["0", "1"]}))
    draw = np.random.default_rng(1)
    table = pd.DataFrame(
        {
            "x": draw.normal(size=ROWS).round(4),
            "city": draw.choice(["Basel", "Bern"], ROWS),
            "day": draw.choice(["2026-01-11", "2026-02-12", "2026-03-13"], ROWS),
        }
    )
    noise = draw.normal(0, 0.5, ROWS)
    label = (2 * table["x"] + (table["city"] == "Bern") + noise > 0).astype(int)
    table.loc[:20, "x"] = np.nan
    table.loc[21:23, "x"] = [np.inf, -np.inf, 1e39]
    table.assign(label=label).to_csv(folder / "train" / "train.csv", index=False)


@pytest.fixture(scope="session", params=list(FAMILIES))
def family(request: pytest.FixtureRequest) -> str:
    """A family, if this machine can run its image; else the reason is printed."""
    missing = find_missing()
    if missing:
        pytest.skip(f"the images can't be run here: {missing}")
    return str(request.param)
