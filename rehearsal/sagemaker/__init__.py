"""The SageMaker of the embedded AWS: endpoints that predict, pipelines, registry.

service     the front: every API call, InvokeEndpoint, the log of calls
resources   the CloudFormation resource types
context     what all parts share: clock, bus, lock, names
shapes      requests held against botocore's model of the service
catalog     models and endpoint configs
groups      model package groups; registry, their versions
endpoints   endpoints; endpoint, deployment, rollout, fleet, invocation, capture beside it
pipelines   pipelines; executions, runner, definition, expressions, jobs beside it
worker      the inside of an inference container; model_server, its outside
"""

from rehearsal.sagemaker.cloudformation.resources import provisioners
from rehearsal.sagemaker.errors import ServiceError
from rehearsal.sagemaker.s3_store import S3Store
from rehearsal.sagemaker.service import SageMaker

__all__ = ["S3Store", "SageMaker", "ServiceError", "provisioners"]
