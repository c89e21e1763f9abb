"""A month of daily windows is analyzed at once: every captured record counts once."""

from collections import Counter
from datetime import datetime, timedelta

from driftloop.contract.ledger_items import (
    WindowCountItem,
    WindowItem,
)
from driftloop.detection import WindowVerdict
from driftloop.report.window_report import WindowReport
from driftloop.window import DAY, Window, format_time
from rehearsal.scenario.account import Account
from rehearsal.scenario.captured_files import CapturedFiles
from rehearsal.scenario.manual_registration import register_former_champion
from rehearsal.scenario.scenario_context import HOUR, ScenarioContext
from rehearsal.timeline_events import TimelineEvent

TITLE = "A month of daily windows is analyzed at once"
TEXT = (
    "A second model has windows of 24 hours. Its version served for a month until its stack was "
    "deleted, and no window was analyzed. All 30 analyses are started at once, each of them twice, "
    "and three also with a new revision. The requests of three early days have drifted. Every "
    "captured record counts once, in the window of its time. Neither the drift of that time nor "
    "the number of analyses raises an alarm or sends a mail."
)
MODEL = "arrivals"
VERSION = 1
DAYS = 30
DRIFTED_DAYS = range(4, 7)
REPEATED_DAYS = (10, 11, 29)
"""Days of which a new revision is started at the same time."""

FILE_HOURS = (2, 6, 10, 14, 18, 23)
"""Hours in which a day's captured files begin. The last one also has requests after midnight."""

LINES_AFTER_MIDNIGHT = 2
METRIC_DELAY = timedelta(hours=2)
"""Time after which alarms see metrics of the last day: CloudWatch shows older data points late."""


def play(context: ScenarioContext) -> None:
    """Add the model, write a month of captured files, start all analyses, and add them up."""
    _deploy_model(context)
    account = Account(context.emulator, context.people, context.account.names, MODEL)
    midnight = context.emulator.now().replace(hour=0, minute=0, second=0, microsecond=0)
    days = [Window(midnight - DAY * ago, midnight - DAY * (ago - 1)) for ago in range(DAYS, 0, -1)]
    register_former_champion(context, account, since=days[0].start)
    captured = _write_month(context, account, days)
    start, mails = context.position(), len(context.mails(since=0))
    _start_all(context, account, days)
    _expect_one_analysis_each(context, account, days, start)
    reports = _read_reports(account, days)
    _expect_every_record_once(context, account, captured, reports)
    _expect_no_flood(context, start, mails)


def _deploy_model(context: ScenarioContext) -> None:
    context.terminal.show_progress(f"cdk deploy --all with the model {MODEL}")
    settings = {"monitoring": {"window_hours": 24}, "paused": True}
    context.project.add_model(MODEL, context.model, settings)
    context.cdk.synth()
    context.cdk.deploy()
    context.record("person", TimelineEvent.DEPLOYED, stacks=context.cdk.stacks())
    context.wait_until_idle()


def _write_month(
    context: ScenarioContext, account: Account, days: list[Window]
) -> Counter[datetime]:
    """Write the captured files of a month; return the records by day."""
    context.terminal.show_progress(f"captured files of {DAYS} days")
    hours = CapturedFiles(context.account, VERSION).read_hours()
    usual = hours[0]
    drifted = [hour for hour in hours if len(hour) == len(usual)][-1]
    files, captured = CapturedFiles(account, VERSION), Counter[datetime]()
    for number, day in enumerate(days):
        requests = drifted if number in DRIFTED_DAYS else usual
        size = -(-len(requests) // len(FILE_HOURS))
        for position, hour in enumerate(FILE_HOURS):
            chosen = requests[position * size : (position + 1) * size]
            times = [day.start + HOUR * hour + timedelta(seconds=n) for n in range(len(chosen))]
            if hour == FILE_HOURS[-1]:  # the last requests are the next day's first ones
                chosen = chosen[:-LINES_AFTER_MIDNIGHT]
                times = times[:-LINES_AFTER_MIDNIGHT]
                if day != days[-1]:
                    chosen = chosen + usual[-LINES_AFTER_MIDNIGHT:]
                    times += [day.end + timedelta(seconds=n) for n in range(LINES_AFTER_MIDNIGHT)]
            for time, records in files.write(chosen, times):
                captured[time.replace(hour=0, minute=0, second=0)] += records
    return captured


def _start_all(context: ScenarioContext, account: Account, days: list[Window]) -> None:
    context.terminal.show_progress(f"{DAYS} analyses at once")
    for number, day in enumerate(days):
        scheduled = format_time(day.end + timedelta(minutes=20))
        payload = {"model": MODEL, "scheduled_time": scheduled}
        for revision in (0, 0, 1) if number in REPEATED_DAYS else (0, 0):
            account.invoke_async("start_analysis", {**payload, "revision": revision})
    context.wait_until_idle()


def _expect_one_analysis_each(
    context: ScenarioContext, account: Account, days: list[Window], start: int
) -> None:
    statuses = account.execution_statuses()
    expected = {"SUCCEEDED": DAYS + len(REPEATED_DAYS)}
    seen = [f"{count} {status}" for status, count in statuses.items()]
    context.expect(
        f"{DAYS + len(REPEATED_DAYS)} executions ran and succeeded", statuses == expected, seen
    )
    items = account.query_ledger(WindowItem, VERSION)
    revisions = [int(number in REPEATED_DAYS) for number in range(DAYS)]
    context.expect(
        "each day has one verdict, of its newest revision",
        [(item.window, item.revision) for item in items] == list(zip(days, revisions, strict=True)),
        f"{len(items)} verdicts",
    )
    drifted = [day.label for number, day in enumerate(days) if number in DRIFTED_DAYS]
    found = [item.label for item in items if item.verdict == WindowVerdict.DRIFTED]
    context.expect("the days with drift have verdict drifted", found == drifted, found)
    others = [item.verdict for item in items if item.verdict != WindowVerdict.DRIFTED]
    context.expect("the others are stable", set(others) == {WindowVerdict.STABLE}, others)
    events = Counter(
        (event["window"]["start"], event["revision"])
        for event in context.details(TimelineEvent.ANALYSIS_COMPLETED, since=start, model=MODEL)
    )
    published = {day for day, _ in events}
    context.expect(
        "each day is published, each revision at most once",
        len(published) == DAYS and set(events.values()) == {1},
        f"{len(published)} days",
    )


def _read_reports(account: Account, days: list[Window]) -> dict[datetime, WindowReport]:
    bucket = account.bucket("analysis")
    return {
        item.window.start: account.read_report(bucket, item.report_key)
        for item in account.query_ledger(WindowItem, VERSION)
        if item.window in days
    }


def _expect_every_record_once(
    context: ScenarioContext,
    account: Account,
    captured: Counter[datetime],
    reports: dict[datetime, WindowReport],
) -> None:
    counted = Counter({day: report.counts.records for day, report in reports.items()})
    wrong = [
        f"{day:%Y-%m-%d}: {counted[day]} of {captured[day]}"
        for day in captured
        if counted[day] != captured[day]
    ]
    context.expect("each day has exactly its captured records", not wrong, wrong)
    context.expect(
        f"the month has exactly {captured.total():,} records",
        counted.total() == captured.total(),
        f"{counted.total():,} records",
    )
    late = [item.label for item in account.query_ledger(WindowCountItem) if item.late]
    context.expect("no record is counted as late", not late, late)


def _expect_no_flood(context: ScenarioContext, start: int, mails: int) -> None:
    """Let the alarms see the metrics, then count the mails and alarms of the model."""
    context.advance_to(context.emulator.now() + METRIC_DELAY)
    context.send_hour(context.flights.next_drifted_hour())
    alarms = [alarm for alarm in context.raised_alarms(since=start) if MODEL in alarm]
    context.expect(f"no alarm of {MODEL} changes to ALARM", not alarms, alarms)
    subjects = [subject for subject in context.mails(since=mails) if MODEL in subject]
    others = [subject for subject in subjects if not subject.startswith("OK: ")]
    context.expect(
        f"no mail about {MODEL} is sent, but that its new alarms are OK", not others, others
    )
