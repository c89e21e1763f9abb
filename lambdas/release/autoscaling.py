"""Autoscaling: brought to its settings after each release, and removed if it blocks an update.

An error does not block a release. It is recorded in the ledger and notified once; reconcile tries
again each hour, and the alarm ``autoscaling-failed`` shows it.
"""

from typing import Any

from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError

from driftloop.contract.cloudwatch_metrics import AUTOSCALING_FAILED
from driftloop.contract.ledger_items import AutoscalingFailureItem
from driftloop.release.deployment import ServingSettings
from lambdas.aws.context import ModelContext
from lambdas.aws.ledger import ITEM_ABSENT, ITEM_PRESENT, ConflictError, Delete, Put, Update
from lambdas.aws.publishing import notify, put_metrics

_DIMENSION = "sagemaker:variant:DesiredInstanceCount"

logger = Logger(child=True)


def deregister_scalable_target(context: ModelContext, settings: ServingSettings) -> None:
    """Deregister the target: a change of the instance type fails while it is registered."""
    client = context.aws.client("application-autoscaling")
    target = _target(context, settings)
    if client.describe_scalable_targets(
        ServiceNamespace="sagemaker", ResourceIds=[target["ResourceId"]]
    )["ScalableTargets"]:
        client.deregister_scalable_target(**target)


def update_scaling(context: ModelContext, settings: ServingSettings, *, hourly: bool) -> None:
    """Bring autoscaling to the settings; an error is recorded, and tried again in an hour.

    The metric is published for each failure, once when it is over, and otherwise only ``hourly``.
    """
    failure = context.ledger.get(AutoscalingFailureItem)
    try:
        _apply(context, settings)
    except ClientError as error:
        _record_failure(context, failure, str(error))
        return
    if failure is not None:
        context.ledger.write(Delete(AutoscalingFailureItem))
    if failure is not None or hourly:
        put_metrics(context.aws, context.name, {AUTOSCALING_FAILED: 0})


def _apply(context: ModelContext, settings: ServingSettings) -> None:
    """Set bounds and target value as in the settings; equal settings change nothing."""
    client = context.aws.client("application-autoscaling")
    target = _target(context, settings)
    client.register_scalable_target(
        **target,
        MinCapacity=settings.initial_instance_count,
        MaxCapacity=settings.max_instance_count,
    )
    client.put_scaling_policy(
        **target,
        PolicyName="invocations-per-instance",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": float(settings.target_invocations_per_instance),
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
            },
        },
    )


def _record_failure(
    context: ModelContext, failure: AutoscalingFailureItem | None, reason: str
) -> None:
    logger.warning("autoscaling was not set", error=reason)
    if failure is None:
        failure = AutoscalingFailureItem(failed_since=context.as_of, reason=reason)
        try:
            context.ledger.write(Put(failure, ITEM_ABSENT))
        except ConflictError:
            return  # another delivery failed at the same time, and notifies of it
    put_metrics(context.aws, context.name, {AUTOSCALING_FAILED: 1})
    if not failure.notified:
        _notify(context, failure, reason)
        try:
            context.ledger.write(
                Update(AutoscalingFailureItem, (), {"notified": True}, condition=ITEM_PRESENT)
            )
        except ConflictError:
            return  # another delivery has set autoscaling in the meantime


def _notify(context: ModelContext, failure: AutoscalingFailureItem, reason: str) -> None:
    notify(
        context.aws,
        f"driftloop: autoscaling of {context.name} was not set",
        deduplication_id=context.deduplication_id("autoscaling notification", failure.failed_since),
        what=f"The endpoint {context.resource} serves, but its autoscaling is not set as"
        " configured: its number of instances may stay as it is.",
        why=reason,
        next_step="Fix the cause: see autoscaling-failed in the runbook. It is tried again each"
        " hour. You are notified once; the alarm stays in ALARM until autoscaling is set.",
    )


def _target(context: ModelContext, settings: ServingSettings) -> dict[str, Any]:
    return {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{context.resource}/variant/{settings.variant}",
        "ScalableDimension": _DIMENSION,
    }
