"""The deployed analysis reads payloads by the mapping, and rows by the version's baseline."""

import json
from dataclasses import replace

import boto3
import pytest

from lambdas.detect.handler import handle as detect
from lambdas.plan.handler import handle as plan
from lambdas.profile.handler import handle as profile
from tests.lambdas.analysis import HOUR, analyze, manifest, report, work
from tests.lambdas.captures import SCHEMA, baseline_bytes, baseline_key, records, write_capture


def nested(lines):
    """The requests as JSON objects with the features below keys of their own."""
    for line in lines:
        payload = line["captureData"]["endpointInput"]
        temp, carrier = payload["data"].split(",")
        document = {"flights": [{"weather": {"temp": float(temp)}, "Carrier": carrier}]}
        payload |= {"data": json.dumps(document), "encoding": "JSON"}
    return lines


def test_nested_requests_are_read_by_the_paths_of_driftloop_yaml(live, fleet_of):
    write_capture(HOUR, nested(records(HOUR)))
    live._environ["FLEET_KEY"] = fleet_of()
    analyze(live)
    assert report().verdict == "invalid_data"
    [unread] = report().counts.first_unread
    assert unread.shape == "{flights: [{weather: {temp: number}, Carrier: text}]}"
    assert unread.suggested_settings.splitlines() == [
        'records_key: "flights"',
        'feature_keys: {"temp": "weather.temp", "carrier": "Carrier"}',
    ]

    keys = {"temp": "weather.temp", "carrier": "Carrier"}
    live._environ["FLEET_KEY"] = fleet_of(records_key="flights", feature_keys=keys)
    [item] = manifest(plan(work(revision=1), None, live))
    assert item["payload_mapping"]["feature_keys"] == keys
    analyze(live, revision=1)
    assert report(revision=1).verdict == "stable"
    assert report(revision=1).counts.records == 300


def test_the_ignored_columns_of_a_version_are_those_of_its_baseline(live):
    schema = replace(SCHEMA, request_columns=("temp", "id", "carrier"))
    body = baseline_bytes(schema)
    boto3.client("s3").put_object(Bucket="artifacts", Key=baseline_key(1), Body=body)
    lines = records(HOUR)
    for number, line in enumerate(lines):
        payload = line["captureData"]["endpointInput"]
        payload["data"] = payload["data"].replace(",", f",id-{number},")
    write_capture(HOUR, lines)
    analyze(live)
    assert report().verdict == "stable"
    assert [*report().features] == ["temp", "carrier"]
    assert report().counts.lines_rejected == {}


def test_a_plan_from_before_the_mapping_is_read_by_its_key_of_predictions(live):
    """An execution continues after a deployment, and a stored plan is used for two weeks."""
    lines = records(HOUR)
    for line in lines:
        response = line["captureData"]["endpointOutput"]
        score = float(response["data"])
        response |= {"data": json.dumps({"score": score, "other": 1.5}), "encoding": "JSON"}
    write_capture(HOUR, lines)
    planned = plan(work(), None, live)
    [item] = manifest(planned)
    del item["payload_mapping"]
    profile({**item, "prediction_key": "score"}, None, live)
    detect({"input": work(), "plan": planned}, None, live)
    assert report().counts.records == 300
    assert report().counts.missing_predictions == 0
    assert report().prediction.current.mean == pytest.approx(0.5, abs=0.1)
