"""The notifications of a release, each with the command to run next."""

import shlex
from datetime import datetime
from typing import Any

from boto3.dynamodb.conditions import Attr

from driftloop.contract.ledger_items import ChampionItem, CompletedReleaseItem, VersionItem
from driftloop.errors import InputError
from driftloop.release.next_action import (
    RefusalCause,
    ReleaseOutcome,
    ReleasePurpose,
    VersionStatus,
)
from driftloop.s3_uri import parse_s3_uri
from driftloop.untrusted_text import unlinked
from lambdas.aws.commands import approval_command, create_endpoint_steps, recreate_endpoint
from lambdas.aws.context import ModelContext
from lambdas.aws.ledger import Update
from lambdas.aws.publishing import notify
from lambdas.release.state import describe_endpoint

_PURPOSES = {
    ReleasePurpose.APPROVAL: "it was approved in the model registry",
    ReleasePurpose.ROLLBACK: "the version after it was rejected",
    ReleasePurpose.SERVING_SETTINGS: "the serving settings changed",
}

_SETTINGS_AGAIN = (
    "Do not reject the version: it is the champion, and a rejection deploys the version before it."
    " The same serving settings are not tried again. They are deployed with the next version that"
    " is released. To deploy them earlier, other settings have to be released in between: change"
    " another one that requires a release in driftloop.yaml, such as capture_sampling_percentage,"
    " and run `npx cdk deploy --all`. When you are notified of that release, change it back and"
    " deploy again."
)
_NEXT_ROLLBACK = (
    "This version is not tried again. The version that served before it is deployed now; if there"
    " is none, the rejected version keeps serving."
)
_SERVING = frozenset({"InService", "Updating", "SystemUpdating", "RollingBack"})
"""Statuses of an endpoint that serves (API reference, DescribeEndpoint, EndpointStatus)."""


def notify_outcome(context: ModelContext, release: CompletedReleaseItem) -> None:
    """Notify of a promotion, a rollback or a refusal; people know what superseded a release."""
    if release.outcome == ReleaseOutcome.SUPERSEDED:
        return
    version, config = release.version, release.endpoint_config_name
    notification = context.deduplication_id("release notification", release.sk)
    why = f"It was released because {_PURPOSES[ReleasePurpose(release.purpose)]}."
    reject = approval_command(release.model_package_arn, "Rejected")
    if release.outcome == ReleaseOutcome.PROMOTED:
        notify(
            context.aws,
            f"driftloop: version {version} of {context.name} serves all requests",
            deduplication_id=notification,
            what=f"Version {version} was deployed with endpoint config {config} and serves all"
            " requests.",
            why=f"{why} No rollback alarm changed to ALARM.",
            next_step="Read the reports of its first windows: you are notified of each verdict. To"
            f" roll back to the previous version, reject this one:\n\n    {reject}\n",
        )
        return
    approve = approval_command(release.model_package_arn, "Approved")
    approve_again = f"\n\n    {reject}\n    {approve}\n"
    endpoint = describe_endpoint(context)
    serving = _serving_sentence(endpoint)
    if release.outcome == ReleaseOutcome.REFUSED:
        notify(
            context.aws,
            f"driftloop: version {version} of {context.name} was not released",
            deduplication_id=notification,
            what=f"The release of version {version} was refused. {serving}",
            why=f"{why} {release.failure_reason}",
            next_step=_after_deletion(context, release)
            if endpoint is None
            else _after_refusal(release, approve_again),
        )
        return
    notify(
        context.aws,
        f"driftloop: the release of version {version} of {context.name} was rolled back",
        deduplication_id=notification,
        what=f"Version {version} (endpoint config {config}) was rolled back. {serving}",
        why=f"{why} The update failed: {release.failure_reason}",
        next_step=_after_deletion(context, release)
        if endpoint is None
        else _after_rollback(context, release, approve_again),
    )


def notify_missing_baseline(
    context: ModelContext, arn: str, version: int, problem: str, decided_at: datetime
) -> None:
    """Notify that an approved version is not released, as it could not be monitored."""
    reject, approve = (approval_command(arn, status) for status in ("Rejected", "Approved"))
    notify(
        context.aws,
        f"driftloop: version {version} of {context.name} was not released",
        deduplication_id=context.deduplication_id("missing baseline", version, decided_at),
        what=f"Version {version} was approved, but it is not released.",
        why=f"{problem[0].upper()}{problem[1:]}.",
        next_step="To release this version after that, set its approval status to Rejected, then"
        f" to Approved:\n\n    {reject}\n    {approve}\n",
    )


def notify_deleted_version(context: ModelContext, item: VersionItem) -> None:
    """Notify that an approved version is not released, as it was deleted."""
    notify(
        context.aws,
        f"driftloop: version {item.version} of {context.name} was not released",
        deduplication_id=context.deduplication_id("deleted version", item.version, item.decided_at),
        what=f"Version {item.version} was approved and waited for its release. It is not released.",
        why=f"The model package {item.model_package_arn} does not exist any more.",
        next_step="Approve another version, or request a retraining. The versions are:\n\n    aws"
        f" sagemaker list-model-packages --model-package-group-name {context.resource}\n",
    )


def _after_refusal(release: CompletedReleaseItem, approve_again: str) -> str:
    if release.refusal_cause == RefusalCause.MODEL_DATA_MISMATCH:
        return _after_mismatch(release, approve_again)
    if release.refusal_cause == RefusalCause.UNUSABLE_BASELINE:
        return (
            "Make the baseline readable as described. To release this version after that, set its"
            f" approval status to Rejected, then to Approved:{approve_again}"
        )
    if release.refusal_cause == RefusalCause.NOT_APPROVED:
        approve = approval_command(release.model_package_arn, "Approved")
        return f"{_NEXT_ROLLBACK} To deploy this version, approve it:\n\n    {approve}\n"
    if release.purpose == ReleasePurpose.SERVING_SETTINGS:
        return (
            "Fix the cause. If it is a setting, correct it in driftloop.yaml and run `npx cdk"
            f" deploy --all`. {_SETTINGS_AGAIN}"
        )
    return (
        "Fix the cause: see a version that was not released in the runbook. If it is a serving"
        " setting, correct it in driftloop.yaml and run `npx cdk deploy --all`. To release this"
        " version after that, set its approval status to Rejected, then to Approved:"
        f"{approve_again}"
    )


def _after_mismatch(release: CompletedReleaseItem, approve_again: str) -> str:
    """How to restore the archive, and then to release the version; its URL may be an https one."""
    try:
        bucket, key = parse_s3_uri(release.model_data_url)
    except InputError:
        return "Register the model again, with its archive as s3://bucket/key."
    # A key with a blank or a control character is none that driftloop wrote.
    is_plain = key.isprintable() and " " not in key
    bucket, prefix = shlex.quote(bucket), shlex.quote(key if is_plain else unlinked(key))
    restore = (
        "Find out who wrote or deleted the archive: list its object versions, and look for"
        " PutObject and DeleteObject in CloudTrail's data events. Make the approved object the"
        " latest one again by deleting the object versions after it:"
        f"\n\n    aws s3api list-object-versions --bucket {bucket} --prefix {prefix}\n\n"
    )
    if release.purpose == ReleasePurpose.SERVING_SETTINGS:
        return restore + _SETTINGS_AGAIN
    if release.purpose == ReleasePurpose.ROLLBACK:
        return (
            f"{restore}{_NEXT_ROLLBACK} To deploy this version after the repair, set its approval"
            f" status to Rejected, then to Approved:{approve_again}"
        )
    return (
        f"{restore}After that, to release this version, set its approval status to Rejected, then"
        f" to Approved:{approve_again}\nOr request a retraining, whose challenger has an archive of"
        " its own."
    )


def _after_rollback(
    context: ModelContext, release: CompletedReleaseItem, approve_again: str
) -> str:
    logs = (
        f"Read the log group /aws/sagemaker/Endpoints/{context.resource} from the time of the"
        " release."
    )
    if release.purpose == ReleasePurpose.SERVING_SETTINGS:
        return f"{logs} If a setting is wrong, correct it and deploy. {_SETTINGS_AGAIN}"
    return (
        f"{logs} To deploy the same version again, set its approval status to Rejected, then to"
        f" Approved:{approve_again}"
    )


def _after_deletion(context: ModelContext, release: CompletedReleaseItem) -> str:
    return (
        "Find out who deleted the endpoint: look for DeleteEndpoint in CloudTrail."
        f" {recreate_endpoint(context, _package_to_serve(context, release))}"
    )


def _serving_sentence(endpoint: dict[str, Any] | None) -> str:
    """What serves now, which is not the champion if the endpoint was deleted or has failed."""
    if endpoint is None:
        return "The endpoint was deleted: no version serves."
    if endpoint["EndpointStatus"] in _SERVING:
        return "The champion keeps serving."
    return f"The endpoint has the status {endpoint['EndpointStatus']}."


def _package_to_serve(context: ModelContext, release: CompletedReleaseItem) -> str:
    """The version for a new endpoint: the champion, unless it was rejected."""
    champion = context.ledger.get(ChampionItem)
    if champion is None or release.purpose == ReleasePurpose.ROLLBACK:
        return release.model_package_arn
    return champion.model_package_arn


def request_endpoint(context: ModelContext, version: int) -> None:
    """Notify of the command that creates the endpoint, then record that it was sent."""
    item = context.ledger.get(VersionItem, version)
    if item is None:
        return
    state = "the champion" if item.status == VersionStatus.PROMOTED else "approved"
    champion = context.ledger.get(ChampionItem)
    had_endpoint = champion is not None
    endpoint_created_at = champion.endpoint_created_at if champion else None
    notify(
        context.aws,
        f"driftloop: version {version} of {context.name} waits for its endpoint",
        deduplication_id=context.deduplication_id(
            "endpoint notification", version, item.decided_at, endpoint_created_at
        ),
        what=f"Version {version} of {context.name} is {state}, and there is no endpoint.",
        why=(
            "Either the stack was deleted and deployed again, or the endpoint itself was deleted."
            if had_endpoint
            else "The stack needs the model package ARN of the first version to create the"
            " endpoint."
        ),
        next_step=create_endpoint_steps(context, item.model_package_arn, had_endpoint=had_endpoint),
    )
    values = {"status": str(VersionStatus.AWAITING_ENDPOINT)}
    unchanged = Attr("status").eq(item.status)
    context.ledger.write(Update(VersionItem, (version,), values, condition=unchanged))
