"""Deletes the endpoint configs and models of past releases that are no longer needed."""

from typing import Any

from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError

from driftloop.contract.ledger_items import ChampionItem, EndpointConfigItem, ReleaseItem
from driftloop.release.deployment import unused_configs
from lambdas.aws.context import ModelContext
from lambdas.aws.errors import message_contains
from lambdas.aws.ledger import Delete

logger = Logger(child=True)


def delete_unused_configs(context: ModelContext) -> None:
    """Delete endpoint configs with their models.

    One that can't be deleted now stays in the ledger: the next release tries again.
    """
    sagemaker = context.aws.client("sagemaker")
    for item in _unused(context):
        name = item.endpoint_config_name
        deleted = _delete(sagemaker.delete_endpoint_config, EndpointConfigName=name)
        if deleted and _delete(sagemaker.delete_model, ModelName=name):
            context.ledger.write(Delete(EndpointConfigItem, item.key))


def _unused(context: ModelContext) -> list[EndpointConfigItem]:
    """All but those of the champion and of the release in progress, and the ones before each."""
    created = context.ledger.query(EndpointConfigItem)
    keep = [
        name
        for item in (context.ledger.get(ChampionItem), context.ledger.get(ReleaseItem))
        if item is not None
        for name in (item.endpoint_config_name, item.previous_endpoint_config_name)
    ]
    unused = set(unused_configs((item.endpoint_config_name for item in created), keep))
    return [item for item in created if item.endpoint_config_name in unused]


def _delete(call: Any, **arguments: Any) -> bool:
    try:
        call(**arguments)
    except ClientError as error:
        if message_contains(error, "could not find"):
            return True
        logger.warning("not deleted", error=str(error), **arguments)
        return False
    return True
