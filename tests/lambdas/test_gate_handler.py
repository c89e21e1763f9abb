import json

import boto3
import pytest
from fakes import Died

from driftloop.errors import InputError
from driftloop.window import Window, parse_time
from lambdas.aws.ledger import Put
from lambdas.gate.handler import handle

RUN = "arn:aws:sagemaker:eu-central-1:123456789012:pipeline/driftloop-test-late/execution/run-1"


def write_window(ledger, hour, verdict, version=1):
    window = Window(
        parse_time(f"2026-03-10T{hour:02d}:00:00Z"), parse_time(f"2026-03-10T{hour + 1:02d}:00:00Z")
    )
    item = {
        "version": version,
        "label": window.label,
        "window": window.to_dict(),
        "verdict": verdict,
        "prediction_drifted": False,
        "revision": 0,
    }
    ledger.write(Put(f"WINDOW#{version:05d}#{window.label}", item))


@pytest.fixture
def ready(aws, ledger):
    """A champion that has drifted, and enough labels that are final."""
    ledger.write(
        Put(
            "CHAMPION",
            {
                "version": 1,
                "since": "2026-03-01T00:00:00Z",
                "model_data": "s3://artifacts/v1/model.tar.gz",
                "endpoint_config": "c1",
            },
        ),
        Put("VERSION#00001", {"version": 1, "status": "promoted"}),
    )
    for hour in (10, 11):
        write_window(ledger, hour, "drifted")
    label = {
        "groundTruthData": {"data": "1\n0", "encoding": "CSV"},
        "eventMetadata": {"eventId": "e"},
        "eventVersion": "0",
    }
    body = "\n".join([json.dumps(label), json.dumps(label), "not json", ""])
    boto3.client("s3").put_object(
        Bucket="truth", Key="late/2026/03/10/08/a.jsonl", Body=body.encode()
    )
    return aws


def decisions(ledger):
    return ledger.query_prefix("DECISION#")


def test_an_alarm_delivered_three_times_starts_one_run_and_leaves_one_decision(
    ready, ledger, event, sagemaker, bus, people
):
    answers = [handle(event("alarm"), None, ready) for _ in range(3)]

    assert [a["decision"] for a in answers] == ["start"] * 3
    assert len(sagemaker.named("start_pipeline_execution")) == 1
    assert len(decisions(ledger)) == 1
    assert [d["reason"] for d in bus.details("Retraining Decided")] == ["drift"]
    assert people.subjects == ["driftloop: late is retrained (drift)"]


def test_the_run_is_told_reason_champion_and_the_range_of_final_labels(
    ready, ledger, event, sagemaker
):
    write_window(ledger, 7, "invalid_data")
    handle(event("alarm"), None, ready)

    [call] = sagemaker.named("start_pipeline_execution")
    told = {p["Name"]: p["Value"] for p in call["PipelineParameters"]}
    # now is 12:24; labels are final after 2 hours; history reaches back 30 days
    assert told["TrainingDataEnd"] == "2026-03-10T10:24:00Z"
    assert told["TrainingDataStart"] == "2026-02-08T12:24:00Z"
    assert told["ExcludedWindows"] == "2026-03-10T07:00:00Z/2026-03-10T08:00:00Z"
    assert told["ChampionVersion"] == "1"
    assert told["ChampionModelData"] == "s3://artifacts/v1/model.tar.gz"
    assert told["DecisionId"] == decisions(ledger)[0]["decision_id"]
    assert len(call["ClientRequestToken"]) == 64


def test_a_second_cause_is_refused_while_a_run_is_in_flight(ready, event, sagemaker, ledger):
    handle(event("alarm"), None, ready)
    answer = handle(event("request"), None, ready)

    assert (answer["decision"], answer["reason"]) == ("refuse", "execution_in_progress")
    assert len(sagemaker.named("start_pipeline_execution")) == 1
    assert decisions(ledger)[-1]["evidence"]["execution_in_progress"] == RUN


@pytest.mark.parametrize("moment", ["start_pipeline_execution", "after start_pipeline_execution"])
def test_a_gate_that_dies_around_the_start_is_made_up_for_by_the_retry(
    ready, event, sagemaker, ledger, bus, moment
):
    sagemaker.dies_at = moment
    with pytest.raises(Died):
        handle(event("alarm"), None, ready)
    handle(event("alarm"), None, ready)

    assert len(sagemaker.runs) == 1
    assert ledger.get("LEASE")["execution_arn"] == RUN
    assert len(bus.details("Retraining Decided")) == 1


def test_a_gate_that_died_before_the_start_is_healed_by_the_next_cause(
    ready, event, sagemaker, ledger
):
    sagemaker.dies_at = "start_pipeline_execution"
    with pytest.raises(Died):
        handle(event("alarm"), None, ready)
    answer = handle(event("request"), None, ready)

    assert answer["reason"] == "execution_in_progress"
    assert len(sagemaker.runs) == 1


def test_sixteen_causes_at_once_start_one_run(ready, event, sagemaker, ledger, monkeypatch):
    """Each of the others writes after this one has looked: the transaction lets one through."""
    from lambdas.gate import decide as answering

    gather = answering.load_state
    waiting = [event("request", id=f"racer-{n}") for n in range(15)]

    def gather_while_others_race(context, now):
        facts = gather(context, now)
        if waiting:
            handle(waiting.pop(), None, ready)
        return facts

    monkeypatch.setattr(answering, "load_state", gather_while_others_race)
    handle(event("request", id="racer-last"), None, ready)

    assert len(sagemaker.runs) == 1
    reasons = sorted(item["reason"] for item in decisions(ledger))
    assert reasons == ["execution_in_progress"] * 15 + ["manual"]


def test_a_failed_step_named_refuse_is_a_refusal_and_not_a_failure(
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

    run = ledger.get("RUN#run-1")
    assert (run["outcome"], run["why"]) == ("refused", "AUC 0.61 < 0.70")
    assert ledger.get("LEASE") is None
    assert people.subjects.count("driftloop: a challenger of late was refused") == 1
    assert metric_names() == {"ChallengerRejected"}


def test_a_run_that_fails_is_said_once_and_gives_the_lease_back(
    ready, event, sagemaker, ledger, people
):
    handle(event("alarm"), None, ready)
    steps = [{"StepName": "Train", "StepStatus": "Failed", "FailureReason": "OutOfMemory"}]
    sagemaker.end_run("Failed", steps)
    for _ in range(3):
        handle(event("pipeline"), None, ready)

    assert ledger.get("RUN#run-1")["outcome"] == "failed"
    assert ledger.get("LEASE") is None
    assert people.subjects.count("driftloop: the retraining of late failed") == 1
    assert metric_names() == {"RetrainingFailed"}


def test_a_lost_end_of_run_event_does_not_block_the_next_cause(ready, event, sagemaker, ledger):
    handle(event("alarm"), None, ready)
    sagemaker.end_run("Succeeded")
    late = event("request", time="2026-03-10T18:00:00Z")
    assert handle(late, None, ready)["decision"] == "start"
    assert ledger.get("RUN#run-1")["outcome"] == "succeeded"


def test_an_analysis_asks_anew_only_while_an_alarm_stands(ready, event, ledger):
    assert handle(event("analysis"), None, ready)["decision"] is None
    put_alarm("driftloop-test-late-drift")
    assert handle(event("analysis"), None, ready)["decision"] == "start"
    again = event("analysis", {"window": {"start": "2026-03-10T12:00:00Z"}})
    assert handle(again, None, ready)["reason"] == "execution_in_progress"
    assert len(decisions(ledger)) == 2


def test_an_analysis_of_another_version_than_the_champion_asks_nothing(ready, event):
    put_alarm("driftloop-test-late-drift")
    assert handle(event("analysis", {"is_champion": False}), None, ready)["decision"] is None


def test_an_alarm_about_broken_data_is_refused_on_record(ready, event, ledger, sagemaker):
    write_window(ledger, 12, "invalid_data")
    name = "driftloop-test-late-data-quality"
    answer = handle(event("alarm", {"alarmName": name}), None, ready)

    assert (answer["decision"], answer["reason"]) == ("refuse", "invalid_data")
    assert not sagemaker.named("start_pipeline_execution")
    assert decisions(ledger)[0]["evidence"]["invalid_window"] == "20260310T12"


def test_an_alarm_that_does_not_ask_the_gate_leaves_no_decision(ready, event, ledger):
    name = "driftloop-test-late-endpoint-latency-p99"
    assert handle(event("alarm", {"alarmName": name}), None, ready) == {"decision": None}
    assert decisions(ledger) == []


def test_too_few_final_labels_refuse_with_their_number(aws, ready, event, ledger):
    early = event("alarm", time="2026-03-10T09:30:00Z")
    answer = handle(early, None, ready)

    assert answer["reason"] == "insufficient_labels"
    assert decisions(ledger)[0]["evidence"]["mature_labels"] == 0


def test_a_challenger_that_waits_for_approval_holds_back_the_next(ready, event, sagemaker):
    sagemaker.register(2)
    assert handle(event("alarm"), None, ready)["reason"] == "pending_approval"


def test_a_drifted_day_is_evidence_though_no_window_of_it_drifted(ready, event, ledger, sagemaker):
    for hour in (10, 11):
        write_window(ledger, hour, "stable")
    assert handle(event("alarm"), None, ready)["reason"] == "no_drift_since_promotion"

    day = Window(parse_time("2026-03-09T00:00:00Z"), parse_time("2026-03-10T00:00:00Z"))
    item = {
        "version": 1,
        "window": day.to_dict(),
        "verdict": "drifted",
        "prediction_drifted": False,
    }
    ledger.write(Put("DAY#00001#20260309", item))
    again = event(
        "alarm", detail={"state": {"value": "ALARM", "timestamp": "2026-03-10T12:00:01Z"}}
    )
    assert handle(again, None, ready)["decision"] == "start"
    assert decisions(ledger)[-1]["evidence"]["drifted_days"] == ["20260309"]


def test_the_decisions_words_name_what_drifted_again_and_again(ready, event, ledger):
    put_alarm("driftloop-test-late-drift")
    handle(event("analysis", detail={"persistent_columns": list("abcde")}), None, ready)
    assert decisions(ledger)[-1]["evidence"]["asked"].endswith(
        "a, b, c and 2 more drifted in several windows."
    )


def test_a_paused_model_refuses_with_paused(ready, event, fleet_of):
    ready._environ["FLEET_KEY"] = fleet_of(paused=True)
    assert handle(event("alarm"), None, ready)["reason"] == "paused"


def test_the_clock_starts_a_first_run_for_a_model_without_any_version(aws, sagemaker, ledger):
    tick = {
        "source": "driftloop.schedule",
        "model": "late",
        "scheduled_time": "2026-03-10T09:00:00Z",
    }
    answers = [handle(tick, None, aws) for _ in range(2)]

    assert [a["reason"] for a in answers] == ["initial_training", "initial_training"]
    [call] = sagemaker.named("start_pipeline_execution")
    told = {p["Name"]: p["Value"] for p in call["PipelineParameters"]}
    assert told["ChampionVersion"] == "none"
    assert (told["TrainingDataStart"], told["TrainingDataEnd"]) == ("", "")


def test_the_clock_asks_for_no_first_run_while_the_first_version_waits(aws, sagemaker, ledger):
    sagemaker.register(1)
    tick = {
        "source": "driftloop.schedule",
        "model": "late",
        "scheduled_time": "2026-03-10T09:00:00Z",
    }
    assert handle(tick, None, aws)["decision"] is None
    assert decisions(ledger) == []


def test_the_clock_leaves_a_model_alone_whose_stack_is_not_deployed(aws, sagemaker, ledger):
    sagemaker.deployed = False
    tick = {
        "source": "driftloop.schedule",
        "model": "late",
        "scheduled_time": "2026-03-10T09:00:00Z",
    }
    assert handle(tick, None, aws)["decision"] is None
    assert not sagemaker.named("start_pipeline_execution")


def test_the_clock_leaves_no_decision_where_nothing_is_due(ready, ledger):
    tick = {
        "source": "driftloop.schedule",
        "model": "late",
        "scheduled_time": "2026-03-10T09:00:00Z",
    }
    assert handle(tick, None, ready)["decision"] is None
    assert decisions(ledger) == []


def test_a_request_for_an_unknown_model_names_the_known_ones(aws, event):
    with pytest.raises(InputError, match="it has late"):
        handle(event("request", {"model": "lat"}), None, aws)


def test_repeated_refusals_for_the_same_reason_are_told_to_people_once(ready, event, people):
    put_alarm("driftloop-test-late-drift")
    handle(event("alarm"), None, ready)
    for hour in (12, 13, 14):
        window = {"window": {"start": f"2026-03-10T{hour}:00:00Z"}}
        handle(event("analysis", window, time=f"2026-03-10T{hour + 1}:21:00Z"), None, ready)
    assert people.subjects == [
        "driftloop: late is retrained (drift)",
        "driftloop: late is not retrained (execution_in_progress)",
    ]


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
