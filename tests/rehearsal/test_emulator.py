"""The emulator's process, called through boto3, with a function that fails on request."""

import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import boto3
import msgspec
import pytest
from botocore.exceptions import ClientError

from driftloop.contract.payloads import IngestedEvent
from infra.constructs.event_rules import INGESTED_EVENT_TEMPLATE
from rehearsal.emulator_client import start_emulator

START = datetime(2027, 1, 4, 10, 0, tzinfo=UTC)
CODE = """
def handle(event, context):
    if event["detail"].get("fail"):
        raise ValueError("requested by the test")
    return event
"""
TRUST = {
    "Effect": "Allow",
    "Principal": {"Service": "lambda.amazonaws.com"},
    "Action": "sts:AssumeRole",
}
FUNCTION_PERMISSIONS = {
    "Effect": "Allow",
    "Action": ["sqs:SendMessage", "logs:CreateLogStream", "logs:PutLogEvents"],
    "Resource": "*",
}
QUEUE_POLICY = {
    "Effect": "Allow",
    "Principal": {"Service": "events.amazonaws.com"},
    "Action": "sqs:SendMessage",
    "Resource": "*",
}

pytestmark = pytest.mark.enable_socket


@pytest.fixture(scope="module")
def emulator(tmp_path_factory):
    with start_emulator(folder=tmp_path_factory.mktemp("aws"), start=START) as emulator:
        yield emulator


@pytest.fixture(scope="module")
def client(emulator):
    def make(service):
        return boto3.client(
            service,
            endpoint_url=emulator.url,
            verify=emulator.ca_bundle,
            region_name="us-east-1",
            aws_access_key_id="000000000000",
            aws_secret_access_key="any",
        )

    return make


@pytest.fixture(scope="module")
def queue(client):
    sqs = client("sqs")
    url = sqs.create_queue(QueueName="dead-letter-queue")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy(QUEUE_POLICY)})
    return url, arn["QueueArn"]


@pytest.fixture(scope="module")
def role(client):
    iam = client("iam")
    arn = iam.create_role(RoleName="rehearsed", AssumeRolePolicyDocument=policy(TRUST))["Role"]
    document = policy(FUNCTION_PERMISSIONS)
    iam.put_role_policy(RoleName="rehearsed", PolicyName="p", PolicyDocument=document)
    return arn["Arn"]


@pytest.fixture(scope="module")
def function(client, queue, role):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("code.py", "")
        archive.writestr("rehearsed_handler.py", CODE)
    functions = client("lambda")
    arn = functions.create_function(
        FunctionName="rehearsed",
        Runtime="python3.13",
        Role=role,
        Handler="rehearsed_handler.handle",
        Code={"ZipFile": packed.getvalue()},
        DeadLetterConfig={"TargetArn": queue[1]},
    )["FunctionArn"]
    events = client("events")
    events.put_rule(Name="tests", EventPattern=json.dumps({"source": ["tests"]}))
    functions.add_permission(
        FunctionName="rehearsed",
        StatementId="rule",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn="arn:aws:events:us-east-1:000000000000:rule/tests",
    )
    events.put_targets(Rule="tests", Targets=[{"Id": "function", "Arn": arn}])
    missing = {"Id": "missing", "Arn": f"{arn}-missing", "DeadLetterConfig": {"Arn": queue[1]}}
    events.put_rule(Name="missing", EventPattern=json.dumps({"source": ["missing"]}))
    events.put_targets(Rule="missing", Targets=[missing])
    return arn


def policy(statement):
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def put(client, source, **detail):
    entry = {"Source": source, "DetailType": "Test", "Detail": json.dumps(detail)}
    client("events").put_events(Entries=[entry])


def receive_messages(client, queue):
    response = client("sqs").receive_message(QueueUrl=queue[0], MaxNumberOfMessages=10)
    for message in response.get("Messages", []):
        client("sqs").delete_message(QueueUrl=queue[0], ReceiptHandle=message["ReceiptHandle"])
    return [message["Body"] for message in response.get("Messages", [])]


def test_time_moves_only_when_it_is_advanced(emulator):
    before = emulator.now()
    emulator.advance_to(before + timedelta(hours=1))
    assert emulator.now() == before + timedelta(hours=1)


def test_a_response_of_sagemaker_has_the_simulated_time_as_its_date(emulator, client):
    response = client("sagemaker").list_model_package_groups()
    date = response["ResponseMetadata"]["HTTPHeaders"]["date"]
    assert parsedate_to_datetime(date) == emulator.now().replace(microsecond=0)


def test_an_alarm_changes_its_state_within_a_minute_and_sends_an_event(emulator, client):
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
    before = len(emulator.events())
    emulator.advance_to(emulator.now() + timedelta(minutes=1))
    assert emulator.alarm_states()["drift"] == "ALARM"
    [event] = emulator.events(before)
    assert event["detail-type"] == "CloudWatch Alarm State Change"
    assert event["time"] == emulator.now().isoformat()
    [described] = client("cloudwatch").describe_alarms(AlarmNames=["drift"])["MetricAlarms"]
    assert described["StateUpdatedTimestamp"] == emulator.now()


@pytest.mark.parametrize("age", [timedelta(weeks=2, minutes=1), -timedelta(hours=2, minutes=1)])
def test_a_data_point_of_another_time_is_refused_as_on_aws(emulator, client, age):
    datum = {"MetricName": "Records", "Value": 1, "Timestamp": emulator.now() - age}
    with pytest.raises(ClientError, match="must specify a time within the past two weeks") as error:
        client("cloudwatch").put_metric_data(Namespace="old", MetricData=[datum])
    assert error.value.response["Error"]["Code"] == "InvalidParameterValue"
    assert client("cloudwatch").list_metrics(Namespace="old")["Metrics"] == []


def test_a_message_to_a_topic_is_a_mail_to_those_who_subscribed_by_mail(emulator, client):
    sns = client("sns")
    topic, silent = (sns.create_topic(Name=name)["TopicArn"] for name in ("people", "silent"))
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="on-call@example.com")
    before = len(emulator.mails())
    for arn in (topic, silent):
        sns.publish(TopicArn=arn, Subject="s", Message="m")
    assert emulator.mails(before) == [{"subject": "s", "body": "m"}]


def test_deleting_an_unknown_alarm_is_an_error_as_on_aws(client):
    with pytest.raises(ClientError, match="ResourceNotFound"):
        client("cloudwatch").delete_alarms(AlarmNames=["unknown"])


def test_a_change_of_a_parameter_sends_an_event(emulator, client):
    before = len(emulator.events())
    for value in ("1", "2"):
        client("ssm").put_parameter(Name="/a/b", Value=value, Type="String", Overwrite=True)
    details = [event["detail"] for event in emulator.events(before)]
    assert [detail["operation"] for detail in details] == ["Create", "Update"]
    assert details[0]["name"] == "/a/b"


def test_an_event_has_the_time_of_its_entry(emulator, client):
    given = datetime(2027, 1, 1, 12, tzinfo=UTC)
    before = len(emulator.events())
    entry = {"Source": "s", "DetailType": "d", "Detail": "{}", "Time": given}
    client("events").put_events(Entries=[entry, {**entry, "Time": given + timedelta(hours=1)}])
    times = [datetime.fromisoformat(event["time"]) for event in emulator.events(before)]
    assert times == [given, given + timedelta(hours=1)]
    ingested = {event["ingestion_time"] for event in emulator.events(before)}
    assert ingested == {emulator.now().isoformat()}


def test_the_ingestion_time_is_the_clocks_whatever_the_time_of_the_entry(emulator, client, queue):
    events = client("events")
    events.put_rule(Name="ingested", EventPattern=json.dumps({"source": ["ingested"]}))
    transformer = {"InputTemplate": INGESTED_EVENT_TEMPLATE}
    target = {"Id": "queue", "Arn": queue[1], "InputTransformer": transformer}
    events.put_targets(Rule="ingested", Targets=[target])
    given = datetime(2020, 1, 1, tzinfo=UTC)
    entry = {"Source": "ingested", "DetailType": "Test", "Detail": '{"a": "<b>"}', "Time": given}
    events.put_events(Entries=[entry])

    [body] = receive_messages(client, queue)
    ingested = msgspec.json.decode(body, type=IngestedEvent)
    assert ingested.ingestion_time == emulator.now()
    assert (ingested.event["time"], ingested.event["detail"]) == (
        "2020-01-01T00:00:00Z",
        {"a": "<b>"},
    )


def test_a_failed_event_is_sent_to_the_dead_letter_queue_after_three_attempts(
    emulator, client, queue, function
):
    put(client, "tests", fail=True)
    emulator.wait_until_idle()
    [message] = receive_messages(client, queue)
    assert json.loads(message)["requestPayload"]["detail"] == {"fail": True}


def test_a_successful_invocation_sends_nothing_to_the_dead_letter_queue(
    emulator, client, queue, function
):
    put(client, "tests", fail=False)
    emulator.wait_until_idle()
    assert receive_messages(client, queue) == []


def test_an_event_that_may_not_invoke_the_function_is_sent_to_the_dead_letter_queue(
    emulator, client, queue, function
):
    client("events").put_rule(Name="other", EventPattern=json.dumps({"source": ["other"]}))
    target = {"Id": "function", "Arn": function, "DeadLetterConfig": {"Arn": queue[1]}}
    client("events").put_targets(Rule="other", Targets=[target])
    emulator.expect_denial("events.amazonaws.com", "lambda:InvokeFunction")
    before = emulator.authorizations()["denied_expected"]
    put(client, "other", text="refused")
    emulator.wait_until_idle()
    [message] = receive_messages(client, queue)
    assert json.loads(message)["detail"] == {"text": "refused"}
    assert emulator.authorizations()["denied_expected"] == before + 1


def test_a_schedule_invokes_its_function_by_its_role(emulator, client, queue, function):
    iam, action = client("iam"), "lambda:InvokeFunction"
    trust = policy(TRUST | {"Principal": {"Service": "scheduler.amazonaws.com"}})
    iam.create_role(RoleName="schedules", AssumeRolePolicyDocument=trust)
    sends = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": queue[1]}
    iam.put_role_policy(RoleName="schedules", PolicyName="p", PolicyDocument=policy(sends))
    role = "arn:aws:iam::000000000000:role/schedules"
    client("scheduler").create_schedule(
        Name="minutely",
        ScheduleExpression="rate(1 minutes)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": function,
            "RoleArn": role,
            "Input": json.dumps({"detail": {"fail": False}}),
            "DeadLetterConfig": {"Arn": queue[1]},
        },
    )
    emulator.expect_denial(role, action)
    emulator.advance_to(emulator.now() + timedelta(minutes=2))
    assert receive_messages(client, queue)
    invokes = {"Effect": "Allow", "Action": action, "Resource": function}
    iam.put_role_policy(RoleName="schedules", PolicyName="p", PolicyDocument=policy(invokes))
    emulator.advance_to(emulator.now() + timedelta(minutes=1))
    assert receive_messages(client, queue) == []
    client("scheduler").delete_schedule(Name="minutely")


def test_an_event_for_a_missing_function_is_sent_to_the_dead_letter_queue_of_the_target(
    emulator, client, queue, function
):
    put(client, "missing", text="lost?")
    emulator.wait_until_idle()
    [message] = receive_messages(client, queue)
    assert json.loads(message)["detail"] == {"text": "lost?"}


def test_the_number_of_messages_in_a_queue_is_a_metric(emulator, client, queue, function):
    put(client, "missing", text="counted")
    emulator.wait_until_idle()
    emulator.advance_to(emulator.now() + timedelta(minutes=2))
    response = client("cloudwatch").get_metric_data(
        MetricDataQueries=[
            {
                "Id": "m1",
                "MetricStat": {
                    "Metric": {
                        "Namespace": "AWS/SQS",
                        "MetricName": "ApproximateNumberOfMessagesVisible",
                        "Dimensions": [{"Name": "QueueName", "Value": "dead-letter-queue"}],
                    },
                    "Period": 60,
                    "Stat": "Maximum",
                },
            }
        ],
        StartTime=emulator.now() - timedelta(minutes=1),
        EndTime=emulator.now(),
    )
    assert response["MetricDataResults"][0]["Values"] == [1.0]
    receive_messages(client, queue)
