from rehearsal.scenario.timeline import TimelineReader
from rehearsal.timeline_events import TimelineEvent

NOW = "2027-01-04T10:00:00+00:00"


def event(detail_type, detail, time=NOW):
    return {"detail-type": detail_type, "detail": detail, "time": time, "ingestion_time": NOW}


def alarm(previous, current, timestamp="t1"):
    return event(
        "CloudWatch Alarm State Change",
        {
            "alarmName": "a",
            "previousState": {"value": previous},
            "state": {"value": current, "reason": "r", "timestamp": timestamp},
        },
    )


def package(status, arn="…/2"):
    return event(
        "SageMaker Model Package State Change",
        {
            "ModelPackageArn": arn,
            "ModelPackageVersion": 2,
            "ModelPackageGroupName": "flights",
            "ModelApprovalStatus": status,
        },
    )


def read(*events):
    reader = TimelineReader()
    return [(entry.event, entry.detail) for item in events for entry in reader.read(item)]


def test_an_alarm_that_gets_its_first_data_and_is_ok_gives_no_entry():
    assert read(alarm("INSUFFICIENT_DATA", "OK")) == []


def test_an_alarm_gives_an_entry_when_it_changes_to_alarm_and_to_ok():
    entries = read(alarm("OK", "ALARM", "t1"), alarm("ALARM", "OK", "t2"))
    assert [detail["state"] for _, detail in entries] == ["ALARM", "OK"]


def test_a_version_is_registered_once_and_then_approved():
    entries = read(package("PendingManualApproval"), package("Approved"), package("Approved"))
    assert [(name, detail["model_approval_status"]) for name, detail in entries] == [
        (TimelineEvent.MODEL_REGISTERED, "PendingManualApproval"),
        (TimelineEvent.MODEL_APPROVED, "Approved"),
    ]


def test_only_an_execution_that_has_ended_gives_an_entry():
    execution = {"pipelineArn": "…", "pipelineExecutionArn": "…/execution/x1"}
    executing = {**execution, "currentPipelineExecutionStatus": "Executing"}
    failed = {**execution, "currentPipelineExecutionStatus": "Failed"}
    name = "SageMaker Model Building Pipeline Execution Status Change"
    assert read(event(name, executing), event(name, failed)) == [
        (TimelineEvent.PIPELINE_ENDED, {"status": "Failed", "execution": "x1"})
    ]


def test_an_event_of_another_kind_gives_no_entry():
    assert read(event("Parameter Store Change", {})) == []


def test_an_entry_has_the_time_at_which_its_event_was_received():
    """The analysis of an old window has the time for which it was scheduled."""
    change = alarm("OK", "ALARM") | {"time": "2026-12-05T00:20:00+00:00"}
    [entry] = TimelineReader().read(change)
    assert entry.time == NOW
