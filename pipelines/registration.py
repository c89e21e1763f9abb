"""How a run ends: the challenger in the registry, waiting for approval; or a reason why not."""

from typing import TYPE_CHECKING, Any

from pipelines.offline_session import ROLE
from pipelines.placeholders import placeholder

if TYPE_CHECKING:
    from pipelines.sagemaker_steps import StepBuilder

FACTS = ("case", "ranking", "proper", "golden", "rows")
"""Sentences of evaluation.json (under ``words``) that the approver sees in the console."""


SERVING_ENVIRONMENT = {
    "SAGEMAKER_PROGRAM": "inference.py",
    "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
}
"""The inference code lies in the model's own archive, where train.py put it."""


def register(
    jobs: "StepBuilder", train: Any, curated: tuple[Any, Any], evaluated: tuple[Any, Any]
) -> Any:
    """The Register step: a model package, PendingManualApproval, with its case in its metadata."""
    from sagemaker.core.model_metrics import MetricsSource, ModelMetrics
    from sagemaker.core.workflow.functions import JsonGet
    from sagemaker.mlops.workflow.model_step import ModelStep
    from sagemaker.serve import ModelBuilder

    curate, curation = curated
    evaluate, evaluation = evaluated
    builder = ModelBuilder(
        image_uri=placeholder("Image"),
        s3_model_data_url=train.properties.ModelArtifacts.S3ModelArtifacts,
        role_arn=ROLE,
        sagemaker_session=jobs.session,
    )
    words = {
        name: JsonGet(step_name=evaluate.name, property_file=evaluation, json_path=f"words.{name}")
        for name in FACTS
    }
    step_args = builder.register(
        model_package_group_name=placeholder("ModelPackageGroup"),
        content_types=["text/csv", "application/json"],
        response_types=["text/csv", "application/json"],
        inference_instances=[jobs.model.serving.instance_type],
        transform_instances=[jobs.model.training.instance_type],
        approval_status="PendingManualApproval",
        description=words["case"],
        model_metrics=ModelMetrics(
            model_statistics=MetricsSource(
                s3_uri=jobs.run_uri("evaluate", "evaluation", "evaluation.json"),
                content_type="application/json",
            )
        ),
        customer_metadata_properties={
            "baseline": jobs.run_uri("baseline", "baseline", "model.baseline"),
            "reason": jobs.parameters["Reason"],
            "cause": jobs.parameters["Cause"],
            "champion": jobs.parameters["ChampionVersion"],
            "data": JsonGet(step_name=curate.name, property_file=curation, json_path="data"),
            **{f"evaluation_{name}": value for name, value in words.items()},
        },
    )
    [container] = step_args.create_model_package_request["InferenceSpecification"]["Containers"]
    # set, not added to: the builder puts the region of synthesis in, which may be another one
    container["Environment"] = dict(SERVING_ENVIRONMENT)
    return ModelStep(name="Register", step_args=step_args)


def refuse(evaluate: Any, evaluation: Any) -> Any:
    """The Refuse step: the run fails, and its message says why in words."""
    from sagemaker.core.workflow.functions import JsonGet
    from sagemaker.mlops.workflow.fail_step import FailStep

    why = JsonGet(step_name=evaluate.name, property_file=evaluation, json_path="words.case")
    return FailStep(name="Refuse", error_message=why)
