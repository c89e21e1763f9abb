import pytest

from rehearsal.sagemaker import ServiceError
from rehearsal.sagemaker.request_validation import check_request


def validation_message(api, body):
    with pytest.raises(ServiceError) as raised:
        check_request(api, body)
    assert raised.value.code == "ValidationException"
    return raised.value.message


def test_a_missing_member_is_named():
    assert "'endpointConfigName'" in validation_message("UpdateEndpoint", {"EndpointName": "a"})


def test_an_unknown_member_is_named():
    body = {"EndpointName": "a", "EndpointConfigName": "b", "Canary": True}

    assert "Unknown parameter 'Canary'" in validation_message("UpdateEndpoint", body)


def test_an_invalid_enum_value_is_named_with_its_member():
    body = {"ModelPackageArn": "arn:aws:sagemaker:us-east-1:000000000000:model-package/g/1"}

    message = validation_message("UpdateModelPackage", {**body, "ModelApprovalStatus": "Yes"})

    assert "'modelApprovalStatus'" in message
    assert "enum" in message


def test_a_name_with_an_invalid_character_is_an_error():
    assert "pattern" in validation_message("DescribeEndpoint", {"EndpointName": "my_endpoint!"})


def test_a_number_out_of_its_bounds_is_an_error():
    assert "less than or equal to 100" in validation_message("ListModels", {"MaxResults": 101})


def test_all_validation_errors_are_reported_at_once():
    assert validation_message("CreateEndpoint", {"EndpointName": 3}).startswith(
        "2 validation errors"
    )


def test_text_for_a_number_and_a_number_for_a_boolean_are_errors():
    assert "type integer" in validation_message("ListModels", {"MaxResults": "5"})
    assert "type boolean" in validation_message(
        "UpdateEndpoint",
        {"EndpointName": "a", "EndpointConfigName": "b", "RetainAllVariantProperties": 1},
    )


def test_an_unknown_api_is_an_error(emulator):
    with pytest.raises(ServiceError) as raised:
        emulator.sagemaker.handle("SageMaker.MakeCoffee", {})
    assert raised.value.code == "UnknownOperationException"


def test_an_api_that_the_emulator_does_not_support_is_an_error(emulator):
    with pytest.raises(ServiceError) as raised:
        emulator.call("ListDomains")
    assert raised.value.status == 501


def test_every_call_is_logged_with_its_outcome(emulator):
    emulator.call("ListEndpoints")
    with pytest.raises(ServiceError):
        emulator.call("DescribeEndpoint", EndpointName="unknown")

    calls = emulator.sagemaker.calls()

    assert [(call.api, call.error is None) for call in calls] == [
        ("ListEndpoints", True),
        ("DescribeEndpoint", False),
    ]
    assert emulator.sagemaker.calls("UpdateEndpoint") == []
    assert calls[1].request == {"EndpointName": "unknown"}
