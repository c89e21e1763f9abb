"""Names without what a run makes up, and removals on a small policy."""

import json

import pytest

from rehearsal.ministack.policy_evaluation import AuthorizationRequest
from rehearsal.permissions.names import Names, plain_name
from rehearsal.permissions.policies import Permission, grants
from rehearsal.permissions.removal import one_of_each_kind, remove_each
from rehearsal.permissions.requests import read_recording
from rehearsal.resolved_templates import KEY_ID, SUFFIX, Account, ResolvedStacks

ACCOUNT = Account(account="000000000000", region="us-east-1")
ROLE = f"arn:aws:iam::000000000000:role/a-stack-GateRole09C27CA4-{SUFFIX}"
BUCKET = f"arn:aws:s3:::a-stack-labelsc8d653b9-{SUFFIX}"


def make_stacks(*statements, trust=()):
    trusted = {"Version": "2012-10-17", "Statement": [*trust]}
    return ResolvedStacks(
        {
            "a-stack": {
                "Resources": {
                    "LabelsC8D653B9": {"Type": "AWS::S3::Bucket"},
                    "GateRole09C27CA4": {
                        "Type": "AWS::IAM::Role",
                        "Properties": {"AssumeRolePolicyDocument": trusted},
                    },
                    "Policy": {
                        "Type": "AWS::IAM::Policy",
                        "Properties": {
                            "Roles": [{"Ref": "GateRole09C27CA4"}],
                            "PolicyDocument": {"Statement": list(statements)},
                        },
                    },
                }
            }
        },
        ACCOUNT,
    )


def statement(sid, action, **condition):
    labels = {"Fn::Join": ["", [{"Fn::GetAtt": ["LabelsC8D653B9", "Arn"]}, "/flights/*"]]}
    found = {"Sid": sid, "Effect": "Allow", "Action": action, "Resource": labels}
    return found | ({"Condition": condition} if condition else {})


READ = AuthorizationRequest(ROLE, "s3:GetObject", f"{BUCKET}/flights/labels.jsonl")


@pytest.mark.parametrize(
    ("text", "short"),
    [
        (
            "arn:aws:iam::000000000000:role/a-stack-GateRole09C27CA4-C192020AAF861",
            ROLE,
        ),
        (
            "arn:aws:s3:::a-stack-labelsc8d653b9-4c5a16a567e31/flights/2027/01/04/05.jsonl",
            f"{BUCKET}/flights/0/0/0/0.jsonl",
        ),
        (
            "arn:aws:kms:us-east-1:000000000000:key/15cc25a2-8eed-4815-bf5b-77819ed8bebb",
            f"arn:aws:kms:us-east-1:000000000000:key/{KEY_ID}",
        ),
        (
            "arn:aws:sagemaker:us-east-1:000000000000:processing-job/"
            "pipelines-ab12cd34ef56-Curate-x1y2z3",
            "arn:aws:sagemaker:us-east-1:000000000000:processing-job/pipelines-id-Curate-id",
        ),
        ("*", "*"),
    ],
)
def test_what_a_run_makes_up_is_replaced(text, short):
    assert Names(make_stacks()).shorten(text) == short


def test_a_logical_id_is_named_without_the_hash_of_cdk():
    assert plain_name("GateRole09C27CA4") == "GateRole"
    assert plain_name("Policy") == "Policy"


def test_a_permission_is_needed_if_a_request_is_denied_without_it():
    found = list(grants(make_stacks(statement("Labels", ["s3:GetObject", "s3:PutObject"]))))
    removals = remove_each(found, [READ])
    assert removals.denied == {Permission("GateRole", "Labels", "s3:GetObject"): READ}
    assert removals.denied_statements == {("GateRole", "Labels"): READ}
    assert removals.unexplained == []


def test_no_permission_is_needed_if_another_allows_the_same_request():
    both = make_stacks(statement("Labels", "s3:GetObject"), statement("Again", "s3:GetObject"))
    removals = remove_each(list(grants(both)), [READ])
    assert removals.denied == {}
    assert removals.denied_statements == {}


def test_a_request_outside_the_conditions_is_not_explained():
    condition = {"StringEquals": {"s3:ExistingObjectTag/a": "b"}}
    found = list(grants(make_stacks(statement("Labels", "s3:GetObject", **condition))))
    assert remove_each(found, [READ]).unexplained == [READ]


def test_the_trust_policy_of_a_role_allows_its_service_to_assume_it():
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    found = list(grants(make_stacks(trust=[trust])))
    assumed = AuthorizationRequest("lambda.amazonaws.com", "sts:AssumeRole", ROLE)
    other = AuthorizationRequest("events.amazonaws.com", "sts:AssumeRole", ROLE)
    removals = remove_each(found, [assumed, other])
    assert list(removals.denied.values()) == [assumed]
    assert removals.unexplained == [other]


def test_one_request_of_each_kind_is_kept_and_known_ones_first():
    found = list(grants(make_stacks(statement("Labels", ["s3:GetObject", "s3:PutObject"]))))
    known = AuthorizationRequest(ROLE, "s3:GetObject", f"{BUCKET}/flights/z")
    write = AuthorizationRequest(ROLE, "s3:PutObject", f"{BUCKET}/flights/a")
    elsewhere = AuthorizationRequest(ROLE, "s3:GetObject", f"{BUCKET}/weather/a")
    kept = one_of_each_kind(found, [READ, write, elsewhere], [known])
    assert kept == [known, write]


def test_a_recording_is_read_without_denials_and_without_other_principals(tmp_path):
    stacks = make_stacks()
    role = "arn:aws:iam::000000000000:role/a-stack-GateRole09C27CA4-C192020AAF861"
    record = {
        "principal": role,
        "action": "s3:ListBucket",
        "resource": "arn:aws:s3:::a-stack-labelsc8d653b9-4c5a16a567e31",
        "context": {"s3:prefix": "flights/2027", "aws:SecureTransport": "true"},
        "decision": "allowed",
    }
    of_function = {
        **record,
        "principal": "function:gate",
        "resource": "resource:Labels/flights/a.jsonl",
    }
    records = [
        record,
        record | {"decision": "denied", "action": "s3:GetObject"},
        record | {"principal": "arn:aws:iam::000000000000:role/a-person"},
        of_function,
    ]
    path = tmp_path / "authorizations.jsonl"
    path.write_text("".join(f"{json.dumps(each)}\n" for each in records))
    prefix = {"s3:prefix": "flights/0"}
    assert read_recording(path, stacks, {"s3:prefix"}) == [
        AuthorizationRequest(ROLE, "s3:ListBucket", BUCKET, prefix),
        AuthorizationRequest(ROLE, "s3:ListBucket", f"{BUCKET}/flights/a.jsonl", prefix),
    ]
