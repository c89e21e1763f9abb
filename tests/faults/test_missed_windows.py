"""Windows that no analysis has planned are started by reconcile: each once, or given up aloud."""

import json
from datetime import timedelta

import boto3
import pytest
from botocore.exceptions import ClientError

from driftloop.contract.ledger_items import (
    AnalysisProgressItem,
    DayItem,
    GivenUpWindow,
    VersionItem,
    WindowCountItem,
    WindowItem,
)
from driftloop.window import HOUR, Window, format_time
from lambdas.aws.ledger import Delete, Ledger, Put
from lambdas.start_analysis.handler import handle as start_analysis
from lambdas.start_analysis.missed_windows import MAX_STARTS
from tests.lambdas.analysis import analyze, read, report_of, work
from tests.lambdas.captures import records, write_baseline, write_capture
from tests.lambdas.fakes import STATE_MACHINE, StateMachine
from tests.lambdas.items import champion_item, day_item, time, version_item
from tests.lambdas.releases import metric_values


def window(hour, hours=1, day=10):
    start = time(f"2026-03-{day:02d}T{hour:02d}:00:00Z")
    return Window(start, start + hours * HOUR)


def planned(ledger, *windows):
    """These windows have a plan."""
    items = [
        WindowCountItem(label=one.label, window=one, planned={"0": "digest"}) for one in windows
    ]
    ledger.write(*map(Put, items))


def serve(ledger, since, until=None):
    """Version 1 is the champion, began to serve at this time, and had a verdict yesterday."""
    version = version_item(
        baseline_uri=write_baseline(),
        serving_from=time(since),
        serving_until=until and time(until),
    )
    verdict = day_item("2026-03-09T00:00:00Z", "stable")
    ledger.write(Put(champion_item(promoted_at=time(since))), Put(version), Put(verdict))


def check(aws, at="2026-03-10T12:40:00Z", model="late"):
    """What reconcile invokes."""
    return start_analysis({"source": "driftloop.reconcile", "model": model, "as_of": at}, None, aws)


@pytest.fixture
def machine(aws):
    machine = StateMachine()
    aws._clients["stepfunctions"] = machine
    aws._environ["ANALYSIS_STATE_MACHINE_ARN"] = STATE_MACHINE
    return machine


@pytest.fixture
def serving_since_8(ledger):
    serve(ledger, "2026-03-10T08:10:00Z")


pytestmark = pytest.mark.usefixtures("serving_since_8")


def check_without_ledger(aws, monkeypatch):
    """A check whose writes to the ledger fail."""

    def fails(*_):
        raise RuntimeError("the ledger does not answer")

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "write", fails)
        with pytest.raises(RuntimeError, match="does not answer"):
            check(aws)


def test_windows_whose_schedule_was_lost_are_started_oldest_first_as_the_schedule_would(
    aws, ledger, machine
):
    planned(ledger, window(8), window(10))
    assert check(aws) == {"started": ["20260310T09", "20260310T11"], "given_up": []}
    assert list(machine.started) == ["late-20260310T09-r0", "late-20260310T11-r0"]
    assert machine.started["late-20260310T11-r0"] == {
        "model": "late",
        "window": {"start": "2026-03-10T11:00:00Z", "end": "2026-03-10T12:00:00Z"},
        "revision": 0,
        "as_of": "2026-03-10T12:20:00Z",
    }


def test_a_window_is_not_missed_before_its_analysis_is_due(aws, ledger, machine):
    planned(ledger, *(window(hour) for hour in range(8, 12)))
    assert check(aws, "2026-03-10T13:19:59Z")["started"] == []
    assert check(aws, "2026-03-10T13:20:00Z")["started"] == ["20260310T12"]


@pytest.mark.parametrize("order", [["schedule", "check"], ["check", "schedule"], ["check"] * 3])
def test_a_schedule_and_any_number_of_checks_start_one_execution(aws, ledger, machine, order):
    planned(ledger, window(8), window(9), window(10))
    for what in order:
        if what == "check":
            check(aws)
        else:
            event = {"model": "late", "scheduled_time": "2026-03-10T12:20:00Z"}
            start_analysis(event, None, aws)
    assert list(machine.started) == ["late-20260310T11-r0"]


def test_a_running_execution_is_left_alone_whatever_its_input(aws, ledger, machine):
    planned(ledger, window(8), window(9), window(10))
    # a person invoked the function with another time of the same hour
    event = {"model": "late", "scheduled_time": "2026-03-10T12:31:00Z"}
    start_analysis(event, None, aws)
    assert check(aws) == {"started": [], "given_up": []}
    assert list(machine.started) == ["late-20260310T11-r0"]


def test_a_throttled_start_is_made_by_the_next_check(aws, ledger, machine):
    planned(ledger, window(8), window(9), window(10))
    machine.throttled = True
    with pytest.raises(ClientError, match="Rate exceeded"):
        check(aws)
    machine.throttled = False
    assert check(aws, "2026-03-10T13:40:00Z")["started"] == ["20260310T11", "20260310T12"]


def test_planned_windows_are_left_to_a_redrive_and_not_read_again(aws, ledger, machine):
    planned(ledger, *(window(hour) for hour in range(8, 12)))
    check(aws)
    assert machine.started == {}
    assert ledger.get(AnalysisProgressItem).checked_until == window(11).end


def test_nothing_is_started_for_a_model_that_was_removed(aws, machine, caplog):
    assert check(aws, model="former_one") == {"started": [], "given_up": []}
    assert machine.started == {}
    assert "driftloop.yaml has no model 'former_one'" in caplog.text


def test_nothing_is_started_while_the_stack_of_the_model_is_deleted(aws, machine, ledger):
    boto3.client("ssm").delete_parameter(Name="/driftloop/test/late/serving")
    assert check(aws) == {"started": [], "given_up": []}
    assert machine.started == {}
    assert ledger.get(AnalysisProgressItem) is None


def test_nothing_is_started_before_the_first_version_serves(aws, machine, ledger):
    ledger.write(Delete(VersionItem, (1,)))
    assert check(aws) == {"started": [], "given_up": []}
    assert machine.started == {}


def test_windows_in_which_no_version_served_are_not_missed(aws, machine, ledger):
    serve(ledger, "2026-03-10T08:10:00Z", "2026-03-10T08:50:00Z")
    version = version_item(2, serving_from=time("2026-03-10T11:30:00Z"))
    ledger.write(Put(version))
    # files of version 1 may be an hour late
    assert check(aws)["started"] == ["20260310T08", "20260310T09", "20260310T11"]


def test_shorter_windows_than_before_are_started_where_no_longer_one_was_planned(
    aws, machine, ledger
):
    """Six hours became one at half past nine: no schedule starts the hours 6 to 9."""
    serve(ledger, "2026-03-10T00:00:00Z")
    planned(ledger, window(0, hours=6), window(10))
    hours = ["20260310T06", "20260310T07", "20260310T08", "20260310T09", "20260310T11"]
    assert check(aws)["started"] == hours


def test_longer_windows_than_before_are_started_without_the_hours_that_were_planned(
    aws, machine, ledger, fleet_of
):
    """One hour became six at half past nine. The name of the window of 6 was the hour's."""
    aws._environ["FLEET_KEY"] = fleet_of(monitoring={"window_hours": 6})
    serve(ledger, "2026-03-10T06:00:00Z")
    planned(ledger, *(window(hour) for hour in (6, 7, 8)))
    assert check(aws, "2026-03-10T11:40:00Z")["started"] == []
    assert check(aws, "2026-03-10T12:40:00Z")["started"] == ["20260310T09"]
    given = machine.started["late-20260310T09-r0"]
    assert given["window"] == {"start": "2026-03-10T09:00:00Z", "end": "2026-03-10T12:00:00Z"}


def test_a_bounded_number_is_started_at_a_time_and_the_rest_by_later_checks(aws, machine, ledger):
    serve(ledger, "2026-03-08T00:00:00Z")
    first = time("2026-03-08T00:00:00Z")
    windows = [Window(first + HOUR * n, first + HOUR * (n + 1)) for n in range(66)]
    by_label = {one.label: one for one in windows}
    started = []
    for hour in range(12, 19):
        found = check(aws, f"2026-03-10T{hour}:40:00Z")["started"]
        assert len(found) <= MAX_STARTS
        started += found
        planned(ledger, *(by_label[label] for label in found))
    assert started == list(by_label)


def test_windows_that_are_too_old_are_given_up_and_people_are_notified_once(
    aws, machine, ledger, people
):
    serve(ledger, "2026-02-20T00:00:00Z")
    first = check(aws, "2026-03-10T12:40:00Z")
    oldest = time("2026-02-24T12:00:00Z")  # the first hour that ended less than 14 days ago
    assert len(first["given_up"]) == (oldest - time("2026-02-20T00:00:00Z")) // HOUR
    assert first["started"][0] == Window(oldest, oldest + HOUR).label
    again = check(aws, "2026-03-10T12:40:00Z")
    assert again["given_up"] == []
    [(subject, body)] = people.messages
    assert subject == "driftloop: missed windows of late were given up"
    assert "too old: 2026-02-20T00:00:00Z to 2026-02-24T12:00:00Z." in body
    assert '"scheduled_time": "2026-02-20T01:20:00Z", "revision": 3' in body
    [given_up] = ledger.get(AnalysisProgressItem).given_up
    assert given_up == GivenUpWindow(
        window=Window(time("2026-02-20T00:00:00Z"), oldest),
        reason="expired",
        given_up_at=time("2026-03-10T12:40:00Z"),
    )


@pytest.fixture
def keep_captures(aws, fleet_of):
    """Sets ``retention.capture_days``."""

    def keep(days, **settings):
        key = fleet_of(**settings)
        fleet = json.loads(read(key, bucket="fleet"))
        fleet["config"]["retention"]["capture_days"] = days
        aws._environ["FLEET_KEY"] = f"{days}-days-{key}"
        boto3.client("s3").put_object(
            Bucket="fleet", Key=aws.setting("FLEET_KEY"), Body=json.dumps(fleet)
        )

    return keep


def check_hourly(aws, since, until):
    """What the hourly checks give up."""
    at, end = time(since), time(until)
    given_up = []
    while at <= end:
        given_up += check(aws, format_time(at))["given_up"]
        at += HOUR
    return given_up


def test_windows_whose_captured_files_have_expired_are_given_up(
    aws, machine, ledger, people, keep_captures
):
    keep_captures(2)
    serve(ledger, "2026-03-07T00:00:00Z")
    assert check(aws)["started"][0] == "20260308T12"
    assert len(people.messages) == 1


def test_each_window_is_given_up_once_if_captures_are_kept_for_a_day_only(
    aws, machine, ledger, people, keep_captures
):
    keep_captures(1)
    serve(ledger, "2026-03-08T00:00:00Z")
    given_up = check_hourly(aws, "2026-03-10T12:40:00Z", "2026-03-13T12:40:00Z")
    begun = time("2026-03-08T00:00:00Z")
    hours = (time("2026-03-12T12:00:00Z") - begun) // HOUR
    windows = [Window(begun + HOUR * n, begun + HOUR * (n + 1)) for n in range(hours)]
    assert given_up == [one.label for one in windows]


def test_people_are_notified_once_a_day_of_the_windows_that_were_given_up_since(
    aws, machine, ledger, people, keep_captures
):
    keep_captures(1)
    serve(ledger, "2026-03-10T00:00:00Z")
    check_hourly(aws, "2026-03-10T12:40:00Z", "2026-03-13T03:40:00Z")
    # the first hour is too old at 01:40 on the 11th
    bodies = [body for _, body in people.messages]
    assert len(bodies) == 3
    assert "too old: 2026-03-10T00:00:00Z to 2026-03-10T01:00:00Z." in bodies[0]
    assert "too old: 2026-03-10T01:00:00Z to 2026-03-11T01:00:00Z." in bodies[1]
    assert "too old: 2026-03-11T01:00:00Z to 2026-03-12T01:00:00Z." in bodies[2]
    assert '"scheduled_time": "2026-03-11T02:20:00Z", "revision": 3' in bodies[2]
    waiting = [one.window for one in ledger.get(AnalysisProgressItem).given_up if not one.notified]
    assert waiting == [window(1, day=12), window(2, day=12)]


def test_a_window_that_was_given_up_before_a_quiet_day_is_in_a_notification_too(
    aws, machine, ledger, people, keep_captures
):
    keep_captures(1)
    serve(ledger, "2026-03-08T00:00:00Z")
    late, failed = window(5), window(7)
    waiting = [
        GivenUpWindow(
            window=late,
            reason="expired",
            given_up_at=time("2026-03-10T12:40:00Z"),
            notified=False,
        ),
        GivenUpWindow(
            window=failed,
            reason="failed",
            given_up_at=time("2026-03-10T12:40:00Z"),
            notified=False,
        ),
    ]
    ledger.write(
        Put(
            AnalysisProgressItem(
                checked_until=time("2026-03-10T12:00:00Z"),
                given_up=tuple(waiting),
                notified_at=time("2026-03-10T11:40:00Z"),
            )
        )
    )
    start = time("2026-03-08T00:00:00Z")
    windows = [Window(start + HOUR * n, start + HOUR * (n + 1)) for n in range(84)]
    rest = [one for one in windows if one not in (late, failed)]
    planned(ledger, *rest[:50])
    planned(ledger, *rest[50:])
    assert check_hourly(aws, "2026-03-11T10:40:00Z", "2026-03-11T12:40:00Z") == []
    [(_, body)] = people.messages
    assert "too old: 2026-03-10T05:00:00Z to 2026-03-10T06:00:00Z; " in body
    assert "; failed: 2026-03-10T07:00:00Z to 2026-03-10T08:00:00Z." in body


def test_a_notification_that_was_not_recorded_is_repeated_with_its_id(
    aws, machine, ledger, people, monkeypatch
):
    serve(ledger, "2026-02-20T00:00:00Z")
    check_without_ledger(aws, monkeypatch)
    check(aws)
    check(aws)
    first, second = people.messages
    assert first == second


def test_the_metric_of_the_alarm_counts_the_windows_that_each_check_gives_up(
    aws, machine, ledger, keep_captures
):
    keep_captures(1)
    serve(ledger, "2026-03-09T10:00:00Z")
    check(aws, "2026-03-10T12:40:00Z")
    check(aws, "2026-03-10T12:40:00Z")
    check(aws, "2026-03-10T13:40:00Z")
    assert metric_values("WindowsGivenUp") == [2, 1]


def test_the_metric_is_published_again_if_the_check_that_gave_windows_up_was_not_recorded(
    aws, machine, ledger, monkeypatch
):
    serve(ledger, "2026-02-24T10:00:00Z")
    check_without_ledger(aws, monkeypatch)
    check(aws)
    assert metric_values("WindowsGivenUp") == [2, 2]


def test_a_daily_window_is_started_though_captures_are_kept_for_a_day_only(
    aws, machine, ledger, people, keep_captures
):
    keep_captures(1, monitoring={"window_hours": 24})
    serve(ledger, "2026-03-08T00:00:00Z")
    for day in (9, 10, 11):
        at = f"2026-03-{day:02d}T00:40:00Z"
        started = check(aws, at)["started"]
        assert started[-1] == f"202603{day - 1:02d}T00"
    assert list(machine.started) == [f"late-202603{day:02d}T00-r0" for day in (8, 9, 10)]


def test_a_person_can_analyze_a_window_that_was_given_up(aws, machine, ledger, people):
    serve(ledger, "2026-02-20T00:00:00Z")
    check(aws)
    event = {"model": "late", "scheduled_time": "2026-02-20T01:20:00Z", "revision": 3}
    assert start_analysis(event, None, aws)["started"]


def fail(machine, name, at):
    machine.end(name, "FAILED", at=at)


def test_a_window_whose_executions_fail_before_the_plan_is_started_three_times_then_given_up(
    aws, machine, ledger, people
):
    planned(ledger, window(8), window(9), window(10))
    others = [window(hour) for hour in range(12, 24)] + [window(h, day=11) for h in range(24)]
    planned(ledger, *others)
    started: dict[str, str] = {}
    now = time("2026-03-10T12:40:00Z")
    while now < time("2026-03-11T12:00:00Z"):
        for label in check(aws, format_time(now))["started"]:
            name = f"late-{label}-r{len(started)}"
            started[name] = format_time(now)
            fail(machine, name, at=format_time(now + timedelta(minutes=1)))
        now += HOUR
    # from the end of the last one: two hours, then twelve
    assert started == {
        "late-20260310T11-r0": "2026-03-10T12:40:00Z",
        "late-20260310T11-r1": "2026-03-10T15:40:00Z",
        "late-20260310T11-r2": "2026-03-11T04:40:00Z",
    }
    [(_, body)] = people.messages
    assert "2026-03-10T11:00:00Z to 2026-03-10T12:00:00Z" in body
    assert "3 executions" in body
    progress = ledger.get(AnalysisProgressItem)
    assert [(one.window, one.reason) for one in progress.given_up] == [(window(11), "failed")]
    assert metric_values("WindowsGivenUp") == [1]
    assert progress.checked_until == time("2026-03-11T11:00:00Z")


def test_while_executions_fail_one_other_window_is_started_at_a_time(aws, machine, ledger):
    serve(ledger, "2026-03-09T00:00:00Z")
    for label in check(aws)["started"]:
        fail(machine, f"late-{label}-r0", at="2026-03-10T12:41:00Z")
    assert len(machine.started) == MAX_STARTS
    assert len(check(aws, "2026-03-10T13:40:00Z")["started"]) == 1


def test_a_redriven_execution_is_left_alone(aws, machine, ledger):
    planned(ledger, window(8), window(9), window(10))
    check(aws)
    fail(machine, "late-20260310T11-r0", at="2026-03-10T12:41:00Z")
    del machine.ended["late-20260310T11-r0"]  # Step Functions: its status is RUNNING again
    check(aws, "2026-03-10T13:40:00Z")
    assert list(machine.started) == ["late-20260310T11-r0", "late-20260310T12-r0"]


def test_a_window_that_is_planned_at_last_is_not_given_up(aws, machine, ledger, people):
    planned(ledger, window(8), window(9), window(10), window(12), window(13), window(14))
    check(aws)
    fail(machine, "late-20260310T11-r0", at="2026-03-10T12:41:00Z")
    assert check(aws, "2026-03-10T15:40:00Z")["started"] == ["20260310T11"]
    planned(ledger, window(11))
    assert check(aws, "2026-03-10T15:45:00Z") == {"started": [], "given_up": []}
    assert people.messages == []


def test_a_missed_window_counts_its_records_once_and_the_day_includes_it(aws, machine, ledger):
    serve(ledger, "2026-03-10T20:00:00Z")
    for hour in range(20, 24):
        at = f"2026-03-10T{hour}"
        write_capture(at, records(at, count=20, seed=hour))
    for hour in (20, 22):
        analyze(aws, hour=hour)
    assert check(aws, "2026-03-10T23:40:00Z")["started"] == ["20260310T21"]
    assert machine.started["late-20260310T21-r0"] == work(21)
    for hour in (21, 23):
        analyze(aws, hour=hour)
    day = report_of("20260310")
    assert (day.windows.missing, day.counts.records) == ((), 4 * 20)
    assert check(aws, "2026-03-11T00:40:00Z") == {"started": [], "given_up": []}


def overtaken_by(ledger, item):
    """Another check has changed the item since it was read."""
    newer = AnalysisProgressItem(
        checked_until=item.checked_until + 5 * HOUR,
        given_up=item.given_up,
        sequence=item.sequence + 1,
    )
    ledger.write(Put(newer))


def test_a_check_does_not_undo_the_progress_of_another_one(aws, machine, ledger, monkeypatch):
    check(aws)
    before = ledger.get(AnalysisProgressItem)
    get = Ledger.get

    def get_and_be_overtaken(self, item_type, *key):
        item = get(self, item_type, *key)
        if item_type is AnalysisProgressItem:
            overtaken_by(ledger, item)
        return item

    planned(ledger, window(8))
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "get", get_and_be_overtaken)
        check(aws, "2026-03-10T14:40:00Z")
    after = ledger.get(AnalysisProgressItem)
    assert after.checked_until == before.checked_until + 5 * HOUR


def test_windows_that_were_checked_before_are_not_read_again(aws, machine, ledger, monkeypatch):
    """One query of some days, however long the model has been served."""
    serve(ledger, "2025-03-10T00:00:00Z")
    newest = time("2026-03-10T12:00:00Z")
    windows = [Window(newest - HOUR * (n + 1), newest - HOUR * n) for n in range(200)]
    planned(ledger, *windows[:100])
    planned(ledger, *windows[100:])
    ledger.write(Put(AnalysisProgressItem(checked_until=time("2026-03-10T11:00:00Z"))))
    found = []
    query = Ledger.query

    def recorded(self, item_type, *key, **bounds):
        items = query(self, item_type, *key, **bounds)
        found.append((item_type, len(items)))
        return items

    monkeypatch.setattr(Ledger, "query", recorded)
    assert check(aws) == {"started": [], "given_up": []}
    assert found[:2] == [(VersionItem, 1), (WindowCountItem, 3 * 24)]
    verdicts = [(WindowItem, 0), (DayItem, 1)]
    assert found[2:] == verdicts
