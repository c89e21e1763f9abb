"""IAM in a running emulator: what a role may do, and that all else is denied."""

import io
import json
import zipfile
from datetime import UTC, datetime

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from rehearsal.emulator_client import start_emulator

START = datetime(2027, 1, 4, 10, 0, tzinfo=UTC)
ACCOUNT = "000000000000"
PREFIX = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}"
ANYBODY = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
DENIED_CODES = {"AccessDenied", "AccessDeniedException", "AuthorizationError"}
TLS_ONLY = {
    "Effect": "Deny",
    "Principal": {"AWS": "*"},
    "Action": "s3:*",
    "Resource": "*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}

pytestmark = pytest.mark.enable_socket


def allow(action, resource="*", **conditions):
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return statement | ({"Condition": conditions} if conditions else {})


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


class Account:
    """Clients of the emulator: of the account's root, and of roles with given statements."""

    def __init__(self, emulator):
        self.emulator = emulator
        self._roles = 0

    def root(self, service):
        credentials = {"AccessKeyId": ACCOUNT, "SecretAccessKey": "any", "SessionToken": None}
        return self._client(service, credentials, self.emulator.url)

    def role(self, service, *statements, tls=True):
        self._roles += 1
        name = f"role-{self._roles}"
        iam = self.root("iam")
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(ANYBODY))["Role"][
            "Arn"
        ]
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy(*statements))
        session = self.root("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
        url = self.emulator.url if tls else self.emulator.insecure_url
        return self._client(service, session, url)

    def _client(self, service, credentials, url):
        return boto3.client(
            service,
            endpoint_url=url,
            verify=self.emulator.ca_bundle,
            region_name="us-east-1",
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"],
            config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
        )


@pytest.fixture(scope="module")
def account(tmp_path_factory):
    with start_emulator(folder=tmp_path_factory.mktemp("aws"), start=START) as emulator:
        yield Account(emulator)


@pytest.fixture(scope="module")
def key(account):
    return account.root("kms").create_key()["KeyMetadata"]["Arn"]


@pytest.fixture(scope="module")
def bucket(account, key):
    """A bucket that a key encrypts, and that requests without TLS must not reach."""
    s3 = account.root("s3")
    s3.create_bucket(Bucket="encrypted")
    rule = {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    }
    s3.put_bucket_encryption(
        Bucket="encrypted", ServerSideEncryptionConfiguration={"Rules": [rule]}
    )
    s3.put_bucket_policy(Bucket="encrypted", Policy=policy(TLS_ONLY))
    s3.put_object(Bucket="encrypted", Key="a/1", Body=b"1")
    return "encrypted"


TEMPLATE = {
    "Resources": {
        "Bucket": {
            "Type": "AWS::S3::Bucket",
            "Properties": {
                "BucketName": "of-a-template",
                "BucketEncryption": {
                    "ServerSideEncryptionConfiguration": [
                        {
                            "BucketKeyEnabled": True,
                            "ServerSideEncryptionByDefault": {
                                "SSEAlgorithm": "aws:kms",
                                "KMSMasterKeyID": {"Ref": "Key"},
                            },
                        }
                    ]
                },
            },
        },
        "Topic": {
            "Type": "AWS::SNS::Topic",
            "Properties": {"TopicName": "of-a-template", "KmsMasterKeyId": {"Ref": "Key"}},
        },
        "Table": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "TableName": "of-a-template",
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                "SSESpecification": {"SSEEnabled": True, "KMSMasterKeyId": {"Ref": "Key"}},
            },
        },
    },
    "Parameters": {"Key": {"Type": "String"}},
}


@pytest.fixture(scope="module")
def stack(account, key):
    cloudformation = account.root("cloudformation")
    cloudformation.create_stack(
        StackName="encrypted",
        TemplateBody=json.dumps(TEMPLATE),
        Parameters=[{"ParameterKey": "Key", "ParameterValue": key}],
    )
    waiter = cloudformation.get_waiter("stack_create_complete")
    waiter.wait(StackName="encrypted", WaiterConfig={"Delay": 1, "MaxAttempts": 60})


def is_denied(call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        if error.response["Error"]["Code"] not in DENIED_CODES:
            raise
        return True
    return False


def put_events(events, source):
    entry = {"Source": source, "DetailType": "d", "Detail": "{}"}
    return events.put_events(Entries=[entry])


def test_an_event_is_authorized_by_its_source(account):
    source = {"StringEquals": {"events:source": "driftloop"}}
    events = account.role("events", allow("events:PutEvents", **source))
    assert put_events(events, "driftloop")["FailedEntryCount"] == 0
    assert is_denied(lambda: put_events(events, "other"))


def test_a_metric_is_authorized_by_its_namespace(account):
    namespace = {"StringEquals": {"cloudwatch:namespace": "driftloop"}}
    cloudwatch = account.role("cloudwatch", allow("cloudwatch:PutMetricData", **namespace))
    data = [{"MetricName": "m", "Value": 1}]
    assert not is_denied(cloudwatch.put_metric_data, Namespace="driftloop", MetricData=data)
    assert is_denied(cloudwatch.put_metric_data, Namespace="other", MetricData=data)


def test_alarms_are_authorized_by_their_names(account):
    alarms = f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:own-*"
    cloudwatch = account.role("cloudwatch", allow("cloudwatch:DescribeAlarms", alarms))
    assert not is_denied(cloudwatch.describe_alarms, AlarmNames=["own-drift"])
    assert is_denied(cloudwatch.describe_alarms, AlarmNames=["own-drift", "other"])
    assert is_denied(cloudwatch.describe_alarms)


def test_an_encrypted_object_needs_the_key_as_well(account, bucket, key):
    objects = f"arn:aws:s3:::{bucket}/*"
    allowed = allow(["s3:GetObject", "s3:PutObject"], objects)
    without_key = account.role("s3", allowed)
    assert is_denied(without_key.get_object, Bucket=bucket, Key="a/1")
    assert is_denied(without_key.put_object, Bucket=bucket, Key="a/2", Body=b"2")
    reader = account.role("s3", allowed, allow("kms:Decrypt", key))
    assert not is_denied(reader.get_object, Bucket=bucket, Key="a/1")
    assert is_denied(reader.put_object, Bucket=bucket, Key="a/2", Body=b"2")
    via_sqs = {"StringEquals": {"kms:ViaService": "sqs.us-east-1.amazonaws.com"}}
    elsewhere = account.role("s3", allowed, allow("kms:Decrypt", key, **via_sqs))
    assert is_denied(elsewhere.get_object, Bucket=bucket, Key="a/1")


@pytest.mark.parametrize(
    ("service", "action", "operation", "request_", "key_actions"),
    [
        (
            "s3",
            "s3:PutObject",
            "put_object",
            {"Bucket": "of-a-template", "Key": "k", "Body": b""},
            ["kms:GenerateDataKey"],
        ),
        (
            "sns",
            "sns:Publish",
            "publish",
            {"TopicArn": f"arn:aws:sns:us-east-1:{ACCOUNT}:of-a-template", "Message": "m"},
            ["kms:GenerateDataKey", "kms:Decrypt"],
        ),
        (
            "dynamodb",
            "dynamodb:GetItem",
            "get_item",
            {"TableName": "of-a-template", "Key": {"pk": {"S": "1"}}},
            ["kms:Decrypt"],
        ),
    ],
    ids=["bucket", "topic", "table"],
)
def test_a_resource_that_a_template_encrypts_needs_the_key(
    account, stack, key, service, action, operation, request_, key_actions
):
    without_key = account.role(service, allow(action))
    assert is_denied(getattr(without_key, operation), **request_)
    with_key = account.role(service, allow(action), allow(key_actions, key))
    assert not is_denied(getattr(with_key, operation), **request_)


def test_a_key_that_does_not_exist_is_denied_without_the_right_to_list(account, bucket, key):
    readable = allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*")
    assert is_denied(account.role("s3", readable).get_object, Bucket=bucket, Key="missing")
    listed = allow("s3:ListBucket", f"arn:aws:s3:::{bucket}")
    with pytest.raises(ClientError, match="NoSuchKey"):
        account.role("s3", readable, listed).get_object(Bucket=bucket, Key="missing")


def test_a_request_without_tls_is_denied(account, bucket, key):
    everything = allow("*")
    secure = account.role("s3", everything)
    insecure = account.role("s3", everything, tls=False)
    assert not is_denied(secure.get_object, Bucket=bucket, Key="a/1")
    assert is_denied(insecure.get_object, Bucket=bucket, Key="a/1")


def test_sagemaker_authorizes_an_operation_on_its_resource(account):
    own = allow("sagemaker:DescribeEndpoint", f"{PREFIX}:endpoint/own-*")
    sagemaker = account.role("sagemaker", own)
    with pytest.raises(ClientError, match="Could not find endpoint"):
        sagemaker.describe_endpoint(EndpointName="own-flights")
    assert is_denied(sagemaker.describe_endpoint, EndpointName="other")
    runtime = account.role("sagemaker-runtime", own)
    assert is_denied(runtime.invoke_endpoint, EndpointName="own-flights", Body=b"")


def test_a_model_needs_the_right_to_pass_its_role(account):
    create = allow("sagemaker:CreateModel")
    request = {
        "ModelName": "m",
        "ExecutionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/execution",
        "PrimaryContainer": {"Image": "image", "ModelDataUrl": "s3://b/model.tar.gz"},
    }
    assert is_denied(account.role("sagemaker", create).create_model, **request)
    to_lambda = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    passes = allow("iam:PassRole", request["ExecutionRoleArn"], **to_lambda)
    assert is_denied(account.role("sagemaker", create, passes).create_model, **request)
    to_sagemaker = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    passes = allow("iam:PassRole", request["ExecutionRoleArn"], **to_sagemaker)
    assert not is_denied(account.role("sagemaker", create, passes).create_model, **request)


def test_autoscaling_requires_rights_of_its_caller_in_sagemaker_and_cloudwatch(account):
    register = allow("application-autoscaling:*")
    request = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": "endpoint/flights/variant/AllTraffic",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
        "MinCapacity": 1,
        "MaxCapacity": 2,
    }
    caller = [
        allow("sagemaker:*Endpoint*"),
        allow("cloudwatch:*Alarm*"),
        allow("iam:CreateServiceLinkedRole"),
    ]
    service = "application-autoscaling"
    for omitted in range(len(caller)):
        given = [statement for index, statement in enumerate(caller) if index != omitted]
        client = account.role(service, register, *given)
        assert is_denied(client.register_scalable_target, **request)
    client = account.role(service, register, *caller)
    assert not is_denied(client.register_scalable_target, **request)


def test_a_function_acts_with_its_role_and_no_more(account):
    iam = account.root("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}
    document = policy(trust | {"Action": "sts:AssumeRole"})
    role = iam.create_role(RoleName="function", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    code = "import boto3\ndef handle(e, c):\n    return len(boto3.client('s3').list_buckets())\n"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("handler.py", code)
    functions = account.root("lambda")
    functions.create_function(
        FunctionName="lists",
        Runtime="python3.13",
        Role=role,
        Handler="handler.handle",
        Code={"ZipFile": packed.getvalue()},
    )
    denied = json.load(functions.invoke(FunctionName="lists")["Payload"])
    assert "AccessDenied" in denied["errorMessage"]
    iam.put_role_policy(
        RoleName="function", PolicyName="p", PolicyDocument=policy(allow("s3:ListAllMyBuckets"))
    )
    assert isinstance(json.load(functions.invoke(FunctionName="lists")["Payload"]), int)


def test_denials_are_counted_and_named(account):
    sqs = account.role("sqs", allow("sqs:ListQueues"))
    before = account.emulator.authorizations()
    assert not is_denied(sqs.list_queues)
    assert is_denied(sqs.create_queue, QueueName="denied")
    summary = account.emulator.authorizations()
    assert summary["authorized"] > before["authorized"]
    assert summary["denied_unexpected"] > before["denied_unexpected"]
    assert summary["denied_unexpected"] >= len(summary["unexpected"]) > 0
    assert {"principal", "action", "resource"} <= set(summary["unexpected"][0])
