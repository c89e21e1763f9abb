"""Deletes the endpoint configs and models of past releases that nothing needs any more."""

from collections.abc import Iterable
from typing import Any

from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError

from lambdas.aws.context import ModelContext
from lambdas.aws.ledger import Delete

logger = Logger(child=True)


def delete_unused_configs(context: ModelContext, configs: Iterable[dict[str, Any]]) -> None:
    """A config that can't be deleted now stays in the ledger, for the next release to try again."""
    sagemaker = context.aws.client("sagemaker")
    for item in configs:
        gone = _delete(sagemaker.delete_endpoint_config, EndpointConfigName=item["name"])
        if gone and _delete(sagemaker.delete_model, ModelName=item["name"]):
            context.ledger.write(Delete(item["sk"]))


def _delete(call: Any, **arguments: Any) -> bool:
    try:
        call(**arguments)
    except ClientError as error:
        if "could not find" in error.response["Error"]["Message"].lower():
            return True
        logger.warning("not pruned", error=str(error), **arguments)
        return False
    return True
