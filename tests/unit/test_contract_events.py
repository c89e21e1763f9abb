import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from driftloop.contract import events
from driftloop.contract.aws_events import AlarmStateChange
from driftloop.contract.events import (
    AnalysisCompleted,
    EventDetail,
    OwnEventDetail,
    PublishedEventDetail,
    ReleaseCompleted,
    RetrainingDecided,
    RetrainingRequested,
    decode_event,
    decode_payload,
)
from driftloop.contract.payloads import AnalysisInput
from driftloop.errors import InputError
from driftloop.window import Window

PUBLISHED = PublishedEventDetail.__subclasses__()
EVENTS = Path(__file__).parents[1] / "lambdas" / "events"


def stored(name, **detail):
    event = json.loads((EVENTS / f"{name}.json").read_text())
    return {**event, "detail": {**event["detail"], **detail}}


def field(kind, name):
    [found] = [field for field in msgspec.structs.fields(kind) if field.name == name]
    return found


def test_a_delivered_event_has_its_id_its_time_and_a_typed_detail():
    event = decode_event(AnalysisCompleted, stored("analysis"))
    assert event.id == "7bf73129-1428-4cd3-a780-95db273d1602"
    assert event.time == datetime(2026, 3, 10, 12, 21, tzinfo=UTC)
    assert event.detail.window == Window(
        datetime(2026, 3, 10, 11, tzinfo=UTC), datetime(2026, 3, 10, 12, tzinfo=UTC)
    )


def test_a_detail_is_read_as_it_was_published():
    published = ReleaseCompleted(
        environment="test",
        deduplication_id="5f2c8a1e0b7d4936a1c2e3f405162738",
        model="late",
        version=2,
        outcome="promoted",
        purpose="approval",
        reason="The endpoint is InService.",
        as_of=datetime(2026, 3, 10, 14, 30, tzinfo=UTC),
    )
    envelope = {"id": "1", "time": "2026-03-10T14:30:00Z"}
    event = {**envelope, "detail": json.loads(published.to_json())}
    assert event["detail"]["as_of"] == "2026-03-10T14:30:00Z"
    assert decode_event(ReleaseCompleted, event).detail == published


def test_equal_decisions_are_equal_text_and_a_refusal_has_no_execution():
    def decided(evidence):
        return RetrainingDecided(
            environment="test",
            deduplication_id="5f2c8a1e0b7d4936a1c2e3f405162738",
            model="late",
            decision="refuse",
            reason="cooldown",
            idempotency_key="k",
            decision_id="d",
            evidence=evidence,
        )

    text = decided({"a": 1, "b": [2]}).to_json()
    assert text == decided({"b": [2], "a": 1}).to_json()
    assert "execution_arn" not in json.loads(text)


def test_a_request_without_reason_and_name_has_defaults():
    detail = decode_payload(RetrainingRequested, {"environment": "test", "model": "late"})
    assert (detail.reason, detail.requested_by) == ("no reason given", "unknown")


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (stored("analysis", version="one"), r"7bf73129.*Analysis Completed.*int.*version"),
        (stored("analysis", window={"start": "2026-03-10T11:00:00Z"}), r"`end`.*window"),
        ({"detail-type": "Analysis Completed", "id": "1", "time": "noon", "detail": {}}, "time"),
        ({"detail-type": "Analysis Completed"}, "without id.*id"),
    ],
)
def test_an_invalid_event_is_an_input_error_that_names_event_and_field(event, message):
    with pytest.raises(InputError, match=message):
        decode_event(AnalysisCompleted, event)


@pytest.mark.parametrize("kind", [*PUBLISHED, RetrainingRequested])
def test_each_own_event_requires_its_environment(kind):
    assert kind.DETAIL_TYPE
    assert field(kind, "environment").required


@pytest.mark.parametrize("kind", PUBLISHED)
def test_each_published_event_has_an_id_by_which_a_repetition_is_recognized(kind):
    """It is empty in an event of a version of driftloop that did not have it."""
    assert field(kind, "deduplication_id").default == ""


def test_every_event_of_the_contract_is_an_own_event():
    own = {kind for kind in EventDetail.__subclasses__() if kind.__module__ == events.__name__}
    assert own == {OwnEventDetail}
    assert set(OwnEventDetail.__subclasses__()) == {PublishedEventDetail, RetrainingRequested}


def test_the_events_of_aws_are_read_in_their_own_spelling():
    detail = decode_event(AlarmStateChange, stored("alarm")).detail
    assert (detail.alarm_name, detail.state.value) == ("driftloop-test-late-drift", "ALARM")


def test_an_invalid_payload_is_an_input_error_that_names_its_type():
    with pytest.raises(InputError, match=r"AnalysisInput.*window"):
        decode_payload(AnalysisInput, {"model": "late", "revision": 0})
