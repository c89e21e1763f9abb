"""Registry: the custom resource of a model's stack, its model package group and first version."""

from typing import Any

import urllib3
from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from driftloop.contract.events import decode_payload
from driftloop.contract.registry_resource import CustomResourceRequest
from driftloop.errors import DriftloopError
from lambdas.aws.clients import CLIENTS, AwsClients
from lambdas.registry.reply import HttpClient, Reply, send
from lambdas.registry.resource import provide, resource_names

logger = Logger()

HTTP = urllib3.PoolManager()
"""CloudFormation's pre-signed URL needs no credentials."""


def handle(
    event: dict[str, Any],
    _context: object,
    aws: AwsClients = CLIENTS,
    http: HttpClient = HTTP,
) -> dict[str, Any]:
    """Carry out a request of CloudFormation and answer it once, whatever happens.

    CloudFormation invokes the function asynchronously. If the answer could not be sent, the
    function fails and Lambda invokes it again: every step accepts what an earlier attempt did.
    """
    request = decode_payload(CustomResourceRequest, event)
    logger.info("received", request=request.request_type, request_id=request.request_id)
    try:
        resource = provide(aws, request)
        reply = Reply.success(request, resource.physical_id, resource.attributes)
    except Exception as error:
        logger.exception("the request failed")
        reply = Reply.failure(request, _reason(aws, error))
    send(http, request.response_url, reply)
    return {"status": reply.status, "physical_resource_id": reply.physical_resource_id}


def _reason(aws: AwsClients, error: Exception) -> str:
    """What CloudFormation shows with the failed resource."""
    expected = isinstance(error, (DriftloopError, ClientError, BotoCoreError))
    text = str(error) if expected else f"{type(error).__name__}: {error}"
    log_group = f"/aws/lambda/{resource_names(aws).function('registry')}"
    return f"{text} (log group {log_group})"
