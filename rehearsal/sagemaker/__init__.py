"""The emulated SageMaker: a model registry, endpoints that predict, pipelines that train.

service              every API call, InvokeEndpoint, and a log of the calls
context              what all parts share: clock, bus, lock, tags, ARNs
protocols            what the service needs from its surroundings
execution_role       what SageMaker does by a role: S3, images, logs, keys
request_validation   requests checked against botocore's model of the service
errors, pagination, tags, archive, s3_store, process_environment   used by several parts
registry/            model package groups and model packages
endpoints/           models, endpoint configs and endpoints, with their updates and data capture
pipelines/           pipelines, their executions and jobs
cloudformation/      the CloudFormation resource types
"""

from rehearsal.sagemaker.cloudformation import provisioners
from rehearsal.sagemaker.errors import ServiceError
from rehearsal.sagemaker.execution_role import ExecutionRole
from rehearsal.sagemaker.s3_store import S3Store
from rehearsal.sagemaker.service import SageMaker

__all__ = ["ExecutionRole", "S3Store", "SageMaker", "ServiceError", "provisioners"]
