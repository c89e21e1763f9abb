"""The last steps of a pipeline execution: describe the challenger, then register or reject it."""

from typing import Any

from driftloop.config import ModelSettings
from driftloop.content_types import CONTENT_TYPES
from driftloop.contract.payloads import ChallengerDescription
from driftloop.contract.pipeline_reports import EvaluationSummary
from pipelines.families.container_environment import SERVING_ENVIRONMENT
from pipelines.offline_session import ROLE
from pipelines.placeholders import placeholder
from pipelines.retry_policies import call_retries


def describe_challenger(
    session: Any, *, evaluation_uri: Any, curation_uri: Any, model_data_url: Any, after: Any
) -> Any:
    """The Lambda step DescribeChallenger; its outputs are the later steps' values.

    Args:
        session: The offline session of the SageMaker SDK.
        evaluation_uri: S3 URI of Evaluate's output ``evaluation``.
        curation_uri: S3 URI of Curate's output ``curation``.
        model_data_url: S3 URI of the challenger's model.tar.gz.
        after: A step that must end first.
    """
    from sagemaker.core.lambda_helper import Lambda
    from sagemaker.mlops.workflow.lambda_step import LambdaOutput, LambdaOutputTypeEnum, LambdaStep

    outputs = [
        LambdaOutput(output_name=field, output_type=LambdaOutputTypeEnum.String)
        for field in ChallengerDescription.__struct_fields__
    ]
    return LambdaStep(
        name="DescribeChallenger",
        lambda_func=Lambda(function_arn=placeholder("DescribeChallengerArn"), session=session),
        inputs={
            "evaluation": evaluation_uri,
            "curation": curation_uri,
            "model_data_url": model_data_url,
        },
        outputs=outputs,
        depends_on=[after],
    )


def register_model(
    session: Any,
    model: ModelSettings,
    parameters: dict[str, Any],
    *,
    model_data_url: Any,
    description: Any,
    evaluation_uri: Any,
    statistics_uri: Any,
    baseline_uri: Any,
) -> Any:
    """The step RegisterModel: a model package with approval status PendingManualApproval.

    Args:
        session: The offline session of the SageMaker SDK.
        model: The model's settings.
        parameters: The pipeline's parameters by name.
        model_data_url: S3 URI of the challenger's model.tar.gz.
        description: The step DescribeChallenger. Its outputs become metadata of the package, so
            that the approver reads the whole case in the console.
        evaluation_uri: S3 URI of ``evaluation.json``.
        statistics_uri: S3 URI of ``statistics.json``, which the registry displays.
        baseline_uri: S3 URI of the challenger's baseline.
    """
    from sagemaker.core.drift_check_baselines import DriftCheckBaselines
    from sagemaker.core.model_metrics import MetricsSource, ModelMetrics
    from sagemaker.mlops.workflow.model_step import ModelStep
    from sagemaker.serve import ModelBuilder

    builder = ModelBuilder(
        image_uri=placeholder("Image"),
        s3_model_data_url=model_data_url,
        role_arn=ROLE,
        sagemaker_session=session,
        dependencies={"auto": False},  # it adds no files; the default is a deprecated feature
    )
    outputs = description.properties.Outputs
    statistics = MetricsSource(s3_uri=statistics_uri, content_type="application/json")
    step_args = builder.register(
        model_package_group_name=placeholder("ModelPackageGroup"),
        content_types=[*CONTENT_TYPES],
        response_types=[*CONTENT_TYPES],
        inference_instances=[model.serving.instance_type],
        approval_status="PendingManualApproval",
        description=outputs["decision_summary"],
        model_metrics=ModelMetrics(model_statistics=statistics),
        # The baseline of a model quality monitor. The other baselines are of formats that driftloop
        # does not make: Model Monitor's data quality statistics and constraints, Clarify's reports.
        drift_check_baselines=DriftCheckBaselines(model_statistics=statistics),
        customer_metadata_properties={
            "baseline_uri": baseline_uri,
            "evaluation_uri": evaluation_uri,
            "reason": parameters["Reason"],
            "decision_id": parameters["DecisionId"],
            "champion_version": parameters["ChampionVersion"],
            "training_data_range": outputs["training_data_range"],
            "omitted_data": outputs["omitted_data"],
            "model_data_etag": outputs["model_data_etag"],
            "model_data_sha256": outputs["model_data_sha256"],
            **{f"evaluation_{name}": outputs[name] for name in EvaluationSummary.__struct_fields__},
        },
    )
    [container] = step_args.create_model_package_request["InferenceSpecification"]["Containers"]
    # replaced, not extended: the builder adds the region of synthesis, which may not be the
    # region of deployment
    container["Environment"] = dict(SERVING_ENVIRONMENT)
    return ModelStep(name="RegisterModel", step_args=step_args, retry_policies=call_retries())


def reject_challenger(description: Any) -> Any:
    """The step RejectChallenger: the execution fails with the decision and the data that it lacks.

    The message can be a pipeline variable such as a Join (SageMaker SDK, FailStep; the step
    AbaloneMSEFail of aws/amazon-sagemaker-examples).
    """
    from sagemaker.core.workflow.functions import Join
    from sagemaker.mlops.workflow.fail_step import FailStep

    outputs = description.properties.Outputs
    message = Join(on=". ", values=[outputs["decision_summary"], outputs["omitted_data"]])
    return FailStep(name="RejectChallenger", error_message=message)
