import pytest

from rehearsal.sagemaker import ServiceError
from rehearsal.sagemaker.request_validation import check_request


def refusal(api, body):
    with pytest.raises(ServiceError) as refused:
        check_request(api, body)
    assert refused.value.code == "ValidationException"
    return refused.value.message


def test_a_missing_member_is_named():
    assert "'endpointConfigName'" in refusal("UpdateEndpoint", {"EndpointName": "a"})


def test_an_unknown_member_is_named():
    body = {"EndpointName": "a", "EndpointConfigName": "b", "Canary": True}

    assert "Unknown parameter 'Canary'" in refusal("UpdateEndpoint", body)


def test_a_wrong_enum_value_is_named_with_its_place():
    body = {"ModelPackageArn": "arn:aws:sagemaker:us-east-1:000000000000:model-package/g/1"}

    message = refusal("UpdateModelPackage", {**body, "ModelApprovalStatus": "Yes"})

    assert "'modelApprovalStatus'" in message
    assert "enum" in message


def test_a_name_with_a_forbidden_sign_is_refused():
    assert "pattern" in refusal("DescribeEndpoint", {"EndpointName": "my_endpoint!"})


def test_numbers_outside_of_their_bounds_are_refused():
    assert "less than or equal to 100" in refusal("ListModels", {"MaxResults": 101})


def test_every_fault_is_told_at_once():
    assert refusal("CreateEndpoint", {"EndpointName": 3}).startswith("2 validation errors")


def test_text_is_no_number_and_a_number_no_flag():
    assert "type integer" in refusal("ListModels", {"MaxResults": "5"})
    assert "type boolean" in refusal(
        "UpdateEndpoint",
        {"EndpointName": "a", "EndpointConfigName": "b", "RetainAllVariantProperties": 1},
    )


def test_an_api_that_sagemaker_lacks_is_refused(world):
    with pytest.raises(ServiceError) as refused:
        world.sagemaker.handle("SageMaker.MakeCoffee", {})
    assert refused.value.code == "UnknownOperationException"


def test_an_api_that_is_not_played_here_says_so(world):
    with pytest.raises(ServiceError) as refused:
        world.call("ListDomains")
    assert refused.value.status == 501


def test_every_call_is_on_record_with_its_outcome(world):
    world.call("ListEndpoints")
    with pytest.raises(ServiceError):
        world.call("DescribeEndpoint", EndpointName="gone")

    calls = world.sagemaker.calls()

    assert [(call.api, call.error is None) for call in calls] == [
        ("ListEndpoints", True),
        ("DescribeEndpoint", False),
    ]
    assert world.sagemaker.calls("UpdateEndpoint") == []
    assert calls[1].request == {"EndpointName": "gone"}
