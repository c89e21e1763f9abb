"""Permissions of `gate`: the only function that may start a retraining."""

from aws_cdk import aws_iam as iam

from infra.constructs.iam_statements import allow
from infra.permissions.resources import FunctionResources
from infra.permissions.statements import (
    DECISION_ACTIONS,
    FLEET_WIDE,
    allow_describe_alarms,
    allow_fleet_file,
    allow_ledger,
    allow_list_bucket,
    allow_model_registry,
    allow_notify,
    allow_objects,
    allow_publish_metrics,
    allow_put_events,
    allow_serving_settings,
)


def grant_gate(role: iam.Role, resources: FunctionResources) -> None:
    """Grant what ``lambdas/gate`` calls."""
    allow_fleet_file(role, resources)
    allow_ledger(role, resources, actions=DECISION_ACTIONS)
    allow(
        role,
        "Pipelines",
        actions=[
            "sagemaker:StartPipelineExecution",
            "sagemaker:DescribePipelineExecution",
            "sagemaker:ListPipelineExecutions",
            "sagemaker:ListPipelineExecutionSteps",
        ],
        resources=[resources.arns.fleet_pattern("sagemaker", "pipeline")],
        wildcard_reason=FLEET_WIDE,
    )
    allow_model_registry(role, resources, actions=["sagemaker:ListModelPackages"])
    allow_describe_alarms(role, resources)
    # The gate counts labels before it starts a retraining.
    labels = resources.data.ground_truth
    allow_list_bucket(role, "ListLabels", bucket_arn=labels.bucket_arn)
    allow_objects(role, "Labels", actions=["s3:GetObject"], bucket=labels, keys=["*"])
    # The gate records which captured files an execution may use, before it starts.
    allow_objects(
        role,
        "TrainingSources",
        actions=["s3:PutObject"],
        bucket=resources.data.artifacts,
        keys=["training-sources/*"],
    )
    # The serving parameter says whether the model's stack is deployed.
    allow_serving_settings(role, resources)
    allow_publish_metrics(role)
    allow_put_events(role, resources)
    allow_notify(role, resources)
