"""The CDK app. `cdk deploy` and `python -m infra.app` run it with the same result."""

import logging
import sys
import warnings
from pathlib import Path

from aws_cdk import App, Tags, Validations
from cdk_nag import AwsSolutionsChecks

from driftloop.contract.resource_names import ResourceNames
from driftloop.errors import DriftloopError
from infra.app_settings import AppSettings, load_settings, project_context
from infra.byte_code import warn_if_missing
from infra.constructs.endpoint import UNTAGGED_TYPES
from infra.lambda_packages import LAMBDA
from infra.removed_models import removal_message, removed_model_stacks
from infra.stacks.data import DataStack
from infra.stacks.model import ModelStack
from infra.stacks.shared import SharedStack

STACK_TYPE = "aws:cdk:stack"
"""Excluded from tags: CloudFormation applies a stack's tags to all of its resources, including the
endpoint, without any change in the template."""


def make_app(*, outdir: str | None = None, validate: bool = False, **context: str) -> App:
    """Create an app without stacks; ``validate`` enables the slow validation built into CDK."""
    return App(
        context=project_context() | context,
        outdir=outdir,
        builtin_cloud_formation_validation=validate,
    )


def add_stacks(app: App, settings: AppSettings) -> None:
    """Add the stacks that driftloop.yaml requires, with tags and the checks of cdk-nag."""
    config, names = settings.config, ResourceNames(settings.config.environment)
    data = DataStack(
        app,
        names.data_stack,
        names=names,
        retention=config.retention,
        description="driftloop: KMS key, buckets and ledger; retained on delete.",
    )
    shared = SharedStack(
        app,
        names.shared_stack,
        config=config,
        folder=settings.folder,
        data=data,
        target=settings.target,
        description="driftloop: analysis, gate and release for all models.",
    )
    if settings.target == "aws":
        warn_if_missing(shared, LAMBDA.python)
    for model in config.models:
        stack = ModelStack(
            app,
            names.model_stack(model),
            config=config,
            model=model,
            folder=settings.folder,
            data=data,
            shared=shared,
            target=settings.target,
            description=f"driftloop: endpoint, alarms and pipeline of {model}.",
        )
        Tags.of(stack).add(
            "driftloop:model", model, exclude_resource_types=[STACK_TYPE, *UNTAGGED_TYPES]
        )
    for key, value in {**config.tags, "driftloop:environment": config.environment}.items():
        Tags.of(app).add(key, value, exclude_resource_types=[STACK_TYPE, *UNTAGGED_TYPES])
    Validations.of(app).add_plugins(AwsSolutionsChecks())


def main() -> None:
    """Synthesize the templates; an invalid configuration prints one message and exits with 1."""
    # The SageMaker SDK reports each default that it applies, which would hide CDK's own warnings.
    logging.disable(logging.WARNING)
    warnings.filterwarnings("ignore", module="sagemaker")
    app = make_app()
    try:
        settings = load_settings(app)
        add_stacks(app, settings)
    except DriftloopError as error:
        sys.exit(f"driftloop: {error}")
    for stack in removed_model_stacks(Path(app.outdir), settings.config):
        sys.stderr.write(f"{removal_message(stack)}\n")
    app.synth()


if __name__ == "__main__":
    main()
