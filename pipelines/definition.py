"""The definition JSON of a model's pipeline, made by the SageMaker SDK without a network.

Only CDK synthesis calls this. The same model gives the same bytes. Values that only CloudFormation
knows are placeholders in the text (see pipelines.placeholders).
"""

import json

from driftloop.config import ModelSettings
from driftloop.retraining.pipeline_parameters import PARAMETERS
from pipelines.families import get_family
from pipelines.offline_session import offline_session, restore_placeholders
from pipelines.sagemaker_steps import StepBuilder

MAX_DEFINITION_LENGTH = 1_048_576
"""SageMaker's limit for a pipeline definition, in characters."""


def pipeline_definition(*, pipeline_name: str, model_name: str, model: ModelSettings) -> str:
    """The definition of a model's pipeline, with placeholders.

    Args:
        pipeline_name: Name of the SageMaker pipeline.
        model_name: Name of the model in driftloop.yaml.
        model: Settings of the model in driftloop.yaml.

    Raises:
        ValueError: The family does not exist or does not support the settings, or the definition
            exceeds SageMaker's limit.
    """
    family = get_family(model.family)
    problems = family.unsupported_settings(model.training)
    if problems:
        raise ValueError("; ".join(map(str, problems)))
    with offline_session() as session:
        from sagemaker.core.workflow.parameters import ParameterString
        from sagemaker.mlops.workflow.pipeline import Pipeline

        parameters = {
            name: ParameterString(name, default_value=default)
            for name, default in PARAMETERS.items()
        }
        builder = StepBuilder(session, model_name, model, family, parameters)
        pipeline = Pipeline(
            name=pipeline_name,
            parameters=list(parameters.values()),
            steps=builder.steps(),
            sagemaker_session=session,
        )
        raw = json.loads(pipeline.definition())
    definition = {key: value for key, value in raw.items() if value is not None}
    text = restore_placeholders(json.dumps(definition, sort_keys=True, separators=(",", ":")))
    if len(text) > MAX_DEFINITION_LENGTH:
        raise ValueError(
            f"{model_name}: the pipeline definition has {len(text)} characters; SageMaker"
            f" allows {MAX_DEFINITION_LENGTH}"
        )
    return text
