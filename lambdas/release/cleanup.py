"""Deletes the endpoint configs and models of past releases that are no longer needed."""

from collections.abc import Iterable
from typing import Any

from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError

from driftloop.contract.ledger_items import EndpointConfigItem
from lambdas.aws.context import ModelContext
from lambdas.aws.ledger import Delete

logger = Logger(child=True)


def delete_unused_configs(context: ModelContext, configs: Iterable[EndpointConfigItem]) -> None:
    """Delete endpoint configs with their models.

    One that can't be deleted now stays in the ledger: the next release tries again.
    """
    sagemaker = context.aws.client("sagemaker")
    for item in configs:
        name = item.endpoint_config_name
        deleted = _delete(sagemaker.delete_endpoint_config, EndpointConfigName=name)
        if deleted and _delete(sagemaker.delete_model, ModelName=name):
            context.ledger.write(Delete(EndpointConfigItem, item.key))


def _delete(call: Any, **arguments: Any) -> bool:
    try:
        call(**arguments)
    except ClientError as error:
        if "could not find" in error.response["Error"]["Message"].lower():
            return True
        logger.warning("not deleted", error=str(error), **arguments)
        return False
    return True
