"""The inputs of a synthesis: the CDK context (cdk.json, command line) and driftloop.yaml."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from aws_cdk import App

from driftloop.config import Config, load_config
from driftloop.errors import ConfigError, InputError
from infra.lambda_packages import Target
from pipelines.families import FAMILIES

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class AppSettings:
    """The validated configuration, the folder that its relative paths start from, the target."""

    config: Config
    folder: Path
    target: Target


def project_context() -> dict[str, Any]:
    """Read the context of cdk.json, which the CDK CLI passes and plain Python does not."""
    context = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
    if not isinstance(context, dict):
        raise InputError("cdk.json: `context` must be a mapping")
    return context


def load_settings(app: App) -> AppSettings:
    """Read driftloop.yaml.

    Raises:
        ConfigError: The file is invalid, or a model's family does not support a setting; the error
            lists every problem.
        InputError: The file does not exist, or the target is unknown.
    """
    path = ROOT / str(app.node.get_context("driftloop:config"))
    target = str(app.node.get_context("driftloop:target"))
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"{path}: {error.strerror}; select another file with -c driftloop:config=PATH"
        ) from error
    if target not in {"aws", "host"}:
        raise InputError(f"driftloop:target is {target!r}: use aws or host")
    config = load_config(text, source=str(path), families=FAMILIES)
    problems = [
        replace(problem, path=f"models.{name}.{problem.path}")
        for name, model in config.models.items()
        for problem in FAMILIES[model.family].unsupported_settings(model.training)
    ]
    if problems:
        raise ConfigError(str(path), problems)
    return AppSettings(config, path.parent, "aws" if target == "aws" else "host")
