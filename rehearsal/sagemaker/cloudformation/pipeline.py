"""AWS::SageMaker::Pipeline."""

import hashlib

from rehearsal.sagemaker.cloudformation.calls import (
    CloudFormationCalls,
    ProvisionedResource,
    Provisioner,
)
from rehearsal.sagemaker.cloudformation.properties import to_request
from rehearsal.sagemaker.protocols import Body


def pipeline_provisioner(calls: CloudFormationCalls) -> Provisioner:
    """Return the provisioner of pipelines."""

    def create(_logical_id: str, properties: Body, stack_name: str) -> ProvisionedResource:
        token = hashlib.sha256(f"{stack_name}/{properties['PipelineName']}".encode()).hexdigest()
        given = {**_with_definition(properties), "ClientRequestToken": token}
        calls("CreatePipeline", **to_request("CreatePipeline", given))
        return properties["PipelineName"], {}

    def update(
        physical_id: str, old: Body, new: Body, stack_name: str, logical_id: str
    ) -> ProvisionedResource:
        if new["PipelineName"] != physical_id:
            return create(logical_id, new, stack_name)
        given = {key: value for key, value in _with_definition(new).items() if key != "Tags"}
        arn = calls("UpdatePipeline", **to_request("UpdatePipeline", given))["PipelineArn"]
        calls.update_tags(arn, old, new)
        return physical_id, {}

    def delete(physical_id: str, _properties: Body) -> None:
        token = hashlib.sha256(f"delete {physical_id}".encode()).hexdigest()
        calls.delete_if_exists("DeletePipeline", PipelineName=physical_id, ClientRequestToken=token)

    return {"create": create, "update": update, "delete": delete, "update_with_logical_id": True}


def _with_definition(properties: Body) -> Body:
    """Return the properties with the definition, or its S3 location, as the API takes it."""
    given = {key: value for key, value in properties.items() if key != "PipelineDefinition"}
    definition = properties["PipelineDefinition"]
    if "PipelineDefinitionBody" in definition:
        return {**given, "PipelineDefinition": definition["PipelineDefinitionBody"]}
    s3 = definition["PipelineDefinitionS3Location"]
    location = {"Bucket": s3["Bucket"], "ObjectKey": s3["Key"]}
    return {**given, "PipelineDefinitionS3Location": location}
