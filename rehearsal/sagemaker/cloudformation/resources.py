"""The provisioners of SageMaker's CloudFormation resource types."""

from rehearsal.sagemaker.cloudformation.calls import CloudFormationCalls, Provisioner
from rehearsal.sagemaker.cloudformation.endpoint import endpoint_provisioner
from rehearsal.sagemaker.cloudformation.models_and_configs import immutable_provisioner
from rehearsal.sagemaker.cloudformation.pipeline import pipeline_provisioner
from rehearsal.sagemaker.service import SageMaker


def provisioners(service: SageMaker) -> dict[str, Provisioner]:
    """Return the provisioners by resource type."""
    calls = CloudFormationCalls(service)
    return {
        "AWS::SageMaker::Model": immutable_provisioner(calls, "Model", "ModelName"),
        "AWS::SageMaker::EndpointConfig": immutable_provisioner(
            calls, "EndpointConfig", "EndpointConfigName"
        ),
        "AWS::SageMaker::Endpoint": endpoint_provisioner(calls),
        "AWS::SageMaker::Pipeline": pipeline_provisioner(calls),
    }
