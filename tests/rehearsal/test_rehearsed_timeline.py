from rehearsal.scenario.timeline import TimelineReader


def event(detail_type, detail, time="2027-01-04T10:00:00+00:00"):
    return {"detail-type": detail_type, "detail": detail, "time": time}


def alarm(before, after, timestamp="t1"):
    return event(
        "CloudWatch Alarm State Change",
        {
            "alarmName": "a",
            "previousState": {"value": before},
            "state": {"value": after, "reason": "r", "timestamp": timestamp},
        },
    )


def package(approval, arn="…/2"):
    return event(
        "SageMaker Model Package State Change",
        {
            "ModelPackageArn": arn,
            "ModelPackageVersion": 2,
            "ModelPackageGroupName": "flights",
            "ModelApprovalStatus": approval,
        },
    )


def told(*events):
    reader = TimelineReader()
    return [(entry.event, entry.detail) for item in events for entry in reader.read(item)]


def test_an_alarm_that_first_sees_data_and_is_fine_is_no_news():
    assert told(alarm("INSUFFICIENT_DATA", "OK")) == []


def test_an_alarm_that_goes_off_and_recovers_is_told_both_times():
    entries = told(alarm("OK", "ALARM", "t1"), alarm("ALARM", "OK", "t2"))
    assert [detail["state"] for _, detail in entries] == ["ALARM", "OK"]


def test_a_version_is_registered_once_and_then_approved():
    entries = told(package("PendingManualApproval"), package("Approved"), package("Approved"))
    assert [(name, detail["approval"]) for name, detail in entries] == [
        ("model.registered", "PendingManualApproval"),
        ("model.approved", "Approved"),
    ]


def test_a_run_that_still_goes_on_has_not_finished():
    run = {"pipelineExecutionArn": "…/execution/x1"}
    executing = {**run, "currentPipelineExecutionStatus": "Executing"}
    failed = {**run, "currentPipelineExecutionStatus": "Failed"}
    name = "SageMaker Model Building Pipeline Execution Status Change"
    assert told(event(name, executing), event(name, failed)) == [
        ("pipeline.finished", {"status": "Failed", "execution": "x1"})
    ]


def test_events_of_no_interest_are_passed_over():
    assert told(event("Parameter Store Change", {})) == []
