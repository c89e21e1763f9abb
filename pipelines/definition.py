"""A model's pipeline as SageMaker runs it: definition JSON by the SageMaker SDK, offline.

Synthesis alone calls this. The same model gives the same bytes; what only CloudFormation knows
stands in the text as a placeholder (see pipelines.placeholders).
"""

import json

from driftloop.config import ModelSettings
from pipelines.families import get_family
from pipelines.offline_session import offline_session, restore_placeholders
from pipelines.sagemaker_steps import StepBuilder

LIMIT = 1_048_576
"""Characters that SageMaker allows a definition."""

PARAMETERS = {
    "Reason": "first run",
    "Cause": "none",
    "ChampionVersion": "none",
    "ChampionModelData": "none",
    "DataFrom": "",
    "DataTo": "",
    "ExcludedWindows": "",
}
"""The pipeline's parameters and their defaults, which are those of a first run."""


def pipeline_definition(*, pipeline_name: str, model_name: str, model: ModelSettings) -> str:
    """The definition of a model's pipeline, with placeholders; raises ValueError in words.

    ``pipeline_name`` is the resource's name, ``model_name`` the name in driftloop.yaml.
    """
    family = get_family(model.family)
    refusals = family.refusals(warm_start=model.training.warm_start)
    if refusals:
        raise ValueError("; ".join(refusals))
    with offline_session() as session:
        from sagemaker.core.workflow.parameters import ParameterString
        from sagemaker.mlops.workflow.pipeline import Pipeline

        parameters = {
            name: ParameterString(name, default_value=default)
            for name, default in PARAMETERS.items()
        }
        jobs = StepBuilder(session, model_name, model, family, parameters)
        pipeline = Pipeline(
            name=pipeline_name,
            parameters=list(parameters.values()),
            steps=jobs.steps(),
            sagemaker_session=session,
        )
        written = json.loads(pipeline.definition())
    definition = {key: value for key, value in written.items() if value is not None}
    text = restore_placeholders(json.dumps(definition, sort_keys=True, separators=(",", ":")))
    if len(text) > LIMIT:
        raise ValueError(f"{model_name}: the definition has {len(text)} of {LIMIT} characters")
    return text
