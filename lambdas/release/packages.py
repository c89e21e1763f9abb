"""The model package of a version, as the registry has it now."""

from dataclasses import dataclass

from driftloop.errors import InputError
from lambdas.release.room import Room


@dataclass(frozen=True, slots=True)
class Package:
    """What a release needs of a package; ``reason`` is why it was trained."""

    arn: str
    version: int
    approval: str
    baseline: str
    model_data: str
    reason: str


def describe_package(room: Room, arn: str) -> Package:
    """Look the package up; raises InputError where it is none of the loop's."""
    found = room.aws.client("sagemaker").describe_model_package(ModelPackageName=arn)
    properties = found.get("CustomerMetadataProperties", {})
    if "baseline" not in properties:
        raise InputError(
            f"the package {arn} has no `baseline` in its CustomerMetadataProperties, so that what"
            " it serves could not be watched: register it by the pipeline, or add the property"
        )
    container = found["InferenceSpecification"]["Containers"][0]
    return Package(
        arn=found["ModelPackageArn"],
        version=found["ModelPackageVersion"],
        approval=found["ModelApprovalStatus"],
        baseline=properties["baseline"],
        model_data=container["ModelDataUrl"],
        reason=properties.get("reason", ""),
    )
