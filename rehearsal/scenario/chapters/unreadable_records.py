"""A captured file has unreadable lines: they go to quarantine, and an alarm is raised."""

from driftloop.contract.resource_names import VARIANT
from driftloop.contract.s3_keys import capture_hour, capture_prefix
from rehearsal.scenario.scenario_context import ScenarioContext
from rehearsal.timeline_events import TimelineEvent

TITLE = "Unreadable lines in a captured file"
TEXT = (
    "A captured file has unreadable lines: half a record, binary data, text that is not JSON. The "
    "lines are rejected: counted by reason and written to quarantine. An alarm changes to ALARM. "
    "The window is analyzed from all other lines."
)
UNREADABLE_LINES = (
    b'{"captureData":{"endpointInput":{"data":"1,2\nnot json at all\n\x00\xff\xfe\x01\n'
    + b"[]\n" * 3
)
MIN_REJECTED_LINES = 6
"""Lines in UNREADABLE_LINES."""

MIN_RECORDS = 1500
"""Records in an hour of flights."""


def play(context: ScenarioContext) -> None:
    """Send an hour with one file of unreadable lines among its captured files."""
    start = context.position()
    _put_unreadable_file(context)
    context.send_hour(context.flights.next_drifted_hour())
    verdicts = context.verdicts(since=start)
    context.expect("the hour is analyzed", verdicts in (["stable"], ["drifted"]), verdicts)
    [analysis] = context.details(TimelineEvent.ANALYSIS_COMPLETED, since=start)
    report = context.account.read_report(analysis["report"]["bucket"], analysis["report"]["key"])
    rejected, records = report.counts.rejected, report.counts.records
    context.expect(
        f"at least {MIN_REJECTED_LINES} lines are rejected",
        rejected >= MIN_REJECTED_LINES,
        f"{rejected} lines",
    )
    context.expect(
        f"at least {MIN_RECORDS} records are analyzed",
        records >= MIN_RECORDS,
        f"{records} records",
    )
    quarantined = context.account.list_keys("analysis", f"quarantine/{context.model}/")
    context.expect("the rejected lines are in quarantine", quarantined, quarantined)
    alarm = context.alarm_name("rejected-lines")
    raised = context.raised_alarms(since=start)
    context.expect(f"the alarm {alarm} changes to ALARM", alarm in raised, raised)


def _put_unreadable_file(context: ScenarioContext) -> None:
    version = context.account.champion_version() or 0
    now = context.emulator.now()
    hour = capture_hour(context.model, version, context.account.endpoint, VARIANT, now)
    if not hour.startswith(capture_prefix(context.model, version)):
        raise ValueError(f"{hour} is not a prefix of version {version}'s captured files")
    context.account.client("s3").put_object(
        Bucket=context.account.bucket("capture"),
        Key=f"{hour}26-00-000-00000000-0000-4000-8000-000000000000.jsonl",
        Body=UNREADABLE_LINES,
    )
