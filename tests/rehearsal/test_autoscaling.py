import json

import pytest

from rehearsal.autoscaling import TARGET_PREFIX, AutoScaling

RESOURCE = "endpoint/flights/variant/AllTraffic"
TARGET = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": RESOURCE,
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    "MinCapacity": "2",
    "MaxCapacity": "4",
}


@pytest.fixture
def scaling():
    return AutoScaling()


def ask(scaling, name, **body):
    headers = {"x-amz-target": f"{TARGET_PREFIX}.{name}"}
    status, _, answer = scaling.handle("POST", "/", headers, json.dumps(body).encode(), {})
    return status, json.loads(answer)


def test_a_target_of_a_template_is_registered_with_numbers(scaling):
    create = scaling.provisioners()["AWS::ApplicationAutoScaling::ScalableTarget"]["create"]
    physical, _ = create("Target", TARGET, "stack")
    assert physical == f"{RESOURCE}|sagemaker:variant:DesiredInstanceCount|sagemaker"
    _, found = ask(scaling, "DescribeScalableTargets", ServiceNamespace="sagemaker")
    assert found["ScalableTargets"][0]["MaxCapacity"] == 4


def test_taking_a_target_off_takes_its_policies_off(scaling):
    ask(scaling, "RegisterScalableTarget", **TARGET)
    ask(scaling, "PutScalingPolicy", ResourceId=RESOURCE, PolicyName="requests")
    assert scaling.registered(RESOURCE)
    ask(scaling, "DeregisterScalableTarget", ResourceId=RESOURCE)
    assert not scaling.registered(RESOURCE)
    _, found = ask(scaling, "DescribeScalingPolicies", ServiceNamespace="sagemaker")
    assert found["ScalingPolicies"] == []


def test_a_target_that_is_not_registered_can_have_no_policy(scaling):
    status, answer = ask(scaling, "PutScalingPolicy", ResourceId=RESOURCE, PolicyName="requests")
    assert status == 400
    assert answer["__type"] == "ObjectNotFoundException"


def test_deregistering_twice_is_an_error_as_on_aws(scaling):
    ask(scaling, "RegisterScalableTarget", **TARGET)
    assert ask(scaling, "DeregisterScalableTarget", ResourceId=RESOURCE)[0] == 200
    assert ask(scaling, "DeregisterScalableTarget", ResourceId=RESOURCE)[0] == 400
