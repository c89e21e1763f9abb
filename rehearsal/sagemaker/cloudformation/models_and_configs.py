"""AWS::SageMaker::Model and AWS::SageMaker::EndpointConfig: every change is a replacement."""

from rehearsal.sagemaker.cloudformation.calls import (
    CloudFormationCalls,
    ProvisionedResource,
    Provisioner,
    generate_name,
    name_from_arn,
)
from rehearsal.sagemaker.cloudformation.properties import to_request
from rehearsal.sagemaker.protocols import Body


def immutable_provisioner(calls: CloudFormationCalls, noun: str, name: str) -> Provisioner:
    """Return the provisioner of an immutable resource.

    ``noun`` is the resource's name in the APIs; ``name`` is the property that holds its own name.
    """
    arn = f"{noun}Arn"

    def create(logical_id: str, properties: Body, _stack_name: str) -> ProvisionedResource:
        given = {name: generate_name(logical_id), **properties}
        created = calls(f"Create{noun}", **to_request(f"Create{noun}", given))
        return created[arn], {name: given[name], arn: created[arn]}

    def update(
        _physical_id: str, old: Body, new: Body, stack_name: str, logical_id: str
    ) -> ProvisionedResource:
        if name in new and new[name] == old.get(name):
            raise ValueError(
                f"CloudFormation cannot update a stack when a custom-named resource requires "
                f"replacing. Rename {new[name]} and update the stack again."
            )
        return create(logical_id, new, stack_name)

    def delete(physical_id: str, _properties: Body) -> None:
        calls.delete_if_exists(f"Delete{noun}", **{name: name_from_arn(physical_id)})

    return {"create": create, "update": update, "delete": delete, "update_with_logical_id": True}
