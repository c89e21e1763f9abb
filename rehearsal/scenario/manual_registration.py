"""Registers a version again, as a person does with a model that the pipeline did not make."""

from typing import Any

from rehearsal.scenario.scenario_context import ScenarioContext


def model_data_url(context: ScenarioContext, version: int) -> str:
    """Return the S3 URI of a version's archive."""
    return str(_container(context.account.describe_version(version))["ModelDataUrl"])


def register_again(
    context: ScenarioContext,
    version: int,
    *,
    reason: str,
    archive: str | None = None,
    group: str | None = None,
) -> str:
    """Register a version's model as a new version that waits for approval.

    Args:
        context: The scenario.
        version: The version whose model and baseline the new one has.
        reason: Why, for people.
        archive: S3 URI of another archive with the model; None for the version's own.
        group: The model package group of another model; None for the version's own.

    Returns:
        The ARN of the new version.
    """
    package = context.account.describe_version(version)
    metadata = {**package["CustomerMetadataProperties"], "reason": reason}
    container = dict(_container(package))
    if archive is not None:
        # The ETag is that of the version's own archive: release would refuse another one.
        metadata.pop("model_data_etag", None)
        container["ModelDataUrl"] = archive
    created = context.account.client("sagemaker").create_model_package(
        ModelPackageGroupName=group or context.account.endpoint,
        ModelPackageDescription=f"Registered manually: {reason}",
        ModelApprovalStatus="PendingManualApproval",
        CustomerMetadataProperties=metadata,
        InferenceSpecification={
            "Containers": [container],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
    )
    return str(created["ModelPackageArn"])


def _container(package: dict[str, Any]) -> dict[str, Any]:
    [container] = package["InferenceSpecification"]["Containers"]
    return dict(container)
