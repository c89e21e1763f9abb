"""The SageMaker of the embedded AWS: endpoints that predict, pipelines, registry.

service     the front: every API call, and InvokeEndpoint
resources   the CloudFormation resource types
context     what all parts share: clock, bus, locks, names
shapes      requests held against botocore's service model
catalog     models and endpoint configs
registry    model package groups and versions
endpoints   endpoints, their deployments and fleets; capture, serving and worker beside them
pipelines   pipelines and their executions; definition, steps, jobs beside them
"""

from rehearsal.sagemaker.errors import ServiceError
from rehearsal.sagemaker.resources import provisioners
from rehearsal.sagemaker.service import SageMaker
from rehearsal.sagemaker.store import S3Store

__all__ = ["S3Store", "SageMaker", "ServiceError", "provisioners"]
