"""Stacks of models that are no longer in driftloop.yaml: `cdk deploy` deletes no stack."""

import json
from pathlib import Path

from driftloop.config import Config
from driftloop.contract.resource_names import ResourceNames, delete_stack_command

STACK = "aws:cloudformation:stack"
"""The type of a stack in the manifest of a cloud assembly."""


def removed_model_stacks(outdir: Path, config: Config) -> list[str]:
    """Return the stacks of models that the last synthesis into ``outdir`` had, and this one lacks.

    Without an account this is how a removed model is noticed. `driftloop validate --account` looks
    for the deployed stacks.
    """
    try:
        manifest = json.loads((outdir / "manifest.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    artifacts = manifest.get("artifacts", {}).items()
    stacks = [name for name, artifact in artifacts if artifact.get("type") == STACK]
    return ResourceNames(config.environment).stacks_without_model(stacks, config.models)


def removal_message(stack: str) -> str:
    """Say what a stack without a model costs, and how it is deleted."""
    return (
        f"driftloop: the model of the stack {stack} is no longer in driftloop.yaml. If the stack is"
        " deployed, its endpoint still costs money; delete it with"
        f" `{delete_stack_command(stack)}`"
    )
