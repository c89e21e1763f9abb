"""Stacks of models that are no longer in driftloop.yaml: `cdk deploy` deletes no stack."""

import json
from pathlib import Path

from driftloop.config import Config
from driftloop.contract.resource_names import ResourceNames

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
    names = ResourceNames(config.environment)
    current = {names.model_stack(model) for model in config.models}
    return sorted(
        stack
        for stack, artifact in manifest.get("artifacts", {}).items()
        if artifact.get("type") == STACK
        and stack.startswith(names.model_stack(""))
        and stack not in current
    )


def removal_message(stack: str) -> str:
    """Say what a stack without a model costs, and how it is deleted."""
    return (
        f"driftloop: the model of the stack {stack} is no longer in driftloop.yaml. If the stack is"
        " deployed, its endpoint still costs money; delete it with"
        f" `aws cloudformation delete-stack --stack-name {stack}`"
    )
