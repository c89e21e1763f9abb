"""What SageMaker's APIs need: the resources of their actions, and roles that callers pass.

Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon
SageMaker AI" (resource types and dependent actions). For the versions of a group, the developer
guide's policies name the group and its versions: "Model Registry", cross-account resource policy.
"""

from collections.abc import Mapping
from typing import Any

from rehearsal.ministack.authorization import Check
from rehearsal.ministack.names import ACCOUNT, REGION

Body = Mapping[str, Any]

SERVICE_PRINCIPAL = "sagemaker.amazonaws.com"

RESOURCES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "CreateModel": (("model", "ModelName"),),
    "DescribeModel": (("model", "ModelName"),),
    "DeleteModel": (("model", "ModelName"),),
    "CreateEndpointConfig": (("endpoint-config", "EndpointConfigName"),),
    "DescribeEndpointConfig": (("endpoint-config", "EndpointConfigName"),),
    "DeleteEndpointConfig": (("endpoint-config", "EndpointConfigName"),),
    "CreateEndpoint": (("endpoint", "EndpointName"), ("endpoint-config", "EndpointConfigName")),
    "UpdateEndpoint": (("endpoint", "EndpointName"), ("endpoint-config", "EndpointConfigName")),
    "DescribeEndpoint": (("endpoint", "EndpointName"),),
    "DeleteEndpoint": (("endpoint", "EndpointName"),),
    "UpdateEndpointWeightsAndCapacities": (("endpoint", "EndpointName"),),
    "InvokeEndpoint": (("endpoint", "EndpointName"),),
    "CreateModelPackageGroup": (("model-package-group", "ModelPackageGroupName"),),
    "DescribeModelPackageGroup": (("model-package-group", "ModelPackageGroupName"),),
    "DeleteModelPackageGroup": (("model-package-group", "ModelPackageGroupName"),),
    "CreateModelPackage": (
        ("model-package-group", "ModelPackageGroupName"),
        ("versions", "ModelPackageGroupName"),
    ),
    "ListModelPackages": (
        ("model-package-group", "ModelPackageGroupName"),
        ("versions", "ModelPackageGroupName"),
    ),
    "DescribeModelPackage": (("model-package", "ModelPackageName"),),
    "DeleteModelPackage": (("model-package", "ModelPackageName"),),
    "UpdateModelPackage": (("model-package", "ModelPackageArn"),),
    "CreatePipeline": (("pipeline", "PipelineName"),),
    "UpdatePipeline": (("pipeline", "PipelineName"),),
    "DescribePipeline": (("pipeline", "PipelineName"),),
    "DeletePipeline": (("pipeline", "PipelineName"),),
    "StartPipelineExecution": (("pipeline", "PipelineName"),),
    "ListPipelineExecutions": (("pipeline", "PipelineName"),),
    "StopPipelineExecution": (("execution", "PipelineExecutionArn"),),
    "RetryPipelineExecution": (("execution", "PipelineExecutionArn"),),
    "DescribePipelineExecution": (("execution", "PipelineExecutionArn"),),
    "DescribePipelineDefinitionForExecution": (("execution", "PipelineExecutionArn"),),
    "ListPipelineExecutionSteps": (("execution", "PipelineExecutionArn"),),
    "ListPipelineParametersForExecution": (("execution", "PipelineExecutionArn"),),
    "CreateProcessingJob": (("processing-job", "ProcessingJobName"),),
    "DescribeProcessingJob": (("processing-job", "ProcessingJobName"),),
    "StopProcessingJob": (("processing-job", "ProcessingJobName"),),
    "CreateTrainingJob": (("training-job", "TrainingJobName"),),
    "DescribeTrainingJob": (("training-job", "TrainingJobName"),),
    "StopTrainingJob": (("training-job", "TrainingJobName"),),
    "AddTags": (("tagged", "ResourceArn"),),
    "DeleteTags": (("tagged", "ResourceArn"),),
    "ListTags": (("tagged", "ResourceArn"),),
}
"""Resource types and the members that name them; an API that is not here has no resource."""

PASSED_ROLES = {
    "CreateModel": "ExecutionRoleArn",
    "CreateEndpointConfig": "ExecutionRoleArn",
    "CreatePipeline": "RoleArn",
    "UpdatePipeline": "RoleArn",
    "CreateProcessingJob": "RoleArn",
    "CreateTrainingJob": "RoleArn",
}
"""The member with the role that the caller passes to SageMaker."""


def find_checks(api: str, body: Body) -> list[Check]:
    """Return the checks of one API: on its resources, on tags, and on roles that it passes."""
    resources = [
        resource_arn(kind, str(body[member]))
        for kind, member in RESOURCES.get(api, ())
        if body.get(member)
    ] or ["*"]
    checks = [Check(f"sagemaker:{api}", resource) for resource in resources]
    if body.get("Tags") and api.startswith("Create"):
        checks.append(Check("sagemaker:AddTags", resources[-1]))
    if role := body.get(PASSED_ROLES.get(api, "")):
        checks.append(pass_role(role, SERVICE_PRINCIPAL))
    return checks


def volume_encryption(key_arn: str) -> list[Check]:
    """Return what the role needs that makes an instance whose volume a key encrypts.

    SageMaker creates a grant with that role's permissions. Sources: SageMaker API reference,
    CreateEndpointConfig (KmsKeyId) and CreateTrainingJob (VolumeKmsKeyId); developer guide, "How to
    use SageMaker AI execution roles": kms:CreateGrant and kms:DescribeKey.
    """
    via = {"kms:ViaService": f"sagemaker.{REGION}.amazonaws.com"}
    grant = via | {"kms:GrantIsForAWSResource": "true"}
    return [Check("kms:CreateGrant", key_arn, grant), Check("kms:DescribeKey", key_arn, via)]


def logs_and_metrics(group: str, *, creates_group: bool) -> list[Check]:
    """Return what writing a container's log and its instance's metrics needs.

    A job creates the group of its kind if it does not exist. CloudWatch Logs authorizes requests
    about a group as those about its streams, with an empty name: error messages of AWS.
    """
    streams = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}:log-stream:"
    stream = f"{streams}container"
    created = [Check("logs:CreateLogGroup", streams)] if creates_group else []
    namespace = {"cloudwatch:namespace": "/".join(group.split("/")[:4])}
    return [
        *created,
        Check("logs:DescribeLogStreams", streams),
        Check("logs:CreateLogStream", stream),
        Check("logs:PutLogEvents", stream),
        Check("cloudwatch:PutMetricData", "*", namespace),
    ]


def pass_role(role_arn: str, service: str) -> Check:
    """Return the check of a role that is passed to a service."""
    return Check("iam:PassRole", role_arn, {"iam:PassedToService": service})


def resource_arn(kind: str, name: str) -> str:
    """Return the ARN of a resource that is given by its name or ARN."""
    if kind == "versions":
        return resource_arn("model-package", f"{name.rpartition('/')[2]}/*")
    if name.startswith("arn:"):
        return name
    return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{kind}/{name}"
