"""The process itself: boto3 against it, on loopback, with a function that fails on purpose."""

import io
import json
import zipfile
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.exceptions import ClientError

from rehearsal.emulator_client import embedded

START = datetime(2027, 1, 4, 10, 0, tzinfo=UTC)
CODE = """
def handle(event, context):
    if event["detail"].get("fail"):
        raise ValueError("as asked")
    return event
"""
ROLE = "arn:aws:iam::000000000000:role/any"

pytestmark = pytest.mark.enable_socket


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with embedded(folder=tmp_path_factory.mktemp("aws"), start=START) as world:
        yield world


@pytest.fixture(scope="module")
def client(world):
    def make(service):
        return boto3.client(
            service,
            endpoint_url=world.url,
            region_name="us-east-1",
            aws_access_key_id="000000000000",
            aws_secret_access_key="any",
        )

    return make


@pytest.fixture(scope="module")
def queue(client):
    sqs = client("sqs")
    url = sqs.create_queue(QueueName="letters")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    return url, arn["QueueArn"]


@pytest.fixture(scope="module")
def function(client, queue):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("code.py", "")
        archive.writestr("rehearsed_handler.py", CODE)
    functions = client("lambda")
    arn = functions.create_function(
        FunctionName="rehearsed",
        Runtime="python3.13",
        Role=ROLE,
        Handler="rehearsed_handler.handle",
        Code={"ZipFile": packed.getvalue()},
        DeadLetterConfig={"TargetArn": queue[1]},
    )["FunctionArn"]
    events = client("events")
    events.put_rule(Name="ours", EventPattern=json.dumps({"source": ["ours"]}))
    events.put_targets(Rule="ours", Targets=[{"Id": "function", "Arn": arn}])
    gone = {"Id": "gone", "Arn": f"{arn}-gone", "DeadLetterConfig": {"Arn": queue[1]}}
    events.put_rule(Name="nobody", EventPattern=json.dumps({"source": ["nobody"]}))
    events.put_targets(Rule="nobody", Targets=[gone])
    return arn


def put(client, source, **detail):
    entry = {"Source": source, "DetailType": "Test", "Detail": json.dumps(detail)}
    client("events").put_events(Entries=[entry])


def letters(client, queue):
    found = client("sqs").receive_message(QueueUrl=queue[0], MaxNumberOfMessages=10)
    for message in found.get("Messages", []):
        client("sqs").delete_message(QueueUrl=queue[0], ReceiptHandle=message["ReceiptHandle"])
    return [message["Body"] for message in found.get("Messages", [])]


def test_time_moves_only_when_it_is_told_to(world):
    before = world.now()
    world.advance_to(before + timedelta(hours=1))
    assert world.now() == before + timedelta(hours=1)


def test_an_alarm_goes_off_within_the_minute_and_says_so_on_the_bus(world, client):
    client("cloudwatch").put_metric_alarm(
        AlarmName="drift",
        Namespace="driftloop",
        MetricName="DriftDetected",
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="ignore",
    )
    client("cloudwatch").put_metric_data(
        Namespace="driftloop", MetricData=[{"MetricName": "DriftDetected", "Value": 1}]
    )
    before = len(world.events())
    world.advance_to(world.now() + timedelta(minutes=1))
    assert world.alarms()["drift"] == "ALARM"
    [event] = world.events(before)
    assert event["detail-type"] == "CloudWatch Alarm State Change"
    assert event["time"] == world.now().isoformat()
    [described] = client("cloudwatch").describe_alarms(AlarmNames=["drift"])["MetricAlarms"]
    assert described["StateUpdatedTimestamp"] == world.now()


def test_deleting_an_alarm_that_is_not_there_is_an_error_as_on_aws(client):
    with pytest.raises(ClientError, match="ResourceNotFound"):
        client("cloudwatch").delete_alarms(AlarmNames=["nobody's"])


def test_a_change_of_a_parameter_is_told_on_the_bus(world, client):
    before = len(world.events())
    for value in ("1", "2"):
        client("ssm").put_parameter(Name="/a/b", Value=value, Type="String", Overwrite=True)
    details = [event["detail"] for event in world.events(before)]
    assert [detail["operation"] for detail in details] == ["Create", "Update"]
    assert details[0]["name"] == "/a/b"


def test_an_event_carries_the_time_that_its_sender_gives_it(world, client):
    given = datetime(2027, 1, 1, 12, tzinfo=UTC)
    before = len(world.events())
    entry = {"Source": "s", "DetailType": "d", "Detail": "{}", "Time": given}
    client("events").put_events(Entries=[entry, {**entry, "Time": given + timedelta(hours=1)}])
    times = [datetime.fromisoformat(event["time"]) for event in world.events(before)]
    assert times == [given, given + timedelta(hours=1)]


def test_a_function_that_fails_is_tried_three_times_and_its_event_kept(
    world, client, queue, function
):
    put(client, "ours", fail=True)
    world.wait_until_idle()
    [letter] = letters(client, queue)
    assert json.loads(letter)["requestPayload"]["detail"] == {"fail": True}


def test_a_function_that_answers_leaves_no_letter(world, client, queue, function):
    put(client, "ours", fail=False)
    world.wait_until_idle()
    assert letters(client, queue) == []


def test_an_event_for_a_function_that_is_gone_goes_to_the_targets_queue(
    world, client, queue, function
):
    put(client, "nobody", word="lost?")
    world.wait_until_idle()
    [letter] = letters(client, queue)
    assert json.loads(letter)["detail"] == {"word": "lost?"}


def test_waiting_letters_are_a_metric(world, client, queue, function):
    put(client, "nobody", word="counted")
    world.wait_until_idle()
    world.advance_to(world.now() + timedelta(minutes=2))
    found = client("cloudwatch").get_metric_data(
        MetricDataQueries=[
            {
                "Id": "m1",
                "MetricStat": {
                    "Metric": {
                        "Namespace": "AWS/SQS",
                        "MetricName": "ApproximateNumberOfMessagesVisible",
                        "Dimensions": [{"Name": "QueueName", "Value": "letters"}],
                    },
                    "Period": 60,
                    "Stat": "Maximum",
                },
            }
        ],
        StartTime=world.now() - timedelta(minutes=1),
        EndTime=world.now(),
    )
    assert found["MetricDataResults"][0]["Values"] == [1.0]
    letters(client, queue)
