import json

import pytest

from rehearsal.sagemaker import ServiceError

pytestmark = pytest.mark.slow

VARIANT = {"EndpointName": "flights", "VariantName": "AllTraffic"}
CANARY = {
    "BlueGreenUpdatePolicy": {
        "TrafficRoutingConfiguration": {
            "Type": "CANARY",
            "WaitIntervalInSeconds": 600,
            "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 50},
        },
        "TerminationWaitInSeconds": 120,
    },
    "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "new-5xx"}]},
}


@pytest.fixture
def serving(emulator):
    """An endpoint whose model multiplies by two; config ``config-ten`` multiplies by ten."""
    emulator.model("two")
    emulator.model("ten", weight="10")
    emulator.config("config-two", "two")
    emulator.config("config-ten", "ten")
    emulator.endpoint("config-two")
    return emulator


def update(emulator, config="config-ten", **more):
    return emulator.call(
        "UpdateEndpoint",
        EndpointName="flights",
        EndpointConfigName=config,
        **{"DeploymentConfig": CANARY, **more},
    )


def predictions(emulator, count):
    return [float(emulator.invoke()[2]) for _ in range(count)]


def test_an_endpoint_loads_its_model_and_predicts(serving):
    status, headers, body = serving.invoke(b"3,x\n4,y\n")

    assert (status, body) == (200, b"6.0\n8.0\n")
    assert headers["Content-Type"] == "text/csv; charset=utf-8"
    assert headers["x-Amzn-Invoked-Production-Variant"] == "AllTraffic"


def test_without_an_accept_header_the_response_is_json(serving):
    body = json.dumps({"instances": [[5]]}).encode()

    _, headers, response = serving.invoke(body, "application/json", accept="*/*")

    assert json.loads(response) == {"predictions": [10.0]}
    assert headers["Content-Type"] == "application/json"


def test_an_endpoint_in_service_describes_itself(serving):
    described = serving.describe()

    assert described["EndpointStatus"] == "InService"
    assert described["EndpointConfigName"] == "config-two"
    assert described["ProductionVariants"][0]["CurrentInstanceCount"] == 2
    assert "PendingDeploymentSummary" not in described


def test_an_endpoint_sends_the_documented_event_when_it_is_in_service(serving):
    detail = serving.details("SageMaker Endpoint State Change")[-1]

    assert detail["EndpointStatus"] == "IN_SERVICE"
    assert detail["EndpointName"] == "flights"
    assert detail["CreationTime"] == 1776471708000.0  # 2026-04-18T00:21:48Z in milliseconds


def test_an_error_of_the_model_is_a_model_error(emulator):
    emulator.model("broken", weight="broken")
    emulator.config("config", "broken")
    emulator.endpoint("config")

    status, headers, body = emulator.invoke()

    error = json.loads(body)
    assert status == 424
    assert headers["x-amzn-errortype"] == "ModelError"
    assert error["OriginalStatusCode"] == 500
    assert "Internal Server Error" in error["OriginalMessage"]  # Flask's page; the reason is logged
    [log] = emulator.folder.glob("endpoints/*.log")
    assert "this model fails every request" in log.read_text()
    assert emulator.metrics.total("Invocation5XXErrors", **VARIANT) == 1
    assert emulator.metrics.total("Invocations", **VARIANT) == 1


REFUSAL = """
def output_fn(prediction, accept):
    from flask import Response
    return Response("Row 1 has 1 cells.", 400, mimetype="text/plain")
"""
TEXT = """
def output_fn(prediction, accept):
    return "0.5"
"""
UNSUPPORTED = """
from sagemaker_containers.beta.framework import errors

def input_fn(body, content_type):
    raise errors.UnsupportedFormatError(content_type)
"""
ACCEPT = """
def output_fn(prediction, accept):
    return accept, "text/csv"
"""


def test_a_response_with_4xx_is_an_error_of_the_client_and_not_of_the_model(emulator, packed):
    emulator.model("refuses", script=packed.echo + REFUSAL)
    emulator.config("config", "refuses")
    emulator.endpoint("config")

    status, _, body = emulator.invoke()

    error = json.loads(body)
    assert (status, error["OriginalStatusCode"]) == (424, 400)
    assert error["ErrorCode"] == "CLIENT_ERROR_FROM_MODEL"
    assert error["OriginalMessage"] == "Row 1 has 1 cells."
    assert emulator.metrics.total("Invocation4XXErrors", **VARIANT) == 1
    assert emulator.metrics.total("Invocation5XXErrors", **VARIANT) == 0


# What follows is what sagemaker-containers 2.8.6.post2 does, by its code.


def test_a_text_without_a_content_type_is_answered_as_html(emulator, packed):
    emulator.model("text", script=packed.echo + TEXT)
    emulator.config("config", "text")
    emulator.endpoint("config")

    _, headers, body = emulator.invoke()

    assert (headers["Content-Type"], body) == ("text/html; charset=utf-8", b"0.5")


def test_an_exception_of_the_script_is_500_even_the_toolkits_own(emulator, packed):
    emulator.model("raises", script=packed.echo + UNSUPPORTED)
    emulator.config("config", "raises")
    emulator.endpoint("config")

    assert json.loads(emulator.invoke()[2])["OriginalStatusCode"] == 500


@pytest.mark.parametrize(
    ("variables", "accept", "passed"),
    [
        ({}, "", "application/json"),
        ({}, "*/*", "application/json"),
        ({"SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "*/*"}, "", "*/*"),
        ({"SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "*/*"}, "*/*", "*/*"),
        ({"SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "*/*"}, "text/csv;q=1", "text/csv;q=1"),
    ],
)
def test_the_script_gets_the_default_accept_of_its_environment(
    emulator, packed, variables, accept, passed
):
    emulator.model("accept", script=packed.echo + ACCEPT, **variables)
    emulator.config("config", "accept")
    emulator.endpoint("config")

    assert emulator.invoke(accept=accept)[2].decode() == passed


def test_a_model_without_the_name_of_its_program_does_not_start(emulator):
    emulator.model("nameless", SAGEMAKER_PROGRAM="")
    emulator.config("config", "nameless")
    emulator.call("CreateEndpoint", EndpointName="flights", EndpointConfigName="config")

    assert emulator.sagemaker.wait_for_endpoint("flights", 60)["EndpointStatus"] == "Failed"


def test_a_model_that_does_not_load_fails_the_endpoint_with_its_reason(emulator):
    emulator.model("odd", script="raise ImportError('no such library')")
    emulator.config("config", "odd")
    emulator.call("CreateEndpoint", EndpointName="flights", EndpointConfigName="config")

    described = emulator.sagemaker.wait_for_endpoint("flights", 60)

    assert described["EndpointStatus"] == "Failed"
    assert "no such library" in described["FailureReason"]


def test_a_missing_model_artifact_fails_the_endpoint(emulator):
    emulator.model("two")
    emulator.store.objects.clear()
    emulator.config("config", "two")
    emulator.call("CreateEndpoint", EndpointName="flights", EndpointConfigName="config")

    assert emulator.sagemaker.wait_for_endpoint("flights", 60)["EndpointStatus"] == "Failed"


def test_an_unknown_endpoint_is_a_validation_error(emulator):
    status, headers, _ = emulator.sagemaker.invoke_endpoint("unknown", b"", {})

    assert (status, headers["x-amzn-errortype"]) == (400, "ValidationError")


def test_a_canary_shifts_traffic_and_ends_with_the_new_config(serving):
    update(serving)
    assert serving.describe()["EndpointStatus"] == "Updating"
    assert set(predictions(serving, 4)) == {6.0}

    serving.advance(minutes=3)
    pending = serving.describe()["PendingDeploymentSummary"]
    assert pending["EndpointConfigName"] == "config-ten"
    assert pending["ProductionVariants"][0]["VariantStatus"][0]["Status"] == "Baking"
    assert sorted(predictions(serving, 10)) == [6.0] * 5 + [30.0] * 5

    serving.advance(minutes=10)
    assert serving.describe()["EndpointStatus"] == "Updating"
    assert set(predictions(serving, 4)) == {30.0}

    serving.advance(minutes=12)
    described = serving.describe()
    assert described["EndpointStatus"] == "InService"
    assert described["EndpointConfigName"] == "config-ten"
    assert "PendingDeploymentSummary" not in described
    assert described["LastDeploymentConfig"] == CANARY
    assert set(predictions(serving, 4)) == {30.0}


def test_a_canary_sends_an_event_at_each_step(serving):
    update(serving)
    serving.advance(minutes=30)

    details = serving.details("SageMaker Endpoint Deployment State Change")
    statuses = [
        detail["PendingDeploymentSummary"]["ProductionVariants"][0]["VariantStatus"][0]["Status"]
        for detail in details
    ]
    assert {detail["EndpointStatus"] for detail in details} == {"UPDATING"}
    assert statuses == [
        "Creating",
        "ActivatingTraffic",
        "Baking",
        "ActivatingTraffic",
        "Baking",
        "Baking",
    ]
    last = serving.details("SageMaker Endpoint State Change")[-1]
    assert (last["EndpointStatus"], last["EndpointConfigName"]) == ("IN_SERVICE", "config-ten")


def test_an_alarm_during_baking_rolls_the_update_back(serving):
    update(serving)
    serving.advance(minutes=4)
    serving.alarms.states["new-5xx"] = "ALARM"
    serving.advance(minutes=1)

    assert set(predictions(serving, 4)) == {6.0}
    serving.advance(minutes=5)

    described = serving.describe()
    assert described["EndpointStatus"] == "InService"
    assert described["EndpointConfigName"] == "config-two"
    assert "PendingDeploymentSummary" not in described
    assert "FailureReason" not in described


def test_an_alarm_before_the_termination_still_rolls_the_update_back(serving):
    update(serving)
    serving.advance(minutes=23)
    assert set(predictions(serving, 2)) == {30.0}
    serving.alarms.states["new-5xx"] = "ALARM"
    serving.advance(minutes=5)

    assert serving.describe()["EndpointConfigName"] == "config-two"


def test_an_alarm_that_was_in_alarm_before_the_update_rolls_it_back(serving):
    serving.alarms.states["new-5xx"] = "ALARM"
    update(serving)
    serving.advance(minutes=5)

    described = serving.describe()
    assert (described["EndpointStatus"], described["EndpointConfigName"]) == (
        "InService",
        "config-two",
    )


def test_an_update_with_an_unknown_rollback_alarm_is_an_error(serving):
    serving.alarms.states.clear()

    with pytest.raises(ServiceError, match="new-5xx"):
        update(serving)
    assert serving.describe()["EndpointStatus"] == "InService"


def test_a_rollback_alarm_that_is_deleted_during_the_update_does_not_roll_it_back(serving):
    update(serving)
    serving.alarms.states.clear()
    serving.advance(minutes=40)

    assert serving.describe()["EndpointConfigName"] == "config-ten"


def test_a_new_model_that_does_not_load_leaves_the_old_model_serving(serving):
    serving.model("odd", script="raise ImportError('no such library')")
    serving.config("config-odd", "odd")
    update(serving, "config-odd")
    serving.advance(minutes=10)

    assert serving.describe()["EndpointConfigName"] == "config-two"
    assert set(predictions(serving, 2)) == {6.0}


def test_an_update_during_an_update_is_an_error(serving):
    serving.config("third", "two")
    update(serving)

    with pytest.raises(ServiceError, match="Cannot update in-progress endpoint"):
        update(serving, "third")
    with pytest.raises(ServiceError, match="Cannot update in-progress endpoint"):
        serving.call("DeleteEndpoint", EndpointName="flights")


def test_an_update_needs_another_config(serving):
    with pytest.raises(ServiceError, match="already uses"):
        update(serving, "config-two")


def test_an_update_to_an_unknown_config_is_an_error(serving):
    with pytest.raises(ServiceError, match="Could not find endpoint configuration"):
        update(serving, "gone")


def test_metrics_have_the_config_as_a_dimension_during_an_update(serving):
    predictions(serving, 1)
    update(serving)
    serving.advance(minutes=3)
    predictions(serving, 4)

    total = serving.metrics.total
    assert total("Invocations", **VARIANT) == 5
    assert total("Invocations", **VARIANT, EndpointConfigName="config-two") == 2
    assert total("Invocations", **VARIANT, EndpointConfigName="config-ten") == 2


def test_retained_properties_are_those_of_the_running_fleet(serving):
    serving.call(
        "UpdateEndpointWeightsAndCapacities",
        EndpointName="flights",
        DesiredWeightsAndCapacities=[{"VariantName": "AllTraffic", "DesiredInstanceCount": 5}],
    )
    assert serving.describe()["EndpointStatus"] == "Updating"
    serving.advance(minutes=1)

    update(serving, RetainAllVariantProperties=True)
    serving.advance(minutes=40)

    described = serving.describe()
    assert described["EndpointConfigName"] == "config-ten"
    assert described["ProductionVariants"][0]["CurrentInstanceCount"] == 5


def test_data_capture_is_retained_unless_it_is_excluded(serving):
    capture = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": "s3://capture/v2",
        "CaptureOptions": [{"CaptureMode": "Input"}],
    }
    serving.config("first", "ten", DataCaptureConfig=capture)
    serving.config("second", "ten", DataCaptureConfig={**capture, "DestinationS3Uri": "s3://c/v3"})
    serving.config("third", "ten", DataCaptureConfig={**capture, "DestinationS3Uri": "s3://c/v4"})
    update(serving, "first")
    serving.advance(minutes=40)

    update(serving, "second", RetainAllVariantProperties=True)
    serving.advance(minutes=40)
    assert serving.describe()["DataCaptureConfig"]["DestinationS3Uri"] == "s3://capture/v2"

    update(
        serving,
        "third",
        RetainAllVariantProperties=True,
        ExcludeRetainedVariantProperties=[{"VariantPropertyType": "DataCaptureConfig"}],
    )
    serving.advance(minutes=40)
    assert serving.describe()["DataCaptureConfig"]["DestinationS3Uri"] == "s3://c/v4"


def test_the_instance_type_of_a_scalable_variant_can_not_change(serving):
    serving.config("large", "ten", instance_type="ml.m5.xlarge")
    serving.scalable.add("endpoint/flights/variant/AllTraffic")

    with pytest.raises(ServiceError, match="deregistered"):
        update(serving, "large")
    serving.scalable.clear()
    update(serving, "large")


def test_variant_names_can_not_change(serving):
    variant: dict[str, object] = {
        "VariantName": "Other",
        "ModelName": "ten",
        "InstanceType": "ml.m5.large",
    }
    variant["InitialInstanceCount"] = 2
    serving.call("CreateEndpointConfig", EndpointConfigName="other", ProductionVariants=[variant])

    with pytest.raises(ServiceError, match="Variant names"):
        update(serving, "other")


def test_the_name_of_a_deleted_endpoint_can_be_used_again(serving):
    serving.call("DeleteEndpoint", EndpointName="flights")

    with pytest.raises(ServiceError, match="Could not find endpoint"):
        serving.describe()
    serving.endpoint("config-ten")
    assert set(predictions(serving, 1)) == {30.0}


def test_a_second_rehearsal_in_the_same_folder_uses_its_own_models(tmp_path, new_emulator):
    for weight in ("2", "10"):
        emulator = new_emulator(tmp_path)
        emulator.model("m", weight=weight)
        emulator.config("config", "m")
        emulator.endpoint("config")
        assert predictions(emulator, 1) == [3.0 * float(weight)]
        emulator.sagemaker.close()


def test_a_process_that_ended_gives_an_error_and_does_not_hang(emulator):
    emulator.model("fatal", script="import os\n" + FATAL)
    emulator.config("config", "fatal")
    emulator.endpoint("config")

    assert emulator.invoke()[0] == 424
    assert emulator.invoke()[0] == 424


FATAL = """
def model_fn(model_dir):
    return None

def input_fn(body, content_type):
    os._exit(3)

predict_fn = output_fn = input_fn
"""
