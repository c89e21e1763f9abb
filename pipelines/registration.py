"""The last steps of a pipeline execution: register the challenger, or reject it with a reason."""

from typing import Any

from driftloop.config import ModelSettings
from driftloop.content_types import CONTENT_TYPES
from driftloop.contract.pipeline_reports import EvaluationSummary
from pipelines.families.container_environment import SERVING_ENVIRONMENT
from pipelines.offline_session import ROLE
from pipelines.placeholders import placeholder
from pipelines.step_report import StepReport


def register_model(
    session: Any,
    model: ModelSettings,
    parameters: dict[str, Any],
    *,
    model_data_url: Any,
    curation: StepReport,
    evaluation: StepReport,
    evaluation_uri: Any,
    baseline_uri: Any,
) -> Any:
    """The step RegisterModel: a model package with approval status PendingManualApproval.

    Args:
        session: The offline session of the SageMaker SDK.
        model: The model's settings.
        parameters: The pipeline's parameters by name.
        model_data_url: S3 URI of the challenger's model.tar.gz.
        curation: The step Curate with its ``curation.json``.
        evaluation: The step Evaluate with its ``evaluation.json``, whose summary becomes metadata
            of the package, so that the approver reads it in the console.
        evaluation_uri: S3 URI of ``evaluation.json``.
        baseline_uri: S3 URI of the challenger's baseline.
    """
    from sagemaker.core.model_metrics import MetricsSource, ModelMetrics
    from sagemaker.mlops.workflow.model_step import ModelStep
    from sagemaker.serve import ModelBuilder

    builder = ModelBuilder(
        image_uri=placeholder("Image"),
        s3_model_data_url=model_data_url,
        role_arn=ROLE,
        sagemaker_session=session,
    )
    summary = {
        name: evaluation.value(f"summary.{name}") for name in EvaluationSummary.__struct_fields__
    }
    step_args = builder.register(
        model_package_group_name=placeholder("ModelPackageGroup"),
        content_types=[*CONTENT_TYPES],
        response_types=[*CONTENT_TYPES],
        inference_instances=[model.serving.instance_type],
        approval_status="PendingManualApproval",
        description=summary["decision_summary"],
        model_metrics=ModelMetrics(
            model_statistics=MetricsSource(s3_uri=evaluation_uri, content_type="application/json")
        ),
        customer_metadata_properties={
            "baseline_uri": baseline_uri,
            "reason": parameters["Reason"],
            "decision_id": parameters["DecisionId"],
            "champion_version": parameters["ChampionVersion"],
            "training_data_range": curation.value("training_data_range"),
            **{f"evaluation_{name}": value for name, value in summary.items()},
        },
    )
    [container] = step_args.create_model_package_request["InferenceSpecification"]["Containers"]
    # replaced, not extended: the builder adds the region of synthesis, which may not be the
    # region of deployment
    container["Environment"] = dict(SERVING_ENVIRONMENT)
    return ModelStep(name="RegisterModel", step_args=step_args)


def reject_challenger(evaluation: StepReport) -> Any:
    """The step RejectChallenger: the execution fails with the summary of the decision."""
    from sagemaker.mlops.workflow.fail_step import FailStep

    return FailStep(
        name="RejectChallenger", error_message=evaluation.value("summary.decision_summary")
    )
