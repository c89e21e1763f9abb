"""AWS::SageMaker::Endpoint: its creation waits for the models; a new config is an update."""

from rehearsal.sagemaker.cloudformation.calls import (
    CloudFormationCalls,
    ProvisionedResource,
    Provisioner,
    generate_name,
    name_from_arn,
)
from rehearsal.sagemaker.cloudformation.properties import to_request
from rehearsal.sagemaker.protocols import Body

MAX_ENDPOINT_SECONDS = 240.0
"""Seconds of real time until an endpoint whose models still load fails its resource."""

UPDATE_PROPERTIES = (
    "DeploymentConfig",
    "RetainAllVariantProperties",
    "RetainDeploymentConfig",
    "ExcludeRetainedVariantProperties",
)
"""Properties that UpdateEndpoint has and CreateEndpoint has not."""


def endpoint_provisioner(calls: CloudFormationCalls) -> Provisioner:
    """Return the provisioner of endpoints."""

    def create(logical_id: str, properties: Body, _stack_name: str) -> ProvisionedResource:
        name = properties.get("EndpointName") or generate_name(logical_id)
        given = {key: value for key, value in properties.items() if key not in UPDATE_PROPERTIES}
        request = to_request("CreateEndpoint", {**given, "EndpointName": name})
        arn = calls("CreateEndpoint", **request)["EndpointArn"]
        description = calls.service.wait_for_endpoint(name, MAX_ENDPOINT_SECONDS)
        if description["EndpointStatus"] == "Failed":
            calls.delete_if_exists("DeleteEndpoint", EndpointName=name)
            raise ValueError(f"Endpoint {name} failed: {description.get('FailureReason')}")
        return arn, {"EndpointName": name, "EndpointArn": arn}

    def update(
        physical_id: str, old: Body, new: Body, stack_name: str, logical_id: str
    ) -> ProvisionedResource:
        name = name_from_arn(physical_id)
        if new.get("EndpointName", name) != name:
            return create(logical_id, new, stack_name)
        if new.get("EndpointConfigName") != old.get("EndpointConfigName"):
            names = ("EndpointConfigName", *UPDATE_PROPERTIES)
            given = {key: new[key] for key in names if key in new}
            calls("UpdateEndpoint", **to_request("UpdateEndpoint", {"EndpointName": name, **given}))
        calls.update_tags(physical_id, old, new)
        return physical_id, {"EndpointName": name, "EndpointArn": physical_id}

    def delete(physical_id: str, _properties: Body) -> None:
        calls.delete_if_exists("DeleteEndpoint", EndpointName=name_from_arn(physical_id))

    return {"create": create, "update": update, "delete": delete, "update_with_logical_id": True}
