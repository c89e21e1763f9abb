import gzip
import json
import shlex

import boto3
import msgspec
import pytest
from botocore.exceptions import ClientError

from driftloop.contract.events import RetrainingRequested, decode_payload
from driftloop.contract.ledger_items import DecisionItem, ExecutionItem, LeaseItem, ReleaseItem
from lambdas.aws.ledger import Put
from lambdas.gate.handler import handle
from tests.lambdas.fakes import Died
from tests.lambdas.items import champion_item, day_item, time, version_item, window_item

RUN = "arn:aws:sagemaker:eu-central-1:123456789012:pipeline/driftloop-test-late/execution/run-1"


def write_window(ledger, hour, verdict, version=1):
    ledger.write(Put(window_item(hour, verdict, version)))


def label(event_id, data, encoding="CSV"):
    return json.dumps(
        {
            "groundTruthData": {"data": data, "encoding": encoding},
            "eventMetadata": {"eventId": event_id},
            "eventVersion": "0",
        }
    )


def put_labels(*lines, name="a"):
    boto3.client("s3").put_object(
        Bucket="truth", Key=f"late/2026/03/10/08/{name}.jsonl", Body="\n".join(lines).encode()
    )


@pytest.fixture
def ready(aws, ledger):
    """A champion that has drifted, and enough labels that are final."""
    ledger.write(Put(champion_item()), Put(version_item()))
    for hour in (10, 11):
        write_window(ledger, hour, "drifted")
    put_labels(label("e1", "1\n0"), label("e2", "1\n0"), "not json", "")
    return aws


def hour_window(hour):
    return {"start": f"2026-03-10T{hour}:00:00Z", "end": f"2026-03-10T{hour + 1}:00:00Z"}


def decisions(ledger):
    return ledger.query(DecisionItem)


def test_an_alarm_delivered_three_times_starts_one_execution(
    ready, ledger, event, sagemaker, bus, people
):
    responses = [handle(event("alarm"), None, ready) for _ in range(3)]

    assert [a["decision"] for a in responses] == ["start"] * 3
    assert len(sagemaker.named("start_pipeline_execution")) == 1
    assert len(decisions(ledger)) == 1
    assert [d["reason"] for d in bus.details("Retraining Decided")] == ["drift"]
    assert people.subjects == ["driftloop: retraining of late started (drift)"]


def test_the_parameters_name_champion_and_range_of_final_labels(ready, ledger, event, sagemaker):
    write_window(ledger, 7, "invalid_data")
    handle(event("alarm"), None, ready)

    [call] = sagemaker.named("start_pipeline_execution")
    parameters = {p["Name"]: p["Value"] for p in call["PipelineParameters"]}
    # now is 12:24; labels are final after 2 hours; history reaches back 30 days
    assert parameters["TrainingDataEnd"] == "2026-03-10T10:24:00Z"
    assert parameters["TrainingDataStart"] == "2026-02-08T12:24:00Z"
    assert parameters["ExcludedWindows"] == "2026-03-10T07:00:00Z/2026-03-10T08:00:00Z"
    assert parameters["ChampionVersion"] == "1"
    assert parameters["ChampionModelData"] == "s3://artifacts/v1/model.tar.gz"
    assert parameters["DecisionId"] == decisions(ledger)[0].decision_id
    assert len(call["ClientRequestToken"]) == 64


def test_a_second_request_is_refused_while_an_execution_is_in_progress(
    ready, event, sagemaker, ledger
):
    handle(event("alarm"), None, ready)
    response = handle(event("request"), None, ready)

    assert (response["decision"], response["reason"]) == ("refuse", "execution_in_progress")
    assert len(sagemaker.named("start_pipeline_execution")) == 1
    assert decisions(ledger)[-1].evidence["execution_in_progress"] == RUN


@pytest.mark.parametrize("failure", ["start_pipeline_execution", "after start_pipeline_execution"])
def test_a_retry_completes_a_decision_that_failed_around_the_start(
    ready, event, sagemaker, ledger, bus, failure
):
    sagemaker.dies_at = failure
    with pytest.raises(Died):
        handle(event("alarm"), None, ready)
    handle(event("alarm"), None, ready)

    assert len(sagemaker.runs) == 1
    assert ledger.get(LeaseItem).execution_arn == RUN
    assert len(bus.details("Retraining Decided")) == 1


def test_the_next_request_starts_an_execution_whose_first_attempt_failed(
    ready, event, sagemaker, ledger
):
    sagemaker.dies_at = "start_pipeline_execution"
    with pytest.raises(Died):
        handle(event("alarm"), None, ready)
    response = handle(event("request"), None, ready)

    assert response["reason"] == "execution_in_progress"
    assert len(sagemaker.runs) == 1


def test_sixteen_concurrent_requests_start_one_execution(
    ready, event, sagemaker, ledger, monkeypatch
):
    """The others write after this one has loaded its state: one transaction succeeds."""
    from lambdas.gate import decide as deciding
    from lambdas.gate.state import load_state

    waiting = [event("request", id=f"racer-{n}") for n in range(15)]

    def load_while_others_race(context, as_of):
        state = load_state(context, as_of)
        if waiting:
            handle(waiting.pop(), None, ready)
        return state

    monkeypatch.setattr(deciding, "load_state", load_while_others_race)
    handle(event("request", id="racer-last"), None, ready)

    assert len(sagemaker.runs) == 1
    reasons = sorted(item.reason for item in decisions(ledger))
    assert reasons == ["execution_in_progress"] * 15 + ["manual"]


def test_a_failed_reject_step_is_a_rejected_challenger_and_not_a_failure(
    ready, event, sagemaker, ledger, people
):
    handle(event("alarm"), None, ready)
    steps = [
        {"StepName": "Evaluate", "StepStatus": "Succeeded"},
        {
            "StepName": "RejectChallenger",
            "StepStatus": "Failed",
            "FailureReason": "AUC 0.61 < 0.70",
        },
    ]
    sagemaker.end_run("Failed", steps)
    for _ in range(2):
        handle(event("pipeline"), None, ready)

    run = ledger.get(ExecutionItem, "run-1")
    assert (run.outcome, run.failure_reason) == ("rejected", '"AUC 0.61 < 0.70"')
    assert ledger.get(LeaseItem) is None
    assert people.subjects.count("driftloop: a challenger of late was rejected") == 1
    assert metric_names() == {"ChallengerRejected"}


def test_a_failed_execution_is_notified_once_and_releases_the_lease(
    ready, event, sagemaker, ledger, people
):
    handle(event("alarm"), None, ready)
    steps = [{"StepName": "Train", "StepStatus": "Failed", "FailureReason": "OutOfMemory"}]
    sagemaker.end_run("Failed", steps)
    for _ in range(3):
        handle(event("pipeline"), None, ready)

    assert ledger.get(ExecutionItem, "run-1").outcome == "failed"
    assert ledger.get(LeaseItem) is None
    assert people.subjects.count("driftloop: the retraining of late failed") == 1
    assert metric_names() == {"RetrainingFailed"}


def test_a_registered_challenger_is_notified_once_with_the_case_and_the_commands(
    ready, event, sagemaker, ledger, people
):
    handle(event("alarm"), None, ready)
    arn = sagemaker.register(2)
    summary = "register: AUC 0.70 -> 0.79"
    omitted = "Of 900 records of captured requests these are not used: no_label 400"
    values = {"decision_summary": summary, "omitted_data": omitted}
    outputs = [{"Name": name, "Value": value} for name, value in values.items()]
    described = {"OutputParameters": outputs}
    sagemaker.end_run(
        "Succeeded",
        [
            {
                "StepName": "DescribeChallenger",
                "StepStatus": "Succeeded",
                "Metadata": {"Lambda": described},
            },
            {
                "StepName": "RegisterModel",
                "StepStatus": "Succeeded",
                "Metadata": {"RegisterModel": {"Arn": arn}},
            },
        ],
    )
    for _ in range(3):
        handle(event("pipeline", {"currentPipelineExecutionStatus": "Succeeded"}), None, ready)

    [body] = [text for subject, text in people.messages if "waits for approval" in subject]
    assert "driftloop: version 2 of late waits for approval" in people.subjects
    assert summary in body
    assert omitted in body
    for status in ("Approved", "Rejected"):
        assert f"--model-package-arn {arn} --model-approval-status {status}" in body
    run = ledger.get(ExecutionItem, "run-1")
    assert (run.outcome, run.failure_reason) == ("succeeded", None)


def test_a_lost_event_of_an_ended_execution_does_not_block_the_next_request(
    ready, event, sagemaker, ledger
):
    handle(event("alarm"), None, ready)
    sagemaker.end_run("Succeeded")
    late = event("request", time="2026-03-10T18:00:00Z")
    assert handle(late, None, ready)["decision"] == "start"
    assert ledger.get(ExecutionItem, "run-1").outcome == "succeeded"


def test_an_analysis_requests_a_retraining_only_during_an_alarm(ready, event, ledger):
    assert handle(event("analysis"), None, ready)["decision"] is None
    put_alarm("driftloop-test-late-drift")
    assert handle(event("analysis"), None, ready)["decision"] == "start"
    again = event("analysis", {"window": hour_window(12)})
    assert handle(again, None, ready)["reason"] == "execution_in_progress"
    assert len(decisions(ledger)) == 2


def test_an_analysis_that_an_earlier_version_published_is_decided_once(ready, event, ledger):
    """It has no ``deduplication_id``, and is delivered after a deployment."""
    put_alarm("driftloop-test-late-drift")
    earlier = event("analysis")
    del earlier["detail"]["deduplication_id"]
    assert [handle(earlier, None, ready)["decision"] for _ in range(2)] == ["start", "start"]
    assert len(decisions(ledger)) == 1


def test_an_analysis_of_another_version_than_the_champion_requests_no_retraining(ready, event):
    put_alarm("driftloop-test-late-drift")
    assert handle(event("analysis", {"is_champion": False}), None, ready)["decision"] is None


def test_an_alarm_on_invalid_data_is_refused_and_recorded(ready, event, ledger, sagemaker):
    write_window(ledger, 12, "invalid_data")
    name = "driftloop-test-late-data-quality"
    response = handle(event("alarm", {"alarmName": name}), None, ready)

    assert (response["decision"], response["reason"]) == ("refuse", "invalid_data")
    assert not sagemaker.named("start_pipeline_execution")
    assert decisions(ledger)[0].evidence["invalid_window"] == "20260310T12"


def test_an_alarm_that_does_not_invoke_the_gate_records_no_decision(ready, event, ledger):
    name = "driftloop-test-late-endpoint-latency-p99"
    assert handle(event("alarm", {"alarmName": name}), None, ready) == {"decision": None}
    assert decisions(ledger) == []


def test_too_few_final_labels_refuse_with_their_number(aws, ready, event, ledger):
    early = event("alarm", time="2026-03-10T09:30:00Z")
    response = handle(early, None, ready)

    assert response["reason"] == "insufficient_labels"
    assert decisions(ledger)[0].evidence["mature_labels"] == 0


@pytest.mark.parametrize(
    ("lines", "count"),
    [
        ([label("e1", "New York")], 1),
        ([label("e1", "[1, 0, 1]", "JSON")], 3),
        ([label("e1", "1\n\n0")], 2),
        ([label("e1", "1"), label("e1", "0")], 1),
        ([label("e1", None), "{}", "not json"], 0),
    ],
)
def test_labels_are_counted_as_the_pipeline_reads_them(ready, event, ledger, lines, count):
    put_labels(*lines)
    handle(event("alarm"), None, ready)
    assert decisions(ledger)[0].evidence["mature_labels"] == count


def test_a_label_file_that_is_gzip_is_read_whatever_its_name(ready, event, ledger):
    put_labels()
    boto3.client("s3").put_object(
        Bucket="truth",
        Key="late/2026/03/10/08/b.jsonl",
        Body=gzip.compress(label("e1", "1\n0").encode()),
    )
    handle(event("alarm"), None, ready)
    assert decisions(ledger)[0].evidence["mature_labels"] == 2


def test_a_request_that_is_labeled_twice_counts_once(ready, event, ledger):
    put_labels(label("e1", "1"))
    put_labels(label("e1", "0"), name="b")
    handle(event("alarm"), None, ready)
    assert decisions(ledger)[0].evidence["mature_labels"] == 1


def test_a_challenger_that_waits_for_approval_prevents_the_next_retraining(ready, event, sagemaker):
    sagemaker.register(2)
    assert handle(event("alarm"), None, ready)["reason"] == "pending_approval"


@pytest.mark.parametrize("purpose", ["approval", "rollback"])
def test_a_release_of_a_rejected_version_prevents_a_retraining_until_it_has_ended(
    ready, event, ledger, purpose
):
    since = time("2026-03-10T11:00:00Z")
    release = ReleaseItem(
        version=2,
        purpose=purpose,
        endpoint_config_name="c2",
        previous_endpoint_config_name="c1",
        model_package_arn="arn:package/2",
        baseline_uri="s3://artifacts/baseline",
        model_data_url="s3://artifacts/v2/model.tar.gz",
        serving_settings={},
        serving_settings_digest="digest",
        started_at=since,
        endpoint_modified_at=since,
    )
    ledger.write(Put(release), Put(version_item(2, "rejected", serving_from=since)))
    assert handle(event("request"), None, ready)["reason"] == "pending_approval"
    assert decisions(ledger)[0].message.endswith("version 2 is deploying.")

    settings = msgspec.structs.replace(release, purpose="serving_settings")
    ledger.write(Put(settings))
    assert handle(event("alarm"), None, ready)["decision"] == "start"


def test_the_rollback_of_a_rejected_champion_prevents_a_retraining(ready, event, ledger):
    since, until = time("2026-03-01T00:00:00Z"), time("2026-03-10T11:00:00Z")
    served = version_item(1, "superseded", serving_from=since, serving_until=until)
    champion = champion_item(2, promoted_at=until)
    ledger.write(Put(champion), Put(version_item(2, "rejected", serving_from=until)), Put(served))
    assert handle(event("request"), None, ready)["reason"] == "pending_approval"
    message = "version 2 is rejected, and version 1 replaces it."
    assert decisions(ledger)[0].message.endswith(message)


@pytest.mark.parametrize("obstacle", ["no endpoint", "no version before it"])
def test_a_rejected_champion_that_nothing_replaces_prevents_no_retraining(
    ready, event, ledger, obstacle
):
    """A retraining is the way to another version."""
    since, until = time("2026-03-01T00:00:00Z"), time("2026-03-10T11:00:00Z")
    missing = until if obstacle == "no endpoint" else None
    status = "superseded" if obstacle == "no endpoint" else "model_data_mismatch"
    served = version_item(1, status, serving_from=since, serving_until=until)
    champion = champion_item(2, promoted_at=until, endpoint_missing_since=missing)
    ledger.write(Put(champion), Put(version_item(2, "rejected", serving_from=until)), Put(served))
    assert handle(event("request"), None, ready)["decision"] == "start"


def test_a_drifted_day_is_evidence_though_no_window_of_it_drifted(ready, event, ledger, sagemaker):
    for hour in (10, 11):
        write_window(ledger, hour, "stable")
    assert handle(event("alarm"), None, ready)["reason"] == "no_drift_since_promotion"

    ledger.write(Put(day_item("2026-03-09T00:00:00Z", "drifted")))
    again = event(
        "alarm", detail={"state": {"value": "ALARM", "timestamp": "2026-03-10T12:00:01Z"}}
    )
    assert handle(again, None, ready)["decision"] == "start"
    assert decisions(ledger)[-1].evidence["drifted_days"] == ["20260309"]


def test_drift_from_training_starts_a_retraining_though_nothing_drifted_within_days(
    ready, event, ledger, people
):
    for hour in (10, 11):
        write_window(ledger, hour, "stable")
    name = "driftloop-test-late-drift-from-training"
    before = handle(event("alarm", {"alarmName": name}), None, ready)
    assert before["reason"] == "no_drift_since_promotion"

    ledger.write(Put(day_item("2026-03-09T00:00:00Z", "stable", largest_drift_from_training=0.51)))
    state = {"value": "ALARM", "timestamp": "2026-03-10T12:00:01Z"}
    again = event("alarm", detail={"alarmName": name, "state": state})
    assert handle(again, None, ready)["decision"] == "start"
    decision = decisions(ledger)[-1]
    assert decision.reason == "drift_from_training"
    assert decision.evidence["days_far_from_training"] == ["20260309"]
    assert people.subjects[-1] == "driftloop: retraining of late started (drift_from_training)"


def test_drift_from_training_invokes_the_gate_with_the_analysis_that_completes_a_day(
    ready, event, ledger
):
    ledger.write(Put(day_item("2026-03-09T00:00:00Z", "stable", largest_drift_from_training=0.9)))
    put_alarm("driftloop-test-late-drift-from-training")
    assert handle(event("analysis"), None, ready)["decision"] is None

    daily = {
        "window": {"start": "2026-03-09T00:00:00Z", "end": "2026-03-10T00:00:00Z"},
        "verdict": "stable",
        "drifted_features": [],
        "report": "reports/late/v1/20260309/r0/report.json",
    }
    found = handle(event("analysis", {"daily": daily}), None, ready)
    assert (found["decision"], found["reason"]) == ("start", "drift_from_training")


def test_the_message_of_a_decision_names_columns_with_persistent_drift(ready, event, ledger):
    put_alarm("driftloop-test-late-drift")
    handle(event("analysis", detail={"persistent_columns": list("abcde")}), None, ready)
    assert (
        decisions(ledger)[-1]
        .evidence["request"]
        .endswith("a, b, c and 2 more drifted in several windows.")
    )


def test_a_paused_model_refuses_with_paused(ready, event, fleet_of):
    ready._environ["FLEET_KEY"] = fleet_of(paused=True)
    assert handle(event("alarm"), None, ready)["reason"] == "paused"


def test_the_schedule_starts_the_initial_training_of_a_model_without_versions(
    aws, sagemaker, ledger
):
    tick = {
        "source": "driftloop.schedule",
        "model": "late",
        "scheduled_time": "2026-03-10T09:00:00Z",
    }
    responses = [handle(tick, None, aws) for _ in range(2)]

    assert [a["reason"] for a in responses] == ["initial_training", "initial_training"]
    [call] = sagemaker.named("start_pipeline_execution")
    parameters = {p["Name"]: p["Value"] for p in call["PipelineParameters"]}
    assert parameters["ChampionVersion"] == "none"
    assert (parameters["TrainingDataStart"], parameters["TrainingDataEnd"]) == ("none", "none")


def test_the_schedule_requests_no_training_while_the_first_version_waits(aws, sagemaker, ledger):
    sagemaker.register(1)
    tick = {
        "source": "driftloop.schedule",
        "model": "late",
        "scheduled_time": "2026-03-10T09:00:00Z",
    }
    assert handle(tick, None, aws)["decision"] is None
    assert decisions(ledger) == []


def test_the_schedule_ignores_a_model_whose_stack_is_not_deployed(aws, sagemaker, ledger):
    sagemaker.deployed = False
    tick = {
        "source": "driftloop.schedule",
        "model": "late",
        "scheduled_time": "2026-03-10T09:00:00Z",
    }
    assert handle(tick, None, aws)["decision"] is None
    assert not sagemaker.named("start_pipeline_execution")


@pytest.mark.parametrize("state", ["no version", "schedule is due"])
def test_the_schedule_ignores_a_model_whose_stack_was_deleted(
    aws, sagemaker, ledger, fleet_of, people, state
):
    """The model package group and the ledger are retained."""
    aws._environ["FLEET_KEY"] = fleet_of(retraining={"schedule_interval_days": 7})
    if state == "schedule is due":
        ledger.write(Put(champion_item()), Put(version_item()))
    boto3.client("ssm").delete_parameter(Name="/driftloop/test/late/serving")
    assert handle(schedule("2026-03-10T09:00:00Z"), None, aws)["decision"] is None
    assert decisions(ledger) == []
    assert people.messages == []


def test_the_schedule_records_no_decision_if_nothing_is_due(ready, ledger):
    tick = {
        "source": "driftloop.schedule",
        "model": "late",
        "scheduled_time": "2026-03-10T09:00:00Z",
    }
    assert handle(tick, None, ready)["decision"] is None
    assert decisions(ledger) == []


def test_a_request_for_an_unknown_model_is_refused_and_names_the_known_ones(
    aws, event, people, sagemaker
):
    refused = handle(event("request", {"model": "lat"}), None, aws)
    assert refused == {"model": "lat", "decision": None}
    [(subject, message)] = people.messages
    assert subject == "driftloop: a retraining was requested for an unknown model"
    assert "no model 'lat'; it has late" in message
    assert sagemaker.calls == []


@pytest.mark.parametrize("name", ["analysis", "request"])
def test_an_event_of_another_environment_is_refused_without_an_error(
    ready, event, name, ledger, caplog
):
    other = handle(event(name, {"environment": "stage"}), None, ready)
    assert other == {"decision": None}
    unmarked = event(name)
    del unmarked["detail"]["environment"]
    assert handle(unmarked, None, ready) == {"decision": None}
    assert decisions(ledger) == []
    given, missing = caplog.messages
    assert "'stage' in its detail, and this is the environment 'test'" in given
    assert "no environment in its detail" in missing
    assert 'Send the event again with "environment": "test"' in missing


def test_an_event_of_a_model_that_was_removed_is_logged_with_the_command(
    aws, event, people, caplog
):
    removed = {
        "source": "driftloop.schedule",
        "model": "former",
        "scheduled_time": "2026-03-10T09:00:00Z",
    }
    for one in (removed, event("analysis", {"model": "former"})):
        assert handle(one, None, aws)["decision"] is None
    assert people.messages == []
    for message in caplog.messages:
        assert "delete-stack --stack-name driftloop-test-model-former" in message
    assert len(caplog.messages) == 2


def test_the_notified_command_requests_a_retraining_in_this_environment(ready, event, people):
    put_alarm("driftloop-test-late-drift")
    handle(event("alarm"), None, ready)
    handle(event("pipeline"), None, ready)
    command = people.messages[-1][1].partition("aws events")[2]
    entries = shlex.split(f"aws events{command}")[4]
    [entry] = json.loads(entries)
    assert (entry["Source"], entry["DetailType"]) == ("driftloop", "Retraining Requested")
    detail = decode_payload(RetrainingRequested, json.loads(entry["Detail"]))
    assert (detail.environment, detail.model) == ("test", "late")


def test_repeated_refusals_for_the_same_reason_are_notified_once(ready, event, people):
    put_alarm("driftloop-test-late-drift")
    handle(event("alarm"), None, ready)
    for hour in (12, 13, 14):
        window = {"window": hour_window(hour)}
        handle(event("analysis", window, time=f"2026-03-10T{hour + 1}:21:00Z"), None, ready)
    assert people.subjects == [
        "driftloop: retraining of late started (drift)",
        "driftloop: retraining of late refused (execution_in_progress)",
    ]


def schedule(at):
    return {"source": "driftloop.schedule", "model": "late", "scheduled_time": at}


def test_refusals_of_requests_that_alternate_are_notified_once_each(
    ready, event, people, ledger, fleet_of
):
    """The data-quality alarm invokes the gate with each window, and a schedule is due each hour."""
    ready._environ["FLEET_KEY"] = fleet_of(
        retraining={"schedule_interval_days": 7, "min_labels": 50, "label_delay_hours": 2}
    )
    put_alarm("driftloop-test-late-data-quality")
    for hour in range(12, 17):
        window = {"window": hour_window(hour)}
        handle(event("analysis", window, time=f"2026-03-10T{hour + 1}:21:00Z"), None, ready)
        handle(schedule(f"2026-03-10T{hour + 1}:40:00Z"), None, ready)
    assert len(decisions(ledger)) == 10
    assert people.subjects == [
        "driftloop: retraining of late refused (invalid_data)",
        "driftloop: retraining of late refused (insufficient_labels)",
    ]


def test_a_refusal_after_a_week_or_after_a_start_is_notified_again(ready, event, people, fleet_of):
    def refused_while_paused(at):
        ready._environ["FLEET_KEY"] = fleet_of(paused=True)
        handle(event("alarm", time=at, detail=alarm_state(at)), None, ready)

    for at in ("2026-03-10T12:30:00Z", "2026-03-17T12:29:00Z", "2026-03-24T12:30:00Z"):
        refused_while_paused(at)
    assert people.subjects == ["driftloop: retraining of late refused (paused)"] * 2
    ready._environ["FLEET_KEY"] = fleet_of()
    handle(event("request", time="2026-03-24T12:40:00Z"), None, ready)
    refused_while_paused("2026-03-24T12:50:00Z")
    assert people.subjects[2:] == [
        "driftloop: retraining of late started (manual)",
        "driftloop: retraining of late refused (paused)",
    ]


def test_a_persons_request_is_answered_though_another_one_was_refused_for_the_same_reason(
    ready, event, people, fleet_of
):
    ready._environ["FLEET_KEY"] = fleet_of(paused=True)
    handle(event("alarm"), None, ready)
    for name in ("first", "second"):
        handle(event("request", id=name, time="2026-03-10T13:00:00Z"), None, ready)
    assert people.subjects == ["driftloop: retraining of late refused (paused)"] * 2


def alarm_state(at):
    return {"state": {"value": "ALARM", "reason": "above 0", "timestamp": at}}


def put_alarm(name):
    client = boto3.client("cloudwatch")
    client.put_metric_alarm(
        AlarmName=name,
        MetricName="DriftDetected",
        Namespace="driftloop",
        Period=3600,
        EvaluationPeriods=1,
        Threshold=1,
        Statistic="Maximum",
        ComparisonOperator="GreaterThanOrEqualToThreshold",
    )
    client.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="test")


def metric_names():
    found = boto3.client("cloudwatch").list_metrics(Namespace="driftloop")["Metrics"]
    return {metric["MetricName"] for metric in found}


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"Reason": ""}, "is too short"),
        ({"Lookback": "2026-03-01"}, "Unknown parameter 'Lookback'"),
    ],
)
def test_the_fake_refuses_parameters_that_the_service_refuses(sagemaker, parameters, message):
    given = [{"Name": name, "Value": value} for name, value in parameters.items()]
    with pytest.raises(ClientError, match=message):
        sagemaker.start_pipeline_execution(
            PipelineName="p", ClientRequestToken="t" * 32, PipelineParameters=given
        )
