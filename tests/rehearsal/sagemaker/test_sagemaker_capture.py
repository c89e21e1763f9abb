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


@pytest.fixture
def captured(world):
    """Makes an endpoint with this data capture; then a function that gives its captured records."""

    def start(weight="2", **settings):
        world.model("two", weight=weight)
        world.config("config", "two", DataCaptureConfig={**CAPTURE, **settings})
        world.endpoint("config")

    def records():
        names = world.store.list("s3://capture/")
        return [json.loads(line) for name in names for line in world.store.get(name).splitlines()]

    start.records = records
    return start


def test_a_record_has_the_documented_form(world, captured):
    captured()
    world.invoke(b"3,x\n", X_Amzn_SageMaker_Inference_Id="order-7")
    world.advance(minutes=2)

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


def test_files_are_keyed_by_their_first_record_and_encrypted(world, captured):
    captured()
    world.invoke()
    world.advance(seconds=59)
    assert world.store.list("s3://capture/") == []
    world.advance(seconds=1)

    (name,) = world.store.list("s3://capture/")
    assert re.fullmatch(
        r"s3://capture/flights/v1/flights/AllTraffic/2026/04/18/00/21-48-000-[0-9a-f-]{36}\.jsonl",
        name,
    )
    assert world.store.keys[name] == CAPTURE["KmsKeyId"]


def test_a_file_begun_in_one_hour_holds_the_next_hours_records(world, captured):
    captured()
    world.advance(minutes=37, seconds=42)  # 00:59:30
    world.invoke()
    world.advance(seconds=40)
    world.invoke()
    world.advance(minutes=2)

    (name,) = world.store.list("s3://capture/")
    assert "/00/59-30-000-" in name
    times = [record["eventMetadata"]["inferenceTime"] for record in captured.records()]
    assert times == ["2026-04-18T00:59:30Z", "2026-04-18T01:00:10Z"]


def test_records_are_written_without_blanks_one_a_line(world, captured):
    captured()
    world.invoke()
    world.invoke()
    world.advance(minutes=2)

    (name,) = world.store.list("s3://capture/")
    first, second, rest = world.store.get(name).split(b"\n")
    assert first.startswith(b'{"captureData":{"endpointInput":{"observedContentType":"text/csv",')
    assert second.endswith(b'"eventVersion":"0"}')
    assert rest == b""


def test_files_roll_after_a_minute(world, captured):
    captured()
    for _ in range(3):
        world.invoke()
        world.advance(seconds=61)

    assert len(world.store.list("s3://capture/")) == 3


def test_sampling_keeps_exactly_its_share(world, captured):
    captured(InitialSamplingPercentage=30)
    for _ in range(20):
        world.invoke()
    world.advance(minutes=2)

    assert len(captured.records()) == 6


def test_without_listed_content_types_everything_is_base64(world, captured):
    captured(CaptureContentTypeHeader={"CsvContentTypes": ["text/other"]})
    world.invoke(b"3,x\n")
    world.advance(minutes=2)

    side = captured.records()[0]["captureData"]["endpointInput"]
    assert side["encoding"] == "BASE64"
    assert base64.b64decode(side["data"]) == b"3,x\n"


def test_json_is_captured_as_json(world, captured):
    captured()
    body = json.dumps({"instances": [[5]]}).encode()
    world.invoke(body, "application/json", accept="application/json")
    world.advance(minutes=2)

    data = captured.records()[0]["captureData"]
    assert (data["endpointInput"]["encoding"], data["endpointOutput"]["encoding"]) == (
        "JSON",
        "JSON",
    )
    assert data["endpointInput"]["data"] == body.decode()


def test_input_alone_can_be_captured(world, captured):
    captured(CaptureOptions=[{"CaptureMode": "Input"}])
    world.invoke()
    world.advance(minutes=2)

    assert list(captured.records()[0]["captureData"]) == ["endpointInput"]


def test_an_error_of_the_model_is_captured_without_a_content_type(world, captured):
    captured(weight="broken")
    world.invoke()
    world.advance(minutes=2)

    side = captured.records()[0]["captureData"]["endpointOutput"]
    assert side["observedContentType"] is None
    error = json.loads(base64.b64decode(side["data"]))
    assert error["code"] == 500
    assert "answers with errors" in error["message"]


def test_custom_attributes_are_kept(world, captured):
    captured()
    world.invoke(X_Amzn_SageMaker_Custom_Attributes="trace=1")
    world.advance(minutes=2)

    assert captured.records()[0]["eventMetadata"]["customAttributes"] == ["trace=1"]


def test_capture_that_is_switched_off_writes_nothing(world, captured):
    captured(EnableCapture=False)
    world.invoke()
    world.advance(minutes=2)

    assert captured.records() == []
    assert world.describe()["DataCaptureConfig"]["CaptureStatus"] == "Stopped"


def test_event_ids_are_the_same_in_every_rehearsal_and_never_twice(world, captured):
    captured()
    for _ in range(50):
        world.invoke()
    world.advance(minutes=2)

    ids = [record["eventMetadata"]["eventId"] for record in captured.records()]
    assert len(set(ids)) == 50
    assert ids[0] == "8e839080-50a6-5308-b84d-5ea3056f8dcd"


def test_during_a_canary_each_config_captures_to_its_own_prefix(world, captured):
    captured()
    settings = {**CAPTURE, "DestinationS3Uri": "s3://capture/flights/v2"}
    world.config("next", "two", DataCaptureConfig=settings)
    world.call("UpdateEndpoint", EndpointName="flights", EndpointConfigName="next")
    world.invoke()
    world.advance(minutes=5)
    world.invoke()
    world.advance(minutes=5)

    prefixes = [name.split("/")[4] for name in world.store.list("s3://capture/")]
    assert prefixes == ["v1", "v2"]


def test_a_destination_that_refuses_does_not_stop_the_endpoint(world, captured, monkeypatch):
    captured()

    def refuse(*_args, **_kwargs):
        raise PermissionError("no access to the bucket")

    monkeypatch.setattr(world.store, "put", refuse)
    world.invoke()
    world.advance(minutes=2)

    assert world.invoke()[0] == 200


def test_what_is_not_written_yet_is_written_at_the_end(world, captured):
    captured()
    world.invoke()
    world.sagemaker.close()

    assert len(captured.records()) == 1
