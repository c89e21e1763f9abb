"""Quotas of instances for endpoints; the message is as in SageMaker's developer guide."""

import pytest

from rehearsal.sagemaker import ServiceError

TYPE = "ml.m5.large"


@pytest.fixture
def serving(emulator):
    """An endpoint with two instances; ``config-large`` has two, ``config-other`` another type."""
    emulator.model("two")
    emulator.config("config-two", "two")
    emulator.config("config-large", "two")
    emulator.config("config-other", "two", instance_type="ml.c5.large")
    emulator.endpoint("config-two")
    return emulator


def update(emulator, config="config-large"):
    emulator.call("UpdateEndpoint", EndpointName="flights", EndpointConfigName=config)


def set_instances(emulator, count):
    desired = [{"VariantName": "AllTraffic", "DesiredInstanceCount": count}]
    emulator.call(
        "UpdateEndpointWeightsAndCapacities",
        EndpointName="flights",
        DesiredWeightsAndCapacities=desired,
    )


def refusal(call, *arguments):
    with pytest.raises(ServiceError) as caught:
        call(*arguments)
    assert caught.value.code == "ResourceLimitExceeded"
    return caught.value.message


def test_an_update_needs_a_quota_for_the_new_fleet_beside_the_old_one(serving):
    serving.sagemaker.set_endpoint_quota(TYPE, 3)
    assert refusal(update, serving) == (
        "The account-level service limit 'ml.m5.large for endpoint usage' is 3 Instances, with"
        " current utilization of 2 Instances and a request delta of 2 Instances. Please contact"
        " AWS support to request an increase for this limit."
    )
    described = serving.describe()
    assert (described["EndpointStatus"], described["EndpointConfigName"]) == (
        "InService",
        "config-two",
    )


@pytest.mark.parametrize("limit", [4, None])
def test_an_update_begins_with_enough_quota_or_without_one(serving, limit):
    serving.sagemaker.set_endpoint_quota(TYPE, 0)
    serving.sagemaker.set_endpoint_quota(TYPE, limit)
    update(serving)
    assert serving.describe()["EndpointStatus"] == "Updating"


def test_another_instance_type_has_a_quota_of_its_own(serving):
    serving.sagemaker.set_endpoint_quota(TYPE, 2)
    update(serving, "config-other")
    assert serving.describe()["EndpointStatus"] == "Updating"


def test_the_instances_of_all_endpoints_count(serving):
    serving.sagemaker.set_endpoint_quota(TYPE, 3)
    arguments = {"EndpointName": "another", "EndpointConfigName": "config-two"}
    message = refusal(lambda: serving.call("CreateEndpoint", **arguments))
    assert "current utilization of 2 Instances and a request delta of 2 Instances" in message
    assert [each["EndpointName"] for each in serving.call("ListEndpoints")["Endpoints"]] == [
        "flights"
    ]


def test_more_instances_of_an_endpoint_need_quota_and_fewer_do_not(serving):
    serving.sagemaker.set_endpoint_quota(TYPE, 3)
    assert "a request delta of 2 Instances" in refusal(set_instances, serving, 4)
    [variant] = serving.describe()["ProductionVariants"]
    assert variant["CurrentInstanceCount"] == 2
    serving.sagemaker.set_endpoint_quota(TYPE, 1)
    set_instances(serving, 1)
    [variant] = serving.describe()["ProductionVariants"]
    assert variant["CurrentInstanceCount"] == 1
