import json

import pytest

from rehearsal.autoscaling import TARGET_PREFIX, ApplicationAutoScaling

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
    return ApplicationAutoScaling()


def request(scaling, name, **body):
    headers = {"x-amz-target": f"{TARGET_PREFIX}.{name}"}
    status, _, response = scaling.handle("POST", "/", headers, json.dumps(body).encode(), {})
    return status, json.loads(response)


def test_a_target_of_a_template_is_registered_with_numbers(scaling):
    create = scaling.provisioners()["AWS::ApplicationAutoScaling::ScalableTarget"]["create"]
    physical, _ = create("Target", TARGET, "stack")
    assert physical == f"{RESOURCE}|sagemaker:variant:DesiredInstanceCount|sagemaker"
    _, response = request(scaling, "DescribeScalableTargets", ServiceNamespace="sagemaker")
    assert response["ScalableTargets"][0]["MaxCapacity"] == 4


def test_deregistering_a_target_deletes_its_policies(scaling):
    request(scaling, "RegisterScalableTarget", **TARGET)
    request(scaling, "PutScalingPolicy", ResourceId=RESOURCE, PolicyName="requests")
    assert scaling.is_registered(RESOURCE)
    request(scaling, "DeregisterScalableTarget", ResourceId=RESOURCE)
    assert not scaling.is_registered(RESOURCE)
    _, response = request(scaling, "DescribeScalingPolicies", ServiceNamespace="sagemaker")
    assert response["ScalingPolicies"] == []


def test_a_policy_needs_a_registered_target(scaling):
    status, error = request(scaling, "PutScalingPolicy", ResourceId=RESOURCE, PolicyName="requests")
    assert status == 400
    assert error["__type"] == "ObjectNotFoundException"


def test_deregistering_twice_is_an_error_as_on_aws(scaling):
    request(scaling, "RegisterScalableTarget", **TARGET)
    assert request(scaling, "DeregisterScalableTarget", ResourceId=RESOURCE)[0] == 200
    assert request(scaling, "DeregisterScalableTarget", ResourceId=RESOURCE)[0] == 400
