"""The world moves away from the training data: the gate is invoked, and nobody is paged."""

from datetime import datetime, timedelta

from driftloop import Baseline
from driftloop.contract.ledger_items import (
    DecisionItem,
    WindowItem,
)
from driftloop.detection import WindowVerdict
from driftloop.retraining.gate import RefusalReason
from driftloop.window import DAY, Window, format_time
from rehearsal.scenario import bookings
from rehearsal.scenario.account import Account
from rehearsal.scenario.captured_files import CapturedFiles
from rehearsal.scenario.manual_registration import register_former_champion
from rehearsal.scenario.scenario_context import ScenarioContext
from rehearsal.timeline_events import TimelineEvent

TITLE = "The world moves away from the training data"
TEXT = (
    "A small model has windows of 24 hours. The demand rises by less than a tenth of its standard "
    "deviation a day: no day differs from the days before it by more than usual, and every verdict "
    "is stable. After three weeks the days as a whole are far from the training data. The alarm "
    "drift-from-training invokes the gate, which refuses, since the model is paused. The alarm "
    "itself sends no mail."
)
MODEL = "bookings"
VERSION = 1
DAYS = 21
METRIC_DELAY = timedelta(hours=2)
"""Time after which alarms see metrics of the last day: CloudWatch shows older data points late."""


def play(context: ScenarioContext) -> None:
    """Add the model, write three weeks of captured files, analyze them, and look at the gate."""
    account = Account(context.emulator, context.people, context.account.names, MODEL)
    midnight = context.emulator.now().replace(hour=0, minute=0, second=0, microsecond=0)
    days = [Window(midnight - DAY * ago, midnight - DAY * (ago - 1)) for ago in range(DAYS, 0, -1)]
    baseline_uri = _store_baseline(account, since=days[0].start)
    _deploy_model(context, since=days[0].start)
    register_former_champion(context, account, since=days[0].start, baseline_uri=baseline_uri)
    _write_captures(account, days)
    start, mails = context.position(), len(context.mails(since=0))
    _analyze(context, account, days[:-1])
    _analyze(context, account, days[-1:])
    _expect_stable_days(context, account)
    context.advance_to(context.emulator.now() + METRIC_DELAY)
    _expect_the_gate_alone(context, account, start, mails)


def _store_baseline(account: Account, *, since: datetime) -> str:
    """Store the baseline of the version that serves since then; return its S3 URI."""
    key = f"runs/{MODEL}/rehearsal/model.baseline"
    training = bookings.training_bookings(since)
    baseline = Baseline.fit(
        training,
        target=bookings.TARGET,
        prediction="prediction",
        time_column=bookings.TIME,
        features=bookings.FEATURES,
        problem_type="binary_classification",
        window_hours=24,
    )
    bucket = account.bucket("artifacts")
    account.client("s3").put_object(Bucket=bucket, Key=key, Body=baseline.to_bytes())
    return f"s3://{bucket}/{key}"


def _deploy_model(context: ScenarioContext, *, since: datetime) -> None:
    context.terminal.show_progress(f"cdk deploy --all with the model {MODEL}")
    training = context.project.path.parent / f"{MODEL}.csv"
    bookings.training_bookings(since).drop(columns="prediction").to_csv(training, index=False)
    settings = {
        "features": bookings.FEATURES,
        "target": bookings.TARGET,
        "time_column": bookings.TIME,
        "training_data": str(training),
        "monitoring": {"window_hours": 24},
        "retraining": {},
        "evaluation": {},
        "paused": True,
    }
    context.project.add_model(MODEL, context.model, settings)
    context.cdk.synth()
    context.cdk.deploy()
    context.record("person", TimelineEvent.DEPLOYED, stacks=context.cdk.stacks())
    context.wait_until_idle()


def _write_captures(account: Account, days: list[Window]) -> None:
    """Write one captured file a day."""
    rows = bookings.bookings(days[0].start, DAYS, rise=bookings.RISE_PER_DAY)
    files = CapturedFiles(account, VERSION)
    for number in range(DAYS):
        first = number * bookings.RECORDS_PER_DAY
        requests = [
            *bookings.captured_requests(rows.iloc[first : first + bookings.RECORDS_PER_DAY])
        ]
        list(files.write([line for _, line in requests], [time for time, _ in requests]))


def _analyze(context: ScenarioContext, account: Account, days: list[Window]) -> None:
    context.terminal.show_progress(f"analyses of {len(days)} days")
    for day in days:
        scheduled = format_time(day.end + timedelta(minutes=20))
        account.invoke_async("start_analysis", {"model": MODEL, "scheduled_time": scheduled})
    context.wait_until_idle()


def _expect_stable_days(context: ScenarioContext, account: Account) -> None:
    items = account.query_ledger(WindowItem, VERSION)
    verdicts = [item.verdict for item in items]
    context.expect(
        f"each of the {DAYS} days is stable",
        verdicts == [WindowVerdict.STABLE] * DAYS,
        verdicts,
    )
    report = account.read_report(account.bucket("analysis"), items[-1].report_key)
    found, least = report.drift_from_training, report.policy.min_drift_from_training
    sizes = {} if found is None else found.columns
    shown = {name: round(column.persistent_effect_size, 2) for name, column in sizes.items()}
    far = [name for name, size in shown.items() if least is not None and size >= least]
    context.expect("the demand alone is far from the training data", far == ["demand"], shown)


def _expect_the_gate_alone(
    context: ScenarioContext, account: Account, start: int, mails: int
) -> None:
    alarms = [alarm for alarm in context.raised_alarms(since=start) if MODEL in alarm]
    expected = [account.names.alarm(MODEL, "drift-from-training")]
    context.expect("drift-from-training is the one alarm in ALARM", alarms == expected, alarms)
    decisions = account.query_ledger(DecisionItem)
    reasons = [decision.reason for decision in decisions]
    context.expect(
        "the gate is invoked once, and refuses, since the model is paused",
        reasons == [RefusalReason.PAUSED],
        reasons,
    )
    subjects = [subject for subject in context.mails(since=mails) if MODEL in subject]
    others = [subject for subject in subjects if not subject.startswith("OK: ")]
    gate = f"driftloop: retraining of {MODEL} refused ({RefusalReason.PAUSED})"
    context.expect("the one mail is the gate's", others == [gate], others)
