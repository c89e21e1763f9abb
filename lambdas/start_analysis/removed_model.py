"""Notifies of a model that is not in driftloop.yaml any more, while its stack is deployed.

`cdk deploy` deletes no stack: the endpoint of such a model runs on, and the schedule of its stack
invokes this function. Nothing else acts for the model, so what was in progress stays as it is.
"""

from datetime import datetime, timedelta

from aws_lambda_powertools import Logger
from boto3.dynamodb.conditions import Attr

from driftloop.contract.deduplication import deduplication_id
from driftloop.contract.ledger_items import LeaseItem, ReleaseItem, RemovedModelItem, VersionItem
from driftloop.contract.resource_names import delete_stack_command
from driftloop.window import format_time
from lambdas.aws.clients import AwsClients
from lambdas.aws.context import open_ledger
from lambdas.aws.fleet import ModelIndex
from lambdas.aws.ledger import ITEM_ABSENT, ConflictError, Ledger, Put
from lambdas.aws.model_stack import is_deployed
from lambdas.aws.publishing import notify

NOTIFICATION_INTERVAL = timedelta(days=7)
"""At least this time is between two notifications of a removed model."""

_WAITING = {"approved", "awaiting_endpoint"}

logger = Logger(child=True)


def notify_of_removed_model(
    aws: AwsClients, models: ModelIndex, name: str, as_of: datetime
) -> None:
    """Notify once a week, while the model's stack is deployed.

    People are notified before it is recorded: a repeated notification has the same ID.
    """
    logger.warning(models.unknown_model(name))
    if not is_deployed(aws, models, name):
        return  # a person invoked the function with a name that is no model's
    ledger = open_ledger(aws, name)
    known = ledger.get(RemovedModelItem)
    if known is not None and as_of - known.notified_at < NOTIFICATION_INTERVAL:
        return
    _notify(aws, models, name, ledger, known.notified_at if known else None)
    unchanged = Attr("notified_at").eq(format_time(known.notified_at)) if known else ITEM_ABSENT
    try:
        ledger.write(Put(RemovedModelItem(notified_at=as_of), unchanged))
    except ConflictError:
        return  # another delivery has notified of it, with the same ID


def _notify(
    aws: AwsClients,
    models: ModelIndex,
    name: str,
    ledger: Ledger,
    last_notified_at: datetime | None,
) -> None:
    stack, environment = models.names.model_stack(name), models.names.environment
    resource = models.names.resource(name)
    notify(
        aws,
        f"driftloop: the removed model {name} still runs",
        deduplication_id=deduplication_id(
            environment, "removed model notification", name, last_notified_at
        ),
        what=f"driftloop.yaml has no model {name} any more, and its stack {stack} is deployed. Its"
        f" endpoint {resource} serves and costs money. No window of it is analyzed, no retraining"
        f" or release of it is started, and none is completed.{_in_progress(ledger)}",
        why="A deployment deletes no stack. You are notified once a week while the stack is"
        " deployed.",
        next_step="To keep the model, add it to driftloop.yaml again and deploy: what is in"
        " progress is completed. To remove it, end what is in progress, and delete the stack:"
        f"\n\n    aws sagemaker list-pipeline-executions --pipeline-name {resource}"
        f"\n    aws sagemaker describe-endpoint --endpoint-name {resource}"
        f"\n    {delete_stack_command(stack)}\n\n"
        "See removing a model in the deployment guide (docs/deployment.md).",
    )


def _in_progress(ledger: Ledger) -> str:
    """What the ledger has in progress, in sentences."""
    found = []
    lease, release = ledger.get(LeaseItem), ledger.get(ReleaseItem)
    if lease is not None:
        execution = lease.execution_arn or f"of decision {lease.decision_id}"
        found.append(f"the pipeline execution {execution}")
    if release is not None:
        found.append(
            f"the release of version {release.version}, whose rollback alarms begin with"
            f" {release.endpoint_config_name}"
        )
    found += [
        f"version {item.version}, which is approved and waits for its release"
        for item in ledger.query(VersionItem)
        if item.status in _WAITING
    ]
    return f" In progress when it was removed: {'; '.join(found)}." if found else ""
