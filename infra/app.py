"""The CDK app: `cdk deploy` runs it, and so does `python -m infra.app`, with the same result."""

import sys

from aws_cdk import App, Tags, Validations
from cdk_nag import AwsSolutionsChecks

from driftloop.contract.resource_names import ResourceNames
from driftloop.errors import DriftloopError
from infra.app_settings import AppSettings, load_settings, project_context
from infra.constructs.endpoint import UNTOUCHED
from infra.stacks.data import DataStack
from infra.stacks.model import ModelStack
from infra.stacks.shared import SharedStack

STACK = "aws:cdk:stack"
"""Tags of a stack reach all of its resources, the endpoint too, behind the template's back."""


def make_app(*, outdir: str | None = None, validate: bool = False, **context: str) -> App:
    """An empty app in the project's context; ``validate`` turns on CDK's own slow validation."""
    return App(
        context=project_context() | context,
        outdir=outdir,
        builtin_cloud_formation_validation=validate,
    )


def add_stacks(app: App, settings: AppSettings) -> None:
    """Everything that driftloop.yaml asks for, tagged and checked by cdk-nag."""
    config, names = settings.config, ResourceNames(settings.config.environment)
    data = DataStack(
        app,
        names.data_stack,
        names=names,
        retention=config.retention,
        description="driftloop: key, buckets and ledger; retained on delete.",
    )
    shared = SharedStack(
        app,
        names.shared_stack,
        config=config,
        data=data,
        target=settings.target,
        description="driftloop: analysis, gate and release for all models.",
    )
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
        Tags.of(stack).add("driftloop:model", model, exclude_resource_types=[STACK, *UNTOUCHED])
    for key, value in {**config.tags, "driftloop:environment": config.environment}.items():
        Tags.of(app).add(key, value, exclude_resource_types=[STACK, *UNTOUCHED])
    Validations.of(app).add_plugins(AwsSolutionsChecks())


def main() -> None:
    """Synthesise; a wrong configuration is one message and exit code 2."""
    app = make_app()
    try:
        add_stacks(app, load_settings(app))
    except DriftloopError as error:
        sys.exit(f"driftloop: {error}")
    app.synth()


if __name__ == "__main__":
    main()
