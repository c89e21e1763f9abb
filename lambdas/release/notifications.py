"""The notifications of a release, each with the command to run next."""

import shlex

from boto3.dynamodb.conditions import Attr

from driftloop.contract.ledger_items import CompletedReleaseItem, VersionItem
from driftloop.errors import InputError
from driftloop.release.next_action import (
    RefusalCause,
    ReleaseOutcome,
    ReleasePurpose,
    VersionStatus,
)
from driftloop.s3_uri import parse_s3_uri
from lambdas.aws.commands import approval_command
from lambdas.aws.context import ModelContext
from lambdas.aws.ledger import Update
from lambdas.aws.publishing import notify

_PURPOSES = {
    ReleasePurpose.APPROVAL: "it was approved in the model registry",
    ReleasePurpose.ROLLBACK: "the version after it was rejected",
    ReleasePurpose.SERVING_SETTINGS: "the serving settings changed",
}


def notify_outcome(context: ModelContext, release: CompletedReleaseItem) -> None:
    """Notify of a promotion, a rollback or a refusal; people know what superseded a release."""
    if release.outcome == ReleaseOutcome.SUPERSEDED:
        return
    version, config = release.version, release.endpoint_config_name
    why = f"It was released because {_PURPOSES[ReleasePurpose(release.purpose)]}."
    reject = approval_command(release.model_package_arn, "Rejected")
    if release.outcome == ReleaseOutcome.PROMOTED:
        notify(
            context.aws,
            f"driftloop: version {version} of {context.name} serves all requests",
            what=f"Version {version} was deployed with endpoint config {config} and serves all"
            " requests.",
            why=f"{why} No rollback alarm changed to ALARM.",
            next_step="Read the reports of its first windows: you are notified of each verdict. To"
            f" roll back to the previous version, reject this one:\n\n    {reject}\n",
        )
        return
    approve = approval_command(release.model_package_arn, "Approved")
    if release.outcome == ReleaseOutcome.REFUSED:
        notify(
            context.aws,
            f"driftloop: version {version} of {context.name} was not released",
            what=f"The release of version {version} was refused. The champion keeps serving.",
            why=f"{why} {release.failure_reason}",
            next_step=_after_refusal(release, f"    {reject}\n    {approve}\n"),
        )
        return
    notify(
        context.aws,
        f"driftloop: the release of version {version} of {context.name} was rolled back",
        what=f"Version {version} (endpoint config {config}) was rolled back. The champion keeps"
        " serving.",
        why=f"{why} The update failed: {release.failure_reason}",
        next_step=f"Read the log group /aws/sagemaker/Endpoints/{context.resource} from"
        " the time of the release. To deploy the same version again, set its approval status to"
        f" Rejected, then to Approved:\n\n    {reject}\n    {approve}\n",
    )


def _after_refusal(release: CompletedReleaseItem, approve_again: str) -> str:
    if release.refusal_cause == RefusalCause.MODEL_DATA_MISMATCH:
        return (
            f"{_restore_archive(release.model_data_url, approve_again)}Or request a retraining,"
            " whose challenger has an archive of its own."
        )
    if release.purpose == ReleasePurpose.SERVING_SETTINGS:
        return (
            "Fix the cause. If it is a setting, correct it in driftloop.yaml and run `npx cdk"
            " deploy --all`. The same settings are not tried again until a version is released."
        )
    return (
        "Fix the cause: see a version that was not released in the runbook. If it is a serving"
        " setting, correct it in driftloop.yaml and run `npx cdk deploy --all`. To release this"
        " version after that, set its approval status to Rejected, then to Approved:"
        f"\n\n{approve_again}"
    )


def request_endpoint(context: ModelContext, version: int) -> None:
    """Notify of the command that creates the endpoint, then record that it was sent."""
    item = context.ledger.get(VersionItem, version)
    if item is None:
        return
    command = deploy_command(context, item.model_package_arn)
    has_served = item.status == VersionStatus.PROMOTED
    state = "the champion" if has_served else "approved"
    notify(
        context.aws,
        f"driftloop: version {version} of {context.name} waits for its endpoint",
        what=f"Version {version} of {context.name} is {state}, and there is no endpoint.",
        why=(
            "The stack was deleted and deployed again. It needs the champion's model package ARN"
            " to create the endpoint."
            if has_served
            else "The stack needs the model package ARN of the first version to create the"
            " endpoint."
        ),
        next_step=f"Run:\n\n    {command}\n",
    )
    values = {"status": str(VersionStatus.AWAITING_ENDPOINT)}
    unchanged = Attr("status").eq(item.status)
    context.ledger.write(Update(VersionItem, (version,), values, condition=unchanged))


def deploy_command(context: ModelContext, model_package_arn: str) -> str:
    """The command that creates the endpoint with a version."""
    stack = context.models.names.model_stack(context.name)
    return f"npx cdk deploy {stack} --parameters {stack}:InitialModelPackageArn={model_package_arn}"


def _restore_archive(model_data_url: str, approve_again: str) -> str:
    """How the version can still be released; SageMaker also accepts an archive's https URL."""
    try:
        bucket, key = parse_s3_uri(model_data_url)
    except InputError:
        return "Register the model again, with its archive as s3://bucket/key. "
    return (
        "Find out who wrote or deleted the archive: list its object versions, and look for"
        " PutObject and DeleteObject in CloudTrail's data events. To release this version, make"
        " the approved object the latest one again by deleting the object versions after it, then"
        " set its approval status to Rejected and to Approved:\n\n"
        f"    aws s3api list-object-versions --bucket {bucket} --prefix {shlex.quote(key)}\n"
        f"{approve_again}\n"
    )
