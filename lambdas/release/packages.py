"""The model package of a version, as the registry has it now."""

from dataclasses import dataclass

from driftloop.errors import InputError
from lambdas.release.room import ModelContext


@dataclass(frozen=True, slots=True)
class ModelPackage:
    """What a release needs of a package; ``reason`` is why it was trained."""

    arn: str
    version: int
    approval_status: str
    baseline_uri: str
    model_data_url: str
    reason: str


def describe_package(context: ModelContext, arn: str) -> ModelPackage:
    """Look the package up; raises InputError where it is none of the loop's."""
    found = context.aws.client("sagemaker").describe_model_package(ModelPackageName=arn)
    properties = found.get("CustomerMetadataProperties", {})
    if "baseline" not in properties:
        raise InputError(
            f"the package {arn} has no `baseline` in its CustomerMetadataProperties, so that what"
            " it serves could not be watched: register it by the pipeline, or add the property"
        )
    container = found["InferenceSpecification"]["Containers"][0]
    return ModelPackage(
        arn=found["ModelPackageArn"],
        version=found["ModelPackageVersion"],
        approval_status=found["ModelApprovalStatus"],
        baseline_uri=properties["baseline"],
        model_data_url=container["ModelDataUrl"],
        reason=properties.get("reason", ""),
    )
