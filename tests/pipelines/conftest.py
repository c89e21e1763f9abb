"""A model whose pipeline steps run for real: S3 is moto, the jobs are processes."""

import importlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import numpy as np
import pandas as pd
import pytest
from moto import mock_aws

from driftloop.capture import RecordBatch
from driftloop.config import ModelSettings, load_config
from driftloop.contract.pipeline_reports import (
    CurationReport,
    EvaluationReport,
    read_curation_report,
    read_evaluation_report,
)
from driftloop.profile import fit_baseline
from pipelines.code_archives import family_files, steps_files, write_tar_gz, write_zip
from pipelines.families import get_family
from pipelines.step_settings import settings_json
from pipelines.steps import curate as curate_step

ENDPOINT = "driftloop-main-toy"
CAPTURE, GROUND_TRUTH, ARTIFACTS = "capture", "ground-truth", "artifacts"
START = datetime(2026, 3, 1, tzinfo=UTC)
MODEL = """
models:
  toy:
    problem_type: binary_classification
    features: {x: numeric, z: numeric, city: categorical}
    target: label
    family: FAMILY
    training_data: toy.csv
    retraining: {label_delay_hours: 1}
    evaluation: {bootstrap_resamples: 100, max_golden_set_drop: 0.1}
    training:
      hyperparameters: HYPERPARAMETERS
"""
BINARY = "binary_classification"
SMALL = {
    "sklearn": "{max_iter: 30, min_samples_leaf: 5}",
    "xgboost": "{num_boost_round: 20, max_depth: 3}",
}


def rows(count: int, seed: int, slope: float = 2.0) -> pd.DataFrame:
    """Rows whose label depends on x by ``slope``; some values are missing."""
    generator = np.random.default_rng(seed)
    table = pd.DataFrame({"x": generator.normal(size=count), "z": generator.normal(size=count)})
    table["city"] = generator.choice(["Basel", "Bern", "Chur"], count)
    lift = slope * table["x"] + (table["city"] == "Bern")
    table["label"] = (generator.uniform(size=count) < 1 / (1 + np.exp(-lift))).astype(int)
    table.loc[generator.uniform(size=count) < 0.05, "z"] = np.nan
    return table.round(6)


def capture_record(
    event_id: str, table: pd.DataFrame, time: datetime, columns: list[str]
) -> dict[str, Any]:
    """A request of several rows as data capture writes it, with 0.5 as each prediction."""
    features = table.assign(id="c-1")[columns]
    common = {"observedContentType": "text/csv", "encoding": "CSV"}
    text = features.to_csv(index=False, header=False)
    return {
        "captureData": {
            "endpointInput": {**common, "mode": "INPUT", "data": text},
            "endpointOutput": {**common, "mode": "OUTPUT", "data": "0.5\n" * len(table)},
        },
        "eventMetadata": {"eventId": event_id, "inferenceTime": time.isoformat()},
        "eventVersion": "0",
    }


def label_record(event_id: str, labels: list[int]) -> dict[str, Any]:
    """The labels of a request as SageMaker documents them."""
    data = "\n".join(map(str, labels))
    return {
        "groundTruthData": {"data": data, "encoding": "CSV"},
        "eventMetadata": {"eventId": event_id},
        "eventVersion": "0",
    }


@dataclass
class Workbench:
    """One model's pipeline, whose steps are run one at a time in a folder."""

    folder: Path
    model: ModelSettings
    s3: Any
    runs: int = 0
    run: Path = field(default_factory=Path)
    uses_archive: bool = False
    """Whether the steps run as in a container, from the archive in a process of their own."""

    def put(self, bucket: str, key: str, content: bytes | str) -> None:
        body = content.encode() if isinstance(content, str) else content
        self.s3.put_object(Bucket=bucket, Key=key, Body=body)

    def serve(
        self,
        hour: int,
        table: pd.DataFrame,
        *,
        labels: list[int] | None = None,
        version: int = 1,
        columns: Sequence[str] = ("x", "z", "city"),
    ) -> None:
        """Capture an hour of traffic in requests of ten rows, and label it an hour later."""
        time = START + timedelta(hours=hour, minutes=5)
        values = table["label"].tolist() if labels is None else labels
        captured, labeled = [], []
        for number, start in enumerate(range(0, len(table), 10)):
            event_id = f"v{version}-h{hour}-{number}"
            part = table.iloc[start : start + 10]
            moment = time + timedelta(seconds=number)
            captured.append(capture_record(event_id, part, moment, [*columns]))
            labeled.append(label_record(event_id, values[start : start + 10]))
        path = f"toy/v{version}/{ENDPOINT}/AllTraffic/{time:%Y/%m/%d/%H}/05-00-000-a.jsonl"
        self.put(CAPTURE, path, "\n".join(map(json.dumps, captured)))
        later = time + timedelta(hours=1)
        self.put(
            GROUND_TRUTH,
            f"toy/{later:%Y/%m/%d/%H}/labels.jsonl",
            "\n".join(map(json.dumps, labeled)),
        )

    def write_sources(self, start: str, end: str, **changes: Any) -> str:
        """Record, as the gate does, that the versions 1 and 12 served all the time; the URI."""
        span = {"start": start, "end": end}
        schema = self.model.schema_
        cells = {name: ["1", "2"] for name in schema.names}
        baseline = fit_baseline(RecordBatch.from_columns(schema, cells))
        self.s3.put_object(Bucket=ARTIFACTS, Key="baseline", Body=baseline.to_bytes())
        uri = f"s3://{ARTIFACTS}/baseline"
        versions = [
            {"version": version, "baseline_uri": uri, "spans": [span]} for version in (1, 12)
        ]
        content = {"model": "toy", "decision_id": "d", "endpoint": ENDPOINT, "range": span}
        key = f"training-sources/toy/{self.runs}.json"
        self.put(ARTIFACTS, key, json.dumps({**content, "versions": versions, **changes}))
        return f"s3://{ARTIFACTS}/{key}"

    def curate(self, **more: str) -> CurationReport:
        """Start an execution with the step Curate; its report."""
        self.runs += 1
        self.run = self.folder / f"run{self.runs}"
        root = self.job("curate")
        inputs = root / "input" / "training_data"
        inputs.mkdir(parents=True)
        (inputs / "toy.csv").write_bytes((self.folder / "toy.csv").read_bytes())
        if "data_from" in more and "training_sources" not in more:
            more["training_sources"] = self.write_sources(more["data_from"], more["data_to"])
        options = {
            "capture-bucket": CAPTURE,
            "ground-truth-bucket": GROUND_TRUTH,
            "artifacts-bucket": ARTIFACTS,
            **{name.replace("_", "-"): value for name, value in more.items()},
        }
        arguments = [f"--{name}={value}" for name, value in options.items()]
        settings = str(self.settings())
        curate_step.main(["--root", str(root), "--settings", settings, *arguments])
        return read_curation_report(self.output("curate", "curation/curation.json").encode())

    def train(self) -> Path:
        """Train with the toolkit that SageMaker's images run; the model archive."""
        base = self.run / "train" / "ml"
        code = write_tar_gz(family_files(self.model.family), base / "input/data/code/code.tar.gz")
        for channel in ("train", "champion"):
            self.link(
                self.run / "curate/processing/output" / channel, base / "input/data" / channel
            )
        defaults = get_family(self.model.family).hyperparameters
        parameters = {**defaults, **self.model.training.hyperparameters}
        script_mode = {
            "sagemaker_program": "train.py",
            "sagemaker_submit_directory": str(code),
            "warm_start": str(self.model.training.warm_start).lower(),
        }
        config = base / "input" / "config"
        config.mkdir(parents=True)
        texts = {name: str(value) for name, value in {**parameters, **script_mode}.items()}
        (config / "hyperparameters.json").write_text(json.dumps(texts))
        channels = {name: {"TrainingInputMode": "File"} for name in ("train", "champion", "code")}
        (config / "inputdataconfig.json").write_text(json.dumps(channels))
        hosts = {"current_host": "localhost", "hosts": ["localhost"]}
        network = {"network_interface_name": "lo", "current_instance_type": "local"}
        groups = {"current_group_name": "all", "instance_groups": []}
        (config / "resourceconfig.json").write_text(json.dumps({**hosts, **network, **groups}))
        for name in ("model", "output/data", "code"):
            (base / name).mkdir(parents=True)
        self.process(
            [sys.executable, "-m", "sagemaker_training.cli.train"], SAGEMAKER_BASE_DIR=base
        )
        files = {p.relative_to(base / "model").as_posix(): p for p in (base / "model").rglob("*")}
        contents = {name: path for name, path in files.items() if path.is_file()}
        return write_tar_gz(contents, self.run / "train" / "model.tar.gz")

    def evaluate(self, champion: str = "none") -> EvaluationReport:
        """Evaluate the execution's challenger; the report."""
        root = self.job("evaluate")
        for name in ("holdout", "golden", "champion"):
            self.link(self.run / "curate/processing/output" / name, root / "input" / name)
        self.link(self.run / "train", root / "input" / "challenger", only="model.tar.gz")
        self.step("evaluate", root, f"--champion-version={champion}")
        return read_evaluation_report(
            self.output("evaluate", "evaluation/evaluation.json").encode()
        )

    def baseline(self) -> bytes:
        """Fit the execution's baseline; its bytes."""
        root = self.job("baseline")
        self.link(self.run / "curate/processing/output/train", root / "input" / "train")
        predictions = self.run / "evaluate/processing/output/predictions"
        self.link(predictions, root / "input" / "predictions")
        self.step("baseline", root)
        return (root / "output/baseline/model.baseline").read_bytes()

    def promote(self, version: int) -> str:
        """Store the execution's model as a champion's; its URI."""
        key = f"runs/toy/{version}/model.tar.gz"
        self.put(ARTIFACTS, key, (self.run / "train" / "model.tar.gz").read_bytes())
        return f"s3://{ARTIFACTS}/{key}"

    def settings(self) -> Path:
        path = self.folder / "settings.json"
        path.write_text(settings_json("toy", self.model))
        return path

    def output(self, job: str, name: str) -> str:
        return (self.run / job / "processing" / "output" / name).read_text()

    def job(self, name: str) -> Path:
        return self.run / name / "processing"

    def link(self, source: Path, target: Path, only: str = "*") -> None:
        target.mkdir(parents=True)
        for path in source.glob(only):
            (target / path.name).write_bytes(path.read_bytes())

    def step(self, name: str, root: Path, *arguments: str) -> None:
        options = [f"--root={root}", f"--settings={self.settings()}", *arguments]
        if self.uses_archive:
            archive = write_zip(steps_files(), self.folder / "steps.zip")
            self.process([sys.executable, str(archive), name, *options])
        else:
            importlib.import_module(f"pipelines.steps.{name}").main(options)

    def continue_from(self, other: "Workbench") -> None:
        """Continue with a copy of the files of another model's last execution."""
        self.runs += 1
        self.run = self.folder / f"run{self.runs}"
        shutil.copytree(other.run, self.run)

    def process(self, command: list[str], **environment: object) -> None:
        """Run a job as a container does, without this checkout on Python's path."""
        inherited = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        extra = {key: str(value) for key, value in environment.items()}
        done = subprocess.run(
            command,
            env={**inherited, "OMP_NUM_THREADS": "1", **extra},
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


@pytest.fixture
def workbench(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Workbench]:
    """A model of the family that the test's parameter names; sklearn by default."""
    family, _, problem = getattr(request, "param", "sklearn").partition(" ")
    text = MODEL.replace("FAMILY", family).replace("HYPERPARAMETERS", SMALL[family])
    model = load_config(text.replace("binary_classification", problem or BINARY)).models["toy"]
    table = rows(1500, seed=1)
    if problem == "regression":
        table["label"] = (3 * table["x"] + table["label"]).round(6)
    elif problem:
        table["label"] = pd.cut(table["x"], [-9, -0.5, 0.5, 9], labels=["low", "mid", "high"])
    table.to_csv(tmp_path / "toy.csv", index=False)
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        for bucket in (CAPTURE, GROUND_TRUTH, ARTIFACTS):
            s3.create_bucket(Bucket=bucket)
        yield Workbench(tmp_path, model, s3)


@pytest.fixture
def make_rows() -> Any:
    """The function ``rows``: tests can not import conftest."""
    return rows
