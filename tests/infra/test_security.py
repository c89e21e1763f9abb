"""Least privilege, encryption, TLS, and what an emulator does not check: key policies."""

import json
import re
from fnmatch import fnmatchcase
from typing import Any

import pytest

from infra.stacks.shared import FUNCTIONS

MODELS = ("model-credit", "model-price-v2")
RETAINED = ("RetainExceptOnCreate", "Retain")
"""Retained on delete and replacement; deleted if the creation of the stack fails."""
ACCOUNT = {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}

DATA_KEY = "arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-3333-4444-555555555555"


def resolved(node: Any) -> str:
    """Resolve a text of a template in account 1 and region R; other references become TOKEN."""
    known = {"AWS::Partition": "aws", "AWS::AccountId": "1", "AWS::Region": "R"}
    if isinstance(node, str):
        return re.sub(r"\$\{(AWS::\w+)\}", lambda match: known[match[1]], node)
    if "Fn::Join" in node:
        glue, parts = node["Fn::Join"]
        return str(glue).join(resolved(part) for part in parts)
    if "Fn::Sub" in node:
        return resolved(node["Fn::Sub"])
    return known.get(node.get("Ref"), "TOKEN")


def key_statements(templates: Any) -> dict[str, Any]:
    policy = templates.only_resource("data", "AWS::KMS::Key")["KeyPolicy"]["Statement"]
    return {item["Sid"]: item for item in policy if "Sid" in item}


@pytest.mark.parametrize(
    ("sid", "service", "condition"),
    [
        ("AlarmsToEncryptedTopic", "cloudwatch.amazonaws.com", ACCOUNT),
        # Amazon SNS Developer Guide: EventBridge sends no aws:SourceAccount for encrypted topics;
        # assumed for queues.
        ("RulesToEncryptedQueue", "events.amazonaws.com", None),
    ],
)
def test_the_key_allows_a_service_to_encrypt_and_states_only_conditions_that_it_sends(
    templates: Any, sid: str, service: str, condition: Any
) -> None:
    statement = key_statements(templates)[sid]
    assert statement["Principal"] == {"Service": service}
    assert statement["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]
    assert statement.get("Condition") == condition


def test_the_key_allows_cloudwatch_logs_to_encrypt_the_environments_log_groups(
    templates: Any,
) -> None:
    statement = key_statements(templates)["EncryptedLogGroups"]
    assert "logs." in json.dumps(statement["Principal"])
    arn = json.dumps(statement["Condition"]["ArnLike"])
    assert "log-group:*driftloop-test-*" in arn


def test_the_key_rotates_and_is_retained(templates: Any) -> None:
    (key,) = templates.resources("data", "AWS::KMS::Key").values()
    assert key["Properties"]["EnableKeyRotation"] is True
    assert (key["DeletionPolicy"], key["UpdateReplacePolicy"]) == RETAINED


def test_the_distributed_map_may_read_and_decrypt_its_manifest(templates: Any) -> None:
    statements = templates.statements("shared", "AnalysisRole")
    assert "kms:Decrypt" in statements["FleetKey"]["Action"]
    assert statements["MapManifest"]["Action"] == "s3:GetObject"
    assert "/work/*" in json.dumps(statements["MapManifest"]["Resource"])
    assert statements["MapStart"]["Action"] == "states:StartExecution"


@pytest.mark.parametrize("stack", MODELS)
def test_the_endpoint_may_write_and_encrypt_the_capture_of_its_own_model(
    templates: Any, stack: str
) -> None:
    statements = templates.statements(stack, "EndpointRole")
    model = {"model-credit": "credit", "model-price-v2": "price_v2"}[stack]
    assert "kms:GenerateDataKey" in statements["FleetKey"]["Action"]
    assert statements["Capture"]["Action"] == "s3:PutObject"
    assert statements["Capture"]["Resource"]["Fn::Join"][1][-1] == f"/{model}/*"
    assert statements["RollbackAlarms"]["Action"] == "cloudwatch:DescribeAlarms"


@pytest.mark.parametrize("stack", MODELS)
def test_schedules_may_only_invoke_their_function_and_send_dead_letters(
    templates: Any, stack: str
) -> None:
    statements = templates.statements(stack, "SchedulesRole")
    actions = {sid: item["Action"] for sid, item in statements.items()}
    retraining = {"InvokeRetraining": "lambda:InvokeFunction"} if stack == MODELS[1] else {}
    assert actions == retraining | {
        "InvokeAnalysis": "lambda:InvokeFunction",
        "SendToDeadLetterQueue": "sqs:SendMessage",
        "FleetKey": ["kms:Decrypt", "kms:GenerateDataKey"],
    }


def test_release_may_pass_endpoint_roles_to_sagemaker_only(templates: Any) -> None:
    statement = templates.statements("shared", "ReleaseRole")["PassEndpointRole"]
    assert statement["Condition"] == {
        "StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}
    }
    name = {"Fn::Join": ["", ["test-credit-endpoint-", {"Ref": "AWS::Region"}]]}
    assert "role/driftloop/test/endpoint/test-*-endpoint-" in json.dumps(statement["Resource"])
    roles = [i["Properties"] for _, i in templates.all_resources("AWS::IAM::Role")]
    assert name in [role.get("RoleName") for role in roles]
    paths = [
        item["Properties"].get("Path")
        for _, item in templates.all_resources("AWS::IAM::Role")
        if "sagemaker" in json.dumps(item["Properties"]["AssumeRolePolicyDocument"])
    ]
    assert sorted(paths) == ["/driftloop/test/endpoint/"] * 2 + ["/driftloop/test/pipeline/"] * 2


@pytest.mark.parametrize("stack", MODELS)
def test_a_pipeline_may_pass_its_own_role_alone(templates: Any, stack: str) -> None:
    statement = templates.statements(stack, "PipelineRole")["PassItself"]
    (role,) = (
        item["Properties"]
        for name, item in templates.resources(stack, "AWS::IAM::Role").items()
        if name.startswith("PipelineRole")
    )
    resource = resolved(statement["Resource"])
    assert resource == f"arn:aws:iam::1:role{role['Path']}{resolved(role['RoleName'])}"
    assert "*" not in resource


@pytest.mark.parametrize("stack", MODELS)
def test_every_input_of_a_job_may_be_read_and_listed_key_by_key(templates: Any, stack: str) -> None:
    """SageMaker lists the prefix of an input before it downloads it.

    The training sources are no input: Curate reads them itself.
    """
    statements = templates.statements(stack, "PipelineRole")
    del statements["TrainingSources"]
    pipeline = templates.only_resource(stack, "AWS::SageMaker::Pipeline")["PipelineDefinition"]
    text = resolved(pipeline["PipelineDefinitionBody"])
    inputs = {uri for uri in re.findall(r's3://[^"]+', text) if not uri.startswith("s3://TOKEN")}
    assert len(inputs) == 4
    outside = [item for sid, item in statements.items() if "Assets" in sid or "Training" in sid]
    readable, listable = set(), set()
    for item in outside:
        arns = item["Resource"] if isinstance(item["Resource"], list) else [item["Resource"]]
        for arn in map(resolved, arns):
            uri = arn.replace("arn:aws:s3:::", "s3://")
            if item["Action"] == "s3:GetObject":
                readable.add(uri)
            else:
                prefixes = item["Condition"]["StringLike"]["s3:prefix"]
                keys = prefixes if isinstance(prefixes, list) else [prefixes]
                listable |= {f"{uri}/{key}" for key in keys}
    assert readable == listable == inputs


def test_assets_are_readable_key_by_key_and_listable_by_prefix(templates: Any) -> None:
    """CDK's asset bucket has the code and files of every application of the account."""
    found = 0
    for place, item in templates.all_resources("AWS::IAM::Policy"):
        for statement in item["Properties"]["PolicyDocument"]["Statement"]:
            resources = statement["Resource"]
            arns = resources if isinstance(resources, list) else [resources]
            for arn in map(resolved, arns):
                if "-assets-" in arn:
                    found += 1
                    assert "*" not in arn, place
                    listing = statement["Action"] == "s3:ListBucket"
                    assert listing == ("s3:prefix" in json.dumps(statement.get("Condition"))), place
    assert found > 10


def test_the_pipeline_may_decrypt_with_the_keys_of_its_training_data(templates: Any) -> None:
    statements = templates.statements(MODELS[1], "PipelineRole")
    assert statements["InputKeys"]["Action"] == "kms:Decrypt"
    assert statements["InputKeys"]["Resource"] == DATA_KEY
    assert "InputKeys" not in templates.statements(MODELS[0], "PipelineRole")


def test_a_service_may_assume_a_role_for_resources_of_this_account_only(templates: Any) -> None:
    """Lambda documents no condition for execution roles; the others document this one."""
    conditions: dict[str, list[Any]] = {}
    for _, item in templates.all_resources("AWS::IAM::Role"):
        for statement in item["Properties"]["AssumeRolePolicyDocument"]["Statement"]:
            service = statement["Principal"]["Service"]
            conditions.setdefault(service, []).append(statement.get("Condition"))
    assert set(conditions) == {
        f"{name}.amazonaws.com" for name in ("lambda", "states", "scheduler", "sagemaker")
    }
    for service, found in conditions.items():
        expected = None if service == "lambda.amazonaws.com" else ACCOUNT
        assert found == [expected] * len(found), service


def test_a_condition_on_grants_stands_only_with_operations_on_grants(templates: Any) -> None:
    """AWS KMS Developer Guide: kms:GrantIsForAWSResource is sent by these three operations."""
    grants = {"kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"}
    describing = set()
    for place, item in templates.all_resources("AWS::IAM::Policy"):
        for statement in item["Properties"]["PolicyDocument"]["Statement"]:
            actions = statement["Action"]
            actions = {actions} if isinstance(actions, str) else set(actions)
            if "kms:GrantIsForAWSResource" in json.dumps(statement.get("Condition")):
                assert actions <= grants, place
            if "kms:DescribeKey" in actions:
                assert "Condition" not in statement, place
                describing.add(place.split("/")[1][:8])
    assert {"Pipeline", "Endpoint", "ReleaseR"} <= describing


@pytest.mark.parametrize("stack", MODELS)
def test_the_pipeline_may_encrypt_the_artifacts_that_sagemaker_writes(
    templates: Any, stack: str
) -> None:
    """API reference, OutputDataConfig.KmsKeyId: the role must include kms:Encrypt."""
    actions = templates.statements(stack, "PipelineRole")["FleetKey"]["Action"]
    assert actions == ["kms:Decrypt", "kms:GenerateDataKey", "kms:Encrypt"]


def test_only_gate_starts_a_retraining_and_only_release_changes_an_endpoint(
    templates: Any,
) -> None:
    holders: dict[str, set[str]] = {}
    for place, item in templates.all_resources("AWS::IAM::Policy"):
        role = item["Properties"]["Roles"][0]["Ref"]
        text = json.dumps(item["Properties"]["PolicyDocument"])
        for action in ("sagemaker:StartPipelineExecution", "sagemaker:UpdateEndpoint"):
            if action in text:
                holders.setdefault(action, set()).add(f"{place.split('/')[0]} {role[:8]}")
    assert holders == {
        "sagemaker:StartPipelineExecution": {"driftloop-test-shared GateRole"},
        "sagemaker:UpdateEndpoint": {"driftloop-test-shared ReleaseR"},
    }


def test_release_has_what_application_auto_scaling_requires_of_its_caller(templates: Any) -> None:
    """SageMaker Developer Guide, "Auto scaling prerequisites": all three, on all resources."""
    statements = templates.statements("shared", "ReleaseRole").values()
    on_all_resources = {
        action
        for statement in statements
        if statement["Resource"] == "*" and "Condition" not in statement
        for action in statement["Action"]
    }
    assert on_all_resources >= {
        "sagemaker:DescribeEndpoint",
        "sagemaker:DescribeEndpointConfig",
        "sagemaker:UpdateEndpointWeightsAndCapacities",
        "cloudwatch:PutMetricAlarm",
        "cloudwatch:DescribeAlarms",
        "cloudwatch:DeleteAlarms",
    }
    role = templates.statements("shared", "ReleaseRole")["AutoscalingRole"]
    service = "sagemaker.application-autoscaling.amazonaws.com"
    assert role["Action"] == "iam:CreateServiceLinkedRole"
    assert role["Condition"] == {"StringEquals": {"iam:AWSServiceName": service}}
    name = "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
    assert json.dumps(role["Resource"]).count(f":role/aws-service-role/{service}/{name}") == 1


def test_no_role_has_a_managed_policy(templates: Any) -> None:
    for place, item in templates.all_resources("AWS::IAM::Role"):
        assert not item["Properties"].get("ManagedPolicyArns"), place


def test_no_statement_allows_every_action(templates: Any) -> None:
    for place, item in templates.all_resources("AWS::IAM::Policy"):
        for statement in item["Properties"]["PolicyDocument"]["Statement"]:
            actions = statement["Action"]
            listed = [actions] if isinstance(actions, str) else actions
            assert not [action for action in listed if "*" in action], place


def test_a_wildcard_without_a_reason_raises() -> None:
    from aws_cdk import App, Stack
    from aws_cdk import aws_iam as iam

    from infra.constructs.iam_statements import allow

    role = iam.Role(
        Stack(App(), "S"), "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com")
    )
    with pytest.raises(ValueError, match="needs a reason"):
        allow(role, "Everything", actions=["s3:GetObject"], resources=["*"])


def test_buckets_are_private_tls_only_logged_and_encrypted_with_the_environments_key(
    templates: Any,
) -> None:
    buckets = templates.resources("data", "AWS::S3::Bucket")
    policies = {
        item["Properties"]["Bucket"]["Ref"]: json.dumps(item["Properties"]["PolicyDocument"])
        for item in templates.resources("data", "AWS::S3::BucketPolicy").values()
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


def test_the_ledger_is_encrypted_retained_and_has_point_in_time_recovery(
    templates: Any,
) -> None:
    (table,) = templates.resources("data", "AWS::DynamoDB::Table").values()
    properties = table["Properties"]
    recovery = properties["PointInTimeRecoverySpecification"]
    assert recovery["PointInTimeRecoveryEnabled"] is True
    assert properties["SSESpecification"]["SSEType"] == "KMS"
    assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == RETAINED


def test_queues_and_the_topic_are_encrypted_and_require_tls(templates: Any) -> None:
    queues = list(templates.all_resources("AWS::SQS::Queue"))
    policies = list(templates.all_resources("AWS::SQS::QueuePolicy"))
    assert len(queues) == len(policies) == 3
    assert all("KmsMasterKeyId" in item["Properties"] for _, item in queues)
    topic = templates.only_resource("shared", "AWS::SNS::Topic")
    assert "KmsMasterKeyId" in topic
    policies.append(next(templates.all_resources("AWS::SNS::TopicPolicy")))
    for place, item in policies:
        assert '"aws:SecureTransport": "false"' in json.dumps(item), place


def test_only_alarms_of_this_account_may_publish_to_the_topic(templates: Any) -> None:
    policy = templates.only_resource("shared", "AWS::SNS::TopicPolicy")["PolicyDocument"][
        "Statement"
    ]
    (statement,) = (item for item in policy if item["Sid"] == "AlarmsOfThisAccount")
    assert statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert statement["Condition"] == ACCOUNT


def test_rules_may_send_undelivered_events_to_the_dead_letter_queue(templates: Any) -> None:
    rules = templates.resources("shared", "AWS::Events::Rule")
    policy = json.dumps(templates.only_resource("shared", "AWS::SQS::QueuePolicy"))
    for name, rule in rules.items():
        for target in rule["Properties"]["Targets"]:
            assert "Arn" in target["DeadLetterConfig"]
        assert name in policy


def test_every_function_may_send_its_failed_events_to_the_encrypted_dead_letter_queue(
    templates: Any,
) -> None:
    """Lambda sends with the execution role. Source: AWS Lambda Developer Guide, "Capturing records
    of Lambda asynchronous invocations"; Amazon SQS Developer Guide, "Key management"."""
    functions = templates.resources("shared", "AWS::Lambda::Function")
    configs = templates.resources("shared", "AWS::Lambda::EventInvokeConfig").values()
    for item in configs:
        destination = item["Properties"]["DestinationConfig"]["OnFailure"]["Destination"]
        function = functions[item["Properties"]["FunctionName"]["Ref"]]
        role = function["Properties"]["Role"]["Fn::GetAtt"][0]
        statements = templates.statements("shared", role)
        assert statements["SendToDeadLetterQueue"]["Action"] == "sqs:SendMessage"
        assert statements["SendToDeadLetterQueue"]["Resource"] == destination
        assert {"kms:Decrypt", "kms:GenerateDataKey"} <= set(statements["FleetKey"]["Action"])
        assert "Condition" not in statements["FleetKey"]
    (queue,) = templates.resources("shared", "AWS::SQS::Queue").values()
    key = statements["FleetKey"]["Resource"]
    assert queue["Properties"]["KmsMasterKeyId"] == key


def test_log_groups_are_encrypted_and_have_the_configured_retention(templates: Any) -> None:
    groups = list(templates.all_resources("AWS::Logs::LogGroup"))
    assert len(groups) == len(FUNCTIONS) + 1 + 2
    for place, item in groups:
        assert item["Properties"]["RetentionInDays"] == 90, place
        assert "KmsKeyId" in item["Properties"], place


def test_every_function_has_its_own_role_and_a_log_group_and_a_dead_letter_queue(
    templates: Any,
) -> None:
    functions = templates.resources("shared", "AWS::Lambda::Function")
    configs = templates.resources("shared", "AWS::Lambda::EventInvokeConfig").values()
    roles = {json.dumps(item["Properties"]["Role"]) for item in functions.values()}
    assert len(roles) == len(functions) == len(FUNCTIONS)
    assert {item["Properties"]["FunctionName"]["Ref"] for item in configs} == set(functions)
    for item in configs:
        assert item["Properties"]["DestinationConfig"]["OnFailure"]["Destination"]
    for item in functions.values():
        assert item["Properties"]["LoggingConfig"]["LogGroup"]


def test_all_resources_are_tagged_except_those_that_cloudformation_must_not_update(
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
        "AWS::Scheduler::Schedule",
    }


@pytest.mark.parametrize("stack", MODELS)
def test_the_initial_model_has_no_network_access(templates: Any, stack: str) -> None:
    assert templates.only_resource(stack, "AWS::SageMaker::Model")["EnableNetworkIsolation"] is True


@pytest.mark.parametrize("stack", MODELS)
def test_a_pipeline_may_invoke_the_one_function_that_its_definition_invokes(
    templates: Any, stack: str
) -> None:
    pipeline = templates.only_resource(stack, "AWS::SageMaker::Pipeline")
    body = json.dumps(pipeline["PipelineDefinition"])
    statement = templates.statements(stack, "PipelineRole")["DescribeChallenger"]
    assert statement["Action"] == "lambda:InvokeFunction"
    assert json.dumps(statement["Resource"]).endswith(
        ':function:driftloop-test-describe-challenger"]]}'
    )
    assert ":function:driftloop-test-describe-challenger" in body


def test_a_challenger_is_described_from_three_files_of_an_execution_and_no_other(
    templates: Any,
) -> None:
    """The keys are those of the steps' outputs (pipelines/sagemaker_steps.py) and of SageMaker."""
    statements = templates.statements("shared", "DescribeChallengerRole")
    assert "kms:Decrypt" in statements["FleetKey"]["Action"]
    files = statements["ChallengerFiles"]
    assert files["Action"] == "s3:GetObject"
    patterns = [resource["Fn::Join"][1][-1] for resource in files["Resource"]]
    run = "/runs/credit/abc123"
    job = "pipelines-abc123-Train-1a2b3c"
    readable = {
        f"{run}/evaluate/evaluation/evaluation.json": True,
        f"{run}/curate/curation/curation.json": True,
        f"{run}/model/{job}/output/model.tar.gz": True,
        f"{run}/curate/train/train.csv": False,
        f"{run}/baseline/baseline/model.baseline": False,
        "/golden/credit/golden.csv": False,
    }
    for key, expected in readable.items():
        assert any(fnmatchcase(key, pattern) for pattern in patterns) is expected, key
