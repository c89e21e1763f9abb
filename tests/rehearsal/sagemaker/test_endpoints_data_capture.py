import base64
import json
import re

import pytest

CAPTURE = {
    "EnableCapture": True,
    "InitialSamplingPercentage": 100,
    "DestinationS3Uri": "s3://capture/flights/v1",
    "KmsKeyId": "arn:aws:kms:us-east-1:000000000000:key/k",
    "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
    "CaptureContentTypeHeader": {
        "CsvContentTypes": ["text/csv"],
        "JsonContentTypes": ["application/json"],
    },
}


class CapturedEndpoint:
    """Creates an endpoint with data capture when called."""

    def __init__(self, emulator):
        self._emulator = emulator

    def __call__(self, weight="2", **settings):
        self._emulator.model("two", weight=weight)
        self._emulator.config("config", "two", DataCaptureConfig={**CAPTURE, **settings})
        self._emulator.endpoint("config")

    def records(self):
        store = self._emulator.store
        uris = store.list("s3://capture/")
        return [json.loads(line) for uri in uris for line in store.get(uri).splitlines()]


@pytest.fixture
def captured(emulator):
    return CapturedEndpoint(emulator)


def test_a_record_has_the_documented_form(emulator, captured):
    captured()
    emulator.invoke(b"3,x\n", X_Amzn_SageMaker_Inference_Id="order-7")
    emulator.advance(minutes=2)

    (record,) = captured.records()
    assert re.fullmatch("[0-9a-f-]{36}", record["eventMetadata"].pop("eventId"))
    assert record == {
        "captureData": {
            "endpointInput": {
                "observedContentType": "text/csv",
                "mode": "INPUT",
                "data": "3,x\n",
                "encoding": "CSV",
            },
            "endpointOutput": {
                "observedContentType": "text/csv; charset=utf-8",
                "mode": "OUTPUT",
                "data": "6.0\n",
                "encoding": "CSV",
            },
        },
        "eventMetadata": {"inferenceId": "order-7", "inferenceTime": "2026-04-18T00:21:48Z"},
        "eventVersion": "0",
    }


def test_a_file_is_encrypted_and_has_the_time_of_its_first_record_in_its_key(emulator, captured):
    captured()
    emulator.invoke()
    emulator.advance(seconds=59)
    assert emulator.store.list("s3://capture/") == []
    emulator.advance(seconds=1)

    (name,) = emulator.store.list("s3://capture/")
    assert re.fullmatch(
        r"s3://capture/flights/v1/flights/AllTraffic/2026/04/18/00/21-48-000-[0-9a-f-]{36}\.jsonl",
        name,
    )
    assert emulator.store.keys[name] == CAPTURE["KmsKeyId"]


def test_a_file_opened_in_one_hour_has_records_of_the_next_hour(emulator, captured):
    captured()
    emulator.advance(minutes=37, seconds=42)  # 00:59:30
    emulator.invoke()
    emulator.advance(seconds=40)
    emulator.invoke()
    emulator.advance(minutes=2)

    (name,) = emulator.store.list("s3://capture/")
    assert "/00/59-30-000-" in name
    times = [record["eventMetadata"]["inferenceTime"] for record in captured.records()]
    assert times == ["2026-04-18T00:59:30Z", "2026-04-18T01:00:10Z"]


def test_a_record_is_one_line_without_spaces(emulator, captured):
    captured()
    emulator.invoke()
    emulator.invoke()
    emulator.advance(minutes=2)

    (name,) = emulator.store.list("s3://capture/")
    first, second, rest = emulator.store.get(name).split(b"\n")
    assert first.startswith(b'{"captureData":{"endpointInput":{"observedContentType":"text/csv",')
    assert second.endswith(b'"eventVersion":"0"}')
    assert rest == b""


def test_a_new_file_is_opened_after_a_minute(emulator, captured):
    captured()
    for _ in range(3):
        emulator.invoke()
        emulator.advance(seconds=61)

    assert len(emulator.store.list("s3://capture/")) == 3


def test_exactly_the_configured_share_is_sampled(emulator, captured):
    captured(InitialSamplingPercentage=30)
    for _ in range(20):
        emulator.invoke()
    emulator.advance(minutes=2)

    assert len(captured.records()) == 6


def test_a_content_type_that_is_not_configured_is_captured_as_base64(emulator, captured):
    captured(CaptureContentTypeHeader={"CsvContentTypes": ["text/other"]})
    emulator.invoke(b"3,x\n")
    emulator.advance(minutes=2)

    side = captured.records()[0]["captureData"]["endpointInput"]
    assert side["encoding"] == "BASE64"
    assert base64.b64decode(side["data"]) == b"3,x\n"


def test_json_is_captured_as_json(emulator, captured):
    captured()
    body = json.dumps({"instances": [[5]]}).encode()
    emulator.invoke(body, "application/json", accept="application/json")
    emulator.advance(minutes=2)

    data = captured.records()[0]["captureData"]
    assert (data["endpointInput"]["encoding"], data["endpointOutput"]["encoding"]) == (
        "JSON",
        "JSON",
    )
    assert data["endpointInput"]["data"] == body.decode()


def test_capture_can_be_limited_to_the_input(emulator, captured):
    captured(CaptureOptions=[{"CaptureMode": "Input"}])
    emulator.invoke()
    emulator.advance(minutes=2)

    assert list(captured.records()[0]["captureData"]) == ["endpointInput"]


def test_an_error_of_the_model_is_captured_without_a_content_type(emulator, captured):
    captured(weight="broken")
    emulator.invoke()
    emulator.advance(minutes=2)

    side = captured.records()[0]["captureData"]["endpointOutput"]
    assert side["observedContentType"] is None
    error = json.loads(base64.b64decode(side["data"]))
    assert error["code"] == 500
    assert "Internal Server Error" in error["message"]


def test_custom_attributes_are_captured(emulator, captured):
    captured()
    emulator.invoke(X_Amzn_SageMaker_Custom_Attributes="trace=1")
    emulator.advance(minutes=2)

    assert captured.records()[0]["eventMetadata"]["customAttributes"] == ["trace=1"]


def test_disabled_capture_writes_nothing(emulator, captured):
    captured(EnableCapture=False)
    emulator.invoke()
    emulator.advance(minutes=2)

    assert captured.records() == []
    assert emulator.describe()["DataCaptureConfig"]["CaptureStatus"] == "Stopped"


def test_event_ids_are_unique_and_the_same_in_every_rehearsal(emulator, captured):
    captured()
    for _ in range(50):
        emulator.invoke()
    emulator.advance(minutes=2)

    ids = [record["eventMetadata"]["eventId"] for record in captured.records()]
    assert len(set(ids)) == 50
    assert ids[0] == "8e839080-50a6-5308-b84d-5ea3056f8dcd"


def test_during_a_canary_each_config_captures_to_its_own_prefix(emulator, captured):
    captured()
    settings = {**CAPTURE, "DestinationS3Uri": "s3://capture/flights/v2"}
    emulator.config("next", "two", DataCaptureConfig=settings)
    emulator.call("UpdateEndpoint", EndpointName="flights", EndpointConfigName="next")
    emulator.invoke()
    emulator.advance(minutes=5)
    emulator.invoke()
    emulator.advance(minutes=5)

    prefixes = [name.split("/")[4] for name in emulator.store.list("s3://capture/")]
    assert prefixes == ["v1", "v2"]


def test_an_endpoint_keeps_serving_when_captured_data_can_not_be_written(
    emulator, captured, monkeypatch
):
    captured()

    def deny(*_args, **_kwargs):
        raise PermissionError("no access to the bucket")

    monkeypatch.setattr(emulator.store, "put", deny)
    emulator.invoke()
    emulator.advance(minutes=2)

    assert emulator.invoke()[0] == 200


def test_captured_data_that_is_not_written_yet_is_written_at_the_end(emulator, captured):
    captured()
    emulator.invoke()
    emulator.sagemaker.close()

    assert len(captured.records()) == 1
