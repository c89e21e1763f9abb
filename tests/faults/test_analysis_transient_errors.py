"""Errors that pass are retried by the state machine, and the window is analyzed as without them."""

import io
from typing import Any

import boto3
import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    IncompleteReadError,
    ReadTimeoutError,
    ResponseStreamingError,
)

from driftloop.contract.events import ReleaseCompleted
from driftloop.window import parse_time
from infra.constructs.analysis_state_machine import state_machine_definition
from lambdas.aws.clients import AwsClients
from lambdas.aws.publishing import publish_event
from lambdas.aws.transient_errors import TransientError, is_transient
from lambdas.detect.handler import handle as detect
from lambdas.plan.handler import handle as plan
from lambdas.profile.handler import handle as profile
from tests.lambdas.account import ENVIRON
from tests.lambdas.analysis import HOUR, analyze, listed, manifest, read, report, work
from tests.lambdas.captures import records, write_capture


def refusal(code, status=None, reasons=()):
    response: Any = {
        "Error": {"Code": code, "Message": "refused"},
        "CancellationReasons": list(reasons),
    }
    if status is not None:
        response["ResponseMetadata"] = {"HTTPStatusCode": status}
    return ClientError(response, "AnOperation")


class BrokenStream(io.BytesIO):
    """A body whose connection breaks after the first bytes, with urllib3's error as botocore's."""

    def iter_chunks(self, _size):
        yield self.read(1000)
        raise ResponseStreamingError(error="Connection broken: IncompleteRead(1000 bytes read)")

    def read(self, size=None):
        if size is None:
            raise ResponseStreamingError(error="Connection broken: IncompleteRead(0 bytes read)")
        return super().read(size)


class FaultyS3:
    """S3 whose first GetObject of a captured object, or of any, fails for a moment."""

    def __init__(self, fault, bucket):
        self._s3, self._fault, self._bucket, self.faults = boto3.client("s3"), fault, bucket, 0

    def __getattr__(self, name):
        return getattr(self._s3, name)

    def get_object(self, **request):
        response = self._s3.get_object(**request)
        if request["Bucket"] != self._bucket or self.faults:
            return response
        self.faults += 1
        if isinstance(self._fault, Exception):
            raise self._fault
        return {**response, "Body": BrokenStream(response["Body"].read())}


FAULTS = {
    "the stream breaks": None,
    "S3 slows down": refusal("SlowDown", 503),
    "KMS throttles S3": refusal("KMS.ThrottlingException", 400),
    "the read times out": ReadTimeoutError(endpoint_url="https://s3.amazonaws.com"),
}
faults = pytest.mark.parametrize("fault", FAULTS.values(), ids=list(FAULTS))


def retried_errors():
    """The errors that each Lambda task of the state machine retries."""
    states = state_machine_definition()["States"]
    tasks = {name: state for name, state in states.items() if state["Type"] == "Task"}
    tasks |= states["Profile"]["ItemProcessor"]["States"]
    return {
        name: {error for rule in task["Retry"] for error in rule["ErrorEquals"]}
        for name, task in tasks.items()
    }


def faulty(aws, fault, bucket):
    s3 = FaultyS3(fault, bucket)
    names = ("events", "sns", "sagemaker")
    environ = {**ENVIRON, "FLEET_KEY": aws.setting("FLEET_KEY")}
    return AwsClients(environ, s3=s3, **{name: aws.client(name) for name in names}), s3


@faults
def test_a_batch_whose_object_can_t_be_read_for_a_moment_is_profiled_by_the_retry(live, fault):
    write_capture(HOUR, records(HOUR))
    planned = plan(work(), None, live)
    [item] = manifest(planned)
    aws, s3 = faulty(live, fault, "capture")
    with pytest.raises(TransientError) as raised:
        profile(item, None, aws)

    assert type(raised.value).__name__ in retried_errors()["ProfileBatch"]
    assert s3.faults == 1
    profile(item, None, aws)
    detect({"input": work(), "plan": planned}, None, live)
    assert report().counts.lines_used == 300
    assert report().counts.lines_rejected == {}


@faults
@pytest.mark.parametrize("state", ["Plan", "Detect"])
def test_plan_and_detect_name_an_error_that_passes_and_succeed_in_the_retry(live, fault, state):
    write_capture(HOUR, records(HOUR))
    planned = plan(work(), None, live)
    [item] = manifest(planned)
    profile(item, None, live)
    retried, arguments = {
        "Plan": (plan, work()),
        "Detect": (detect, {"input": work(), "plan": planned}),
    }[state]
    aws, _ = faulty(live, fault, "analysis")
    with pytest.raises(TransientError) as raised:
        retried(arguments, None, aws)

    assert type(raised.value).__name__ in retried_errors()[state]
    retried(arguments, None, aws)
    analyze(live)
    assert report().counts.lines_used == 300


def test_a_batch_that_is_retried_after_a_broken_stream_has_the_same_bytes(live):
    write_capture(HOUR, records(HOUR))
    write_capture(HOUR, b"garbage\n", name="20-00-000-g.jsonl")
    [item] = manifest(plan(work(), None, live))
    profile(item, None, live)
    undisturbed = {key: read(key) for key in listed("")}
    aws, _ = faulty(live, None, "capture")
    with pytest.raises(TransientError):
        profile(item, None, aws)
    profile(item, None, aws)
    assert {key: read(key) for key in listed("")} == undisturbed


def test_every_function_of_the_state_machine_is_retried_with_backoff_and_jitter():
    assert set(retried_errors()) == {"Plan", "ProfileBatch", "Detect", "NotifyFailure"}
    for errors in retried_errors().values():
        assert {"TransientError", "IncompleteError"} <= errors
    [rule] = state_machine_definition()["States"]["Plan"]["Retry"]
    assert rule["JitterStrategy"] == "FULL"
    assert rule["BackoffRate"] > 1


@pytest.mark.parametrize(
    "error",
    [
        refusal("ProvisionedThroughputExceededException", 400),
        refusal(
            "TransactionCanceledException", 400, [{"Code": "None"}, {"Code": "ThrottlingError"}]
        ),
        refusal("InternalError", 500),
        refusal("503", 503),
        refusal("RequestTimeout", 400),
        EndpointConnectionError(endpoint_url="https://s3.amazonaws.com"),
        ConnectTimeoutError(endpoint_url="https://s3.amazonaws.com"),
        IncompleteReadError(actual_bytes=1, expected_bytes=2),
    ],
    ids=str,
)
def test_what_passes_is_transient(error):
    assert is_transient(error)


@pytest.mark.parametrize(
    "error",
    [
        refusal("AccessDenied", 403),
        refusal("NoSuchKey", 404),
        refusal("KMS.DisabledException", 400),
        refusal("ValidationException", 400),
        refusal("TransactionCanceledException", 400, [{"Code": "ValidationError"}]),
        ValueError("a bug"),
    ],
    ids=str,
)
def test_what_would_fail_again_is_not(error):
    assert not is_transient(error)


@pytest.mark.parametrize(
    ("code", "expected"),
    [("ThrottlingException", TransientError), ("NotAuthorizedForSourceException", RuntimeError)],
)
def test_an_event_that_the_bus_throttles_is_retried_and_a_forbidden_one_is_not(code, expected):
    class Bus:
        def put_events(self, **_request):
            return {"FailedEntryCount": 1, "Entries": [{"ErrorCode": code}]}

    event = ReleaseCompleted(
        environment="test",
        deduplication_id="5f2c8a1e0b7d4936a1c2e3f405162738",
        model="late",
        version=2,
        outcome="promoted",
        purpose="approval",
        reason="",
        as_of=parse_time("2026-03-10T12:00:00Z"),
    )
    with pytest.raises(RuntimeError) as raised:
        publish_event(AwsClients(ENVIRON, events=Bus()), event, event.as_of)
    assert type(raised.value) is expected
