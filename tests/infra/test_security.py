"""Least privilege, encryption, TLS, and what no emulator shows: the grants on keys."""

import json
from typing import Any

import pytest

MODELS = ("model-credit", "model-price-v2")
RETAINED = ("RetainExceptOnCreate", "Retain")
"""Kept on delete and on replacement; a creation that fails leaves nothing behind."""
ACCOUNT = {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def key_statements(templates: Any) -> dict[str, Any]:
    policy = templates.one("data", "AWS::KMS::Key")["KeyPolicy"]["Statement"]
    return {item["Sid"]: item for item in policy if "Sid" in item}


@pytest.mark.parametrize(
    ("sid", "service"),
    [
        ("AlarmsToEncryptedTopic", "cloudwatch.amazonaws.com"),
        ("RulesToEncryptedQueue", "events.amazonaws.com"),
    ],
)
def test_the_key_lets_a_service_write_to_what_is_encrypted_for_this_account_alone(
    templates: Any, sid: str, service: str
) -> None:
    statement = key_statements(templates)[sid]
    assert statement["Principal"] == {"Service": service}
    assert statement["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]
    assert statement["Condition"] == ACCOUNT


def test_the_key_lets_cloudwatch_logs_encrypt_the_environments_log_groups(templates: Any) -> None:
    statement = key_statements(templates)["EncryptedLogGroups"]
    assert "logs." in json.dumps(statement["Principal"])
    arn = json.dumps(statement["Condition"]["ArnLike"])
    assert "log-group:*driftloop-test-*" in arn


def test_the_key_rotates_and_is_retained(templates: Any) -> None:
    (key,) = templates.of("data", "AWS::KMS::Key").values()
    assert key["Properties"]["EnableKeyRotation"] is True
    assert (key["DeletionPolicy"], key["UpdateReplacePolicy"]) == RETAINED


def test_the_maps_reader_may_decrypt_its_manifest(templates: Any) -> None:
    statements = templates.statements("shared", "AnalysisRole")
    assert "kms:Decrypt" in statements["FleetKey"]["Action"]
    assert statements["MapManifest"]["Action"] == "s3:GetObject"
    assert "/work/*" in json.dumps(statements["MapManifest"]["Resource"])
    assert statements["MapStart"]["Action"] == "states:StartExecution"


@pytest.mark.parametrize("stack", MODELS)
def test_the_endpoint_may_encrypt_and_write_what_it_captures_for_its_own_model(
    templates: Any, stack: str
) -> None:
    statements = templates.statements(stack, "EndpointRole")
    model = {"model-credit": "credit", "model-price-v2": "price_v2"}[stack]
    assert "kms:GenerateDataKey" in statements["FleetKey"]["Action"]
    assert statements["Capture"]["Action"] == "s3:PutObject"
    assert statements["Capture"]["Resource"]["Fn::Join"][1][-1] == f"/{model}/*"
    assert statements["RollbackAlarms"]["Action"] == "cloudwatch:DescribeAlarms"


@pytest.mark.parametrize("stack", MODELS)
def test_schedules_may_call_their_function_and_write_dead_letters_and_nothing_else(
    templates: Any, stack: str
) -> None:
    statements = templates.statements(stack, "SchedulesRole")
    actions = {sid: item["Action"] for sid, item in statements.items()}
    retraining = {"InvokeRetraining": "lambda:InvokeFunction"} if stack == MODELS[1] else {}
    assert actions == retraining | {
        "InvokeAnalysis": "lambda:InvokeFunction",
        "GiveUp": "sqs:SendMessage",
        "FleetKey": ["kms:Decrypt", "kms:GenerateDataKey"],
    }


def test_release_may_pass_endpoint_roles_to_sagemaker_alone(templates: Any) -> None:
    statement = templates.statements("shared", "ReleaseRole")["PassEndpointRole"]
    assert statement["Condition"] == {
        "StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}
    }
    assert "role/driftloop/test/endpoint/*" in json.dumps(statement["Resource"])
    paths = [
        item["Properties"].get("Path")
        for _, item in templates.all("AWS::IAM::Role")
        if "sagemaker" in json.dumps(item["Properties"]["AssumeRolePolicyDocument"])
    ]
    assert sorted(paths) == ["/driftloop/test/endpoint/"] * 2 + ["/driftloop/test/pipeline/"] * 2


def test_only_gate_starts_a_retraining_and_only_release_changes_an_endpoint(
    templates: Any,
) -> None:
    holders: dict[str, set[str]] = {}
    for where, item in templates.all("AWS::IAM::Policy"):
        role = item["Properties"]["Roles"][0]["Ref"]
        text = json.dumps(item["Properties"]["PolicyDocument"])
        for action in ("sagemaker:StartPipelineExecution", "sagemaker:UpdateEndpoint"):
            if action in text:
                holders.setdefault(action, set()).add(f"{where.split('/')[0]} {role[:8]}")
    assert holders == {
        "sagemaker:StartPipelineExecution": {"driftloop-test-shared GateRole"},
        "sagemaker:UpdateEndpoint": {"driftloop-test-shared ReleaseR"},
    }


def test_no_role_takes_a_managed_policy(templates: Any) -> None:
    for where, item in templates.all("AWS::IAM::Role"):
        assert not item["Properties"].get("ManagedPolicyArns"), where


def test_no_statement_allows_every_action(templates: Any) -> None:
    for where, item in templates.all("AWS::IAM::Policy"):
        for statement in item["Properties"]["PolicyDocument"]["Statement"]:
            actions = statement["Action"]
            listed = [actions] if isinstance(actions, str) else actions
            assert not [action for action in listed if "*" in action], where


def test_a_wildcard_without_a_reason_is_refused() -> None:
    from aws_cdk import App, Stack
    from aws_cdk import aws_iam as iam

    from infra.constructs.iam_statements import allow

    role = iam.Role(
        Stack(App(), "S"), "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com")
    )
    with pytest.raises(ValueError, match="needs a reason"):
        allow(role, "Everything", actions=["s3:GetObject"], resources=["*"])


def test_buckets_are_private_tls_only_logged_and_encrypted_with_the_fleets_key(
    templates: Any,
) -> None:
    buckets = templates.of("data", "AWS::S3::Bucket")
    policies = {
        item["Properties"]["Bucket"]["Ref"]: json.dumps(item["Properties"]["PolicyDocument"])
        for item in templates.of("data", "AWS::S3::BucketPolicy").values()
    }
    assert len(buckets) == 5
    for name, bucket in buckets.items():
        properties = bucket["Properties"]
        assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
        assert '"aws:SecureTransport": "false"' in policies[name]
        assert (bucket["DeletionPolicy"], bucket["UpdateReplacePolicy"]) == RETAINED
        if not name.startswith("AccessLogs"):
            rule = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]
            assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
            assert properties["LoggingConfiguration"]["LogFilePrefix"]
            assert "s3:TlsVersion" in policies[name]


def test_the_ledger_is_encrypted_retained_and_can_be_restored_to_any_second(
    templates: Any,
) -> None:
    (table,) = templates.of("data", "AWS::DynamoDB::Table").values()
    properties = table["Properties"]
    recovery = properties["PointInTimeRecoverySpecification"]
    assert recovery["PointInTimeRecoveryEnabled"] is True
    assert properties["SSESpecification"]["SSEType"] == "KMS"
    assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == RETAINED


def test_queues_and_the_topic_are_encrypted_and_refuse_plain_http(templates: Any) -> None:
    queues = list(templates.all("AWS::SQS::Queue"))
    policies = list(templates.all("AWS::SQS::QueuePolicy"))
    assert len(queues) == len(policies) == 3
    assert all("KmsMasterKeyId" in item["Properties"] for _, item in queues)
    topic = templates.one("shared", "AWS::SNS::Topic")
    assert "KmsMasterKeyId" in topic
    policies.append(next(templates.all("AWS::SNS::TopicPolicy")))
    for where, item in policies:
        assert '"aws:SecureTransport": "false"' in json.dumps(item), where


def test_alarms_of_this_account_alone_may_publish_to_the_topic(templates: Any) -> None:
    policy = templates.one("shared", "AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]
    (statement,) = (item for item in policy if item["Sid"] == "AlarmsOfThisAccount")
    assert statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert statement["Condition"] == ACCOUNT


def test_rules_send_what_they_cannot_deliver_to_the_queue_which_lets_them(templates: Any) -> None:
    rules = templates.of("shared", "AWS::Events::Rule")
    policy = json.dumps(templates.one("shared", "AWS::SQS::QueuePolicy"))
    for name, rule in rules.items():
        for target in rule["Properties"]["Targets"]:
            assert "Arn" in target["DeadLetterConfig"]
        assert name in policy


def test_log_groups_are_encrypted_and_end_at_the_configured_age(templates: Any) -> None:
    groups = list(templates.all("AWS::Logs::LogGroup"))
    assert len(groups) == 8 + 1 + 2
    for where, item in groups:
        assert item["Properties"]["RetentionInDays"] == 90, where
        assert "KmsKeyId" in item["Properties"], where


def test_every_function_has_a_log_group_a_role_and_dead_letters_of_its_own(templates: Any) -> None:
    functions = templates.of("shared", "AWS::Lambda::Function")
    configs = templates.of("shared", "AWS::Lambda::EventInvokeConfig").values()
    roles = {json.dumps(item["Properties"]["Role"]) for item in functions.values()}
    assert len(roles) == len(functions) == 8
    assert {item["Properties"]["FunctionName"]["Ref"] for item in configs} == set(functions)
    for item in configs:
        assert item["Properties"]["DestinationConfig"]["OnFailure"]["Destination"]
    for item in functions.values():
        assert item["Properties"]["LoggingConfig"]["LogGroup"]


def test_everything_that_takes_tags_carries_them_but_for_what_cloudformation_must_not_update(
    templates: Any,
) -> None:
    untagged = {
        item["Type"]
        for template in templates.stacks.values()
        for item in template["Resources"].values()
        if "team" not in json.dumps(item["Properties"].get("Tags", ""))
    }
    assert untagged == {
        "AWS::ApplicationAutoScaling::ScalableTarget",
        "AWS::ApplicationAutoScaling::ScalingPolicy",
        "AWS::IAM::Policy",
        "AWS::KMS::Alias",
        "AWS::Lambda::EventInvokeConfig",
        "AWS::Lambda::Permission",
        "AWS::S3::BucketPolicy",
        "AWS::SNS::Subscription",
        "AWS::SNS::TopicPolicy",
        "AWS::SQS::QueuePolicy",
        "AWS::SageMaker::Endpoint",
        "AWS::SageMaker::EndpointConfig",
        "AWS::SageMaker::Model",
        "AWS::SageMaker::ModelPackage",
        "AWS::Scheduler::Schedule",
    }


@pytest.mark.parametrize("stack", MODELS)
def test_the_first_models_code_has_no_network(templates: Any, stack: str) -> None:
    assert templates.one(stack, "AWS::SageMaker::Model")["EnableNetworkIsolation"] is True
