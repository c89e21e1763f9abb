"""A quota refuses a release: it ends, people are notified once, the next approval is released.

The quota is "<instance type> for endpoint usage". An update needs twice the endpoint's instances
for a while (SageMaker AI developer guide, "Blue/Green Deployments").
"""

from driftloop.contract.ledger_items import EndpointConfigItem, ReleaseItem, VersionItem
from driftloop.release.next_action import ReleaseOutcome, ReleasePurpose, VersionStatus
from driftloop.report.formatting import plural
from rehearsal.scenario.manual_registration import register_again
from rehearsal.scenario.scenario_context import ScenarioContext
from rehearsal.timeline_events import TimelineEvent

TITLE = "A release is refused for want of quota"
TEXT = (
    "The account's quota allows as many instances as the champion has. A person registers a "
    "version manually and approves it, and SageMaker refuses UpdateEndpoint. People get one mail, "
    "and the champion keeps serving. A person changes the instance type in driftloop.yaml and "
    "deploys: the champion is released with it, and then the next version that is approved. The "
    "quota is raised, and the refused version is rejected: it is not released."
)
INSTANCE_TYPE = "ml.c5.large"
"""The instance type after the change; its quota is not used up."""


def play(context: ScenarioContext) -> None:
    """Set the quota, approve, change the instance type, approve again, and raise the quota."""
    serving = context.settings.serving
    context.emulator.set_endpoint_quota(serving.instance_type, serving.initial_instance_count)
    refused = _approve_refused_version(context)
    _change_instance_type(context)
    _approve_next_version(context)
    _raise_quota(context, refused)


def _approve_refused_version(context: ScenarioContext) -> int:
    start, mails = context.position(), len(context.mails(since=0))
    champion, served = context.account.champion_version(), _serving(context)
    calls = _count_updates(context)
    version = _register_and_approve(context)
    outcomes = context.release_outcomes(version, since=start)
    context.expect(
        f"the release of version {version} is refused",
        outcomes == [ReleaseOutcome.REFUSED],
        outcomes,
    )
    _expect_status(context, version, VersionStatus.RELEASE_REFUSED)
    context.terminal.show_progress("an hour after the refusal")
    _send_hour(context)
    about = [mail for mail in context.emulator.mails(mails) if "not released" in mail["subject"]]
    context.expect("people get one mail", len(about) == 1, [mail["subject"] for mail in about])
    serving = context.settings.serving
    count = serving.initial_instance_count
    reason = (
        f"The account-level service limit '{serving.instance_type} for endpoint usage' is {count}"
        f" Instances, with current utilization of {count} Instances and a request delta of {count}"
        " Instances."
    )
    context.expect(
        "the mail has the words of AWS", reason in about[0]["body"], _line_with(about[0], "limit '")
    )
    updates = _count_updates(context) - calls
    context.expect("UpdateEndpoint is called once", updates == 1, plural(updates, "call"))
    now = context.account.champion_version()
    context.expect(
        f"version {champion} still serves", (now, _serving(context)) == (champion, served), served
    )
    left = _left_over(context, version)
    context.expect("nothing of the refused release is left over", not left, left)
    return version


def _change_instance_type(context: ScenarioContext) -> None:
    start, champion = context.position(), context.account.champion_version() or 0
    calls = _count_updates(context)
    context.terminal.show_progress(f"cdk deploy with {INSTANCE_TYPE}")
    context.project.change({"serving": {"instance_type": INSTANCE_TYPE}})
    context.cdk.synth()
    context.cdk.deploy()
    context.wait_until_idle()
    context.record(
        "person",
        TimelineEvent.REDEPLOYED,
        deployment=f"cdk deploy with instance type {INSTANCE_TYPE}",
        champion_version=champion,
    )
    context.terminal.show_progress("the champion moves to other instances")
    _send_hour(context)
    releases = context.details(TimelineEvent.RELEASE_COMPLETED, since=start)
    seen = [f"version {each['version']}: {each['purpose']}, {each['outcome']}" for each in releases]
    purpose, promoted = ReleasePurpose.SERVING_SETTINGS, ReleaseOutcome.PROMOTED
    context.expect(
        "only the champion is released, with the new instance type",
        seen == [f"version {champion}: {purpose}, {promoted}"],
        seen,
    )
    updates = _count_updates(context) - calls
    context.expect("UpdateEndpoint is called once", updates == 1, plural(updates, "call"))
    _expect_instance_type(context)


def _approve_next_version(context: ScenarioContext) -> None:
    start = context.position()
    version = _register_and_approve(context)
    context.terminal.show_progress(f"the canary of version {version}")
    _send_hour(context)
    outcomes = context.release_outcomes(version, since=start)
    context.expect(
        f"the release of version {version} is promoted",
        outcomes == [ReleaseOutcome.PROMOTED],
        outcomes,
    )
    champion = context.account.champion_version()
    context.expect(f"version {version} is the champion", champion == version, f"version {champion}")
    _expect_instance_type(context)


def _raise_quota(context: ScenarioContext, refused: int) -> None:
    calls, champion = _count_updates(context), context.account.champion_version()
    context.emulator.set_endpoint_quota(context.settings.serving.instance_type, None)
    context.terminal.show_progress("an hour after the quota is raised")
    context.advance_until_analyzed()
    _expect_status(context, refused, VersionStatus.RELEASE_REFUSED)
    context.account.reject(context.account.model_package_arn(refused))
    context.wait_until_idle()
    _expect_status(context, refused, VersionStatus.REJECTED)
    updates = _count_updates(context) - calls
    context.expect("UpdateEndpoint is not called any more", not updates, plural(updates, "call"))
    now = context.account.champion_version()
    context.expect(f"version {champion} is still the champion", now == champion, f"version {now}")


def _register_and_approve(context: ScenarioContext) -> int:
    champion = context.account.champion_version() or 0
    arn = register_again(context, champion, reason="the quick fix without its error")
    context.account.approve(arn)
    context.wait_until_idle()
    return int(arn.rpartition("/")[2])


def _send_hour(context: ScenarioContext) -> None:
    failed_before = context.traffic.failed_requests
    context.send_hour(context.flights.next_drifted_hour())
    failed = context.traffic.failed_requests - failed_before
    context.expect("no request of the hour fails", not failed, f"{failed} failed requests")


def _serving(context: ScenarioContext) -> str:
    endpoint = context.account.describe_endpoint() or {}
    return f"{endpoint.get('EndpointConfigName')}, {endpoint.get('EndpointStatus')}"


def _count_updates(context: ScenarioContext) -> int:
    return len(context.emulator.sagemaker_calls("UpdateEndpoint"))


def _expect_status(context: ScenarioContext, version: int, expected: VersionStatus) -> None:
    item = context.account.read_ledger(VersionItem, version)
    status = item.status if item else None
    context.expect(
        f"the ledger has version {version} with status {expected}", status == expected, status
    )


def _expect_instance_type(context: ScenarioContext) -> None:
    endpoint = context.account.describe_endpoint() or {}
    config = context.account.client("sagemaker").describe_endpoint_config(
        EndpointConfigName=endpoint["EndpointConfigName"]
    )
    types = [variant["InstanceType"] for variant in config["ProductionVariants"]]
    context.expect(f"the endpoint has {INSTANCE_TYPE}", types == [INSTANCE_TYPE], types)


def _left_over(context: ScenarioContext, version: int) -> list[str]:
    """Return what a release creates and a refused one deletes: alarms, configs, models, items."""
    sagemaker, prefix = (
        context.account.client("sagemaker"),
        f"{context.account.endpoint}-v{version}",
    )
    configs = sagemaker.list_endpoint_configs(NameContains=prefix)["EndpointConfigs"]
    models = sagemaker.list_models(NameContains=prefix)["Models"]
    items = [
        item.endpoint_config_name
        for item in context.account.query_ledger(EndpointConfigItem)
        if item.version == version
    ]
    release = context.account.read_ledger(ReleaseItem)
    return [
        *(name for name in context.emulator.alarm_states() if name.startswith(prefix)),
        *(each["EndpointConfigName"] for each in configs),
        *(each["ModelName"] for each in models),
        *items,
        *([release.endpoint_config_name] if release else []),
    ]


def _line_with(mail: dict[str, str], text: str) -> str:
    return next((line.rstrip(".") for line in mail["body"].splitlines() if text in line), "")
