"""Templates, synthesized once per configuration: starting jsii takes seconds."""

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
            "data_kms_key_arns": [
                "arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-3333-4444-555555555555"
            ],
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

    def resources(self, stack: str, kind: str) -> dict[str, Resource]:
        """Return the resources of a type in a stack, by logical ID."""
        resources = self.stacks[f"driftloop-test-{stack}"]["Resources"]
        return {name: item for name, item in resources.items() if item["Type"] == kind}

    def only_resource(self, stack: str, kind: str) -> Resource:
        """Return the properties of the only resource of a type in a stack."""
        (resource,) = self.resources(stack, kind).values()
        return dict(resource["Properties"])

    def all_resources(self, kind: str) -> Iterator[tuple[str, Resource]]:
        """Yield every resource of a type in any stack, with its stack and logical ID."""
        for stack, template in self.stacks.items():
            for name, item in template["Resources"].items():
                if item["Type"] == kind:
                    yield f"{stack}/{name}", item

    def statements(self, stack: str, role: str) -> dict[str, Resource]:
        """Return the statements, by sid, of the role whose logical ID starts with ``role``."""
        policies = self.resources(stack, "AWS::IAM::Policy")
        statements = [
            statement
            for item in policies.values()
            if item["Properties"]["Roles"][0]["Ref"].startswith(role)
            for statement in item["Properties"]["PolicyDocument"]["Statement"]
        ]
        assert statements, f"no policy of a role {role}* in {stack}"
        return {statement["Sid"]: statement for statement in statements}

    def without_hashes(self) -> dict[str, Resource]:
        """Return the stacks with the content hashes of assets replaced."""
        text = re.sub(r"[0-9a-f]{64}", "HASH", json.dumps(self.stacks))
        return dict(json.loads(text))


Synthesize = Callable[[dict[str, Any]], Templates]


@pytest.fixture(scope="session")
def config() -> dict[str, Any]:
    """Two models: one starts with an initial training, one with an initial model."""
    return copy.deepcopy(CONFIG)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files that the configuration refers to."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "train.csv").write_text("age,city,label\n1,a,0\n")
    (folder / "model.tar.gz").write_bytes(b"a model")
    (folder / "baseline.bin").write_bytes(b"a baseline")
    return folder


@pytest.fixture(scope="session")
def synthesize(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Synthesize:
    """Return a function from a configuration to its templates, for the target `host`."""

    def run(config: dict[str, Any], *, validate: bool = False) -> Templates:
        path = folder / "driftloop.yaml"
        path.write_text(yaml.safe_dump(config, sort_keys=False))
        out = tmp_path_factory.mktemp("cdk.out")
        context = {"driftloop:config": str(path), "driftloop:target": "host"}
        app = make_app(outdir=str(out), validate=validate, **context)
        add_stacks(app, load_settings(app))
        app.synth()
        return read_templates(out)

    return run


def read_templates(out: Path) -> Templates:
    """Read the templates of a cloud assembly."""
    return Templates(
        {
            path.name.removesuffix(".template.json"): json.loads(path.read_text())
            for path in sorted(out.glob("*.template.json"))
        }
    )


@pytest.fixture(scope="session")
def templates(synthesize: Synthesize, config: dict[str, Any]) -> Templates:
    """The templates of the two models."""
    return synthesize(config)
