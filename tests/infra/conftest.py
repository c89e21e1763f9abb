"""Templates, synthesised once per configuration: starting jsii takes seconds."""

import copy
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.app import add_stacks, make_app
from infra.app_settings import load_settings

Resource = dict[str, Any]

CONFIG: dict[str, Any] = {
    "environment": "test",
    "tags": {"team": "risk"},
    "notifications": {"emails": ["people@example.com"]},
    "models": {
        "credit": {
            "problem_type": "binary_classification",
            "features": {"age": "numeric", "city": "categorical"},
            "target": "label",
            "family": "sklearn",
            "training_data": "train.csv",
        },
        "price_v2": {
            "problem_type": "regression",
            "features": {"age": "numeric", "city": "categorical"},
            "target": "label",
            "family": "xgboost",
            "training_data": "s3://somebody-elses/train.csv",
            "initial_model": "model.tar.gz",
            "initial_baseline": "baseline.bin",
            "monitoring": {"window_hours": 4, "max_rejected_share": 0.05},
            "retraining": {"schedule_interval_days": 7},
            "serving": {"capture_sampling_percentage": 40},
        },
    },
}


@dataclass(frozen=True, slots=True)
class Templates:
    """The templates of one synthesis, by stack name."""

    stacks: dict[str, Resource]

    def of(self, stack: str, kind: str) -> dict[str, Resource]:
        """Resources of a type, by logical id."""
        found = self.stacks[f"driftloop-test-{stack}"]["Resources"]
        return {name: item for name, item in found.items() if item["Type"] == kind}

    def one(self, stack: str, kind: str) -> Resource:
        """The properties of the only resource of a type."""
        (resource,) = self.of(stack, kind).values()
        return dict(resource["Properties"])

    def all(self, kind: str) -> Iterator[tuple[str, Resource]]:
        """Every resource of a type in any stack, with where it stands."""
        for stack, template in self.stacks.items():
            for name, item in template["Resources"].items():
                if item["Type"] == kind:
                    yield f"{stack}/{name}", item

    def statements(self, stack: str, role: str) -> dict[str, Resource]:
        """Statements by sid of the role whose logical id starts with ``role``."""
        policies = self.of(stack, "AWS::IAM::Policy")
        found = [
            statement
            for item in policies.values()
            if item["Properties"]["Roles"][0]["Ref"].startswith(role)
            for statement in item["Properties"]["PolicyDocument"]["Statement"]
        ]
        assert found, f"no policy of a role {role}* in {stack}"
        return {statement["Sid"]: statement for statement in found}

    def without_hashes(self) -> dict[str, Resource]:
        """The stacks with every content hash of an asset put out of sight."""
        text = re.sub(r"[0-9a-f]{64}", "HASH", json.dumps(self.stacks))
        return dict(json.loads(text))


Synthesise = Callable[[dict[str, Any]], Templates]


@pytest.fixture(scope="session")
def config() -> dict[str, Any]:
    """A fleet of two: one starts from a first run, one from an initial model."""
    return copy.deepcopy(CONFIG)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that the configuration names."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "train.csv").write_text("age,city,label\n1,a,0\n")
    (folder / "model.tar.gz").write_bytes(b"a model")
    (folder / "baseline.bin").write_bytes(b"a baseline")
    return folder


@pytest.fixture(scope="session")
def synthesise(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Synthesise:
    """From a configuration to its templates, for the target `host`."""

    def run(config: dict[str, Any], *, validate: bool = False) -> Templates:
        path = folder / "driftloop.yaml"
        path.write_text(yaml.safe_dump(config, sort_keys=False))
        out = tmp_path_factory.mktemp("cdk.out")
        context = {"driftloop:config": str(path), "driftloop:target": "host"}
        app = make_app(outdir=str(out), validate=validate, **context)
        add_stacks(app, load_settings(app))
        app.synth()
        return read(out)

    return run


def read(out: Path) -> Templates:
    """The templates of an assembly."""
    return Templates(
        {
            path.name.removesuffix(".template.json"): json.loads(path.read_text())
            for path in sorted(out.glob("*.template.json"))
        }
    )


@pytest.fixture(scope="session")
def templates(synthesise: Synthesise, config: dict[str, Any]) -> Templates:
    """The fleet of two."""
    return synthesise(config)
