"""Event patterns against the sample events of AWS's documentation and the project's own events.

The samples are as documented, with their page; a test gives them the name of a resource of the
environment, or changes one field of a match. Both emulators' matchers must agree.
"""

import copy
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from moto.events.models import EventPattern

from driftloop.contract.events import (
    AnalysisCompleted,
    EventDetail,
    ObjectLocation,
    ReleaseCompleted,
    RetrainingDecided,
    RetrainingRequested,
)
from driftloop.window import Window
from rehearsal.ministack.events import matches_pattern
from rehearsal.resolved_templates import ResolvedStacks

EVENTS = Path(__file__).parent / "events"
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
PIPELINE = "arn:aws:sagemaker:eu-central-1:123456789012:pipeline/"
OWN_EVENTS: list[EventDetail] = [
    AnalysisCompleted(
        environment="test",
        deduplication_id="5f2c8a1e0b7d4936a1c2e3f405162738",
        model="credit",
        version=1,
        is_champion=True,
        verdict="stable",
        window=Window(NOW, NOW.replace(hour=13)),
        revision=0,
        reasons=(),
        drifted_features=(),
        persistent_columns=(),
        daily=None,
        report=ObjectLocation(bucket="analysis", key="report.json"),
        as_of=NOW,
    ),
    RetrainingRequested(environment="test", model="credit"),
]
PUBLISHED_ONLY: list[EventDetail] = [
    RetrainingDecided(
        environment="test",
        deduplication_id="5f2c8a1e0b7d4936a1c2e3f405162738",
        model="credit",
        decision="refuse",
        reason="cooldown",
        idempotency_key="k",
        decision_id="d",
        evidence={},
    ),
    ReleaseCompleted(
        environment="test",
        deduplication_id="5f2c8a1e0b7d4936a1c2e3f405162738",
        model="credit",
        version=1,
        outcome="promoted",
        purpose="approval",
        reason="The endpoint is InService.",
        as_of=NOW,
    ),
]


def moto_matches(pattern: dict[str, Any], event: Any) -> bool:
    return EventPattern(None, pattern).matches_event(event)


def documented(sample: str, /, **detail: Any) -> dict[str, Any]:
    """A documented sample event, with changes to its detail."""
    event: dict[str, Any] = json.loads((EVENTS / f"{sample}.json").read_text())["event"]
    return {**event, "detail": {**event["detail"], **detail}}


def own(event: EventDetail, source: str = "driftloop", **detail: Any) -> dict[str, Any]:
    """An event of the project as EventBridge delivers it."""
    published = json.loads(event.to_json()) | detail
    return {
        "version": "0",
        "id": "7bf73129-1428-4cd3-a780-95db273d1602",
        "detail-type": event.DETAIL_TYPE,
        "source": source,
        "account": "123456789012",
        "time": "2026-03-10T12:21:00Z",
        "region": "eu-central-1",
        "resources": [],
        "detail": published,
    }


@pytest.fixture(scope="module")
def patterns(templates: Any) -> dict[str, dict[str, Any]]:
    """The event patterns of the rules, by the name of the function that they invoke."""
    stacks = ResolvedStacks(templates.stacks)
    return {rule.logical_id: rule.properties for rule in stacks.resources("AWS::Events::Rule")}


def invoked(patterns: dict[str, dict[str, Any]], event: dict[str, Any]) -> list[str]:
    """The functions that an event invokes, by both matchers."""
    found = []
    for rule in patterns.values():
        pattern = rule["EventPattern"]
        matches = moto_matches(pattern, event)
        assert matches_pattern(pattern, event) is matches
        if matches:
            found += [target["Arn"].rpartition("-")[2] for target in rule["Targets"]]
    return found


MATCHES = [
    ("gate", documented("alarm_state", alarmName="driftloop-test-credit-drift")),
    (
        "gate",
        documented("pipeline_execution_status", pipelineArn=f"{PIPELINE}driftloop-test-credit"),
    ),
    (
        "release",
        documented("model_package_state", ModelPackageGroupName="driftloop-test-price-v2"),
    ),
    ("release", documented("endpoint_state", EndpointName="driftloop-test-credit")),
    ("release", documented("endpoint_deployment_state", EndpointName="driftloop-test-credit")),
    ("release", documented("parameter_store_change", name="/driftloop/test/credit/serving")),
    *(("gate", own(event)) for event in OWN_EVENTS),
    (
        "release",
        documented(
            "parameter_store_change", name="/driftloop/test/credit/serving", operation="Create"
        ),
    ),
]


@pytest.mark.parametrize(
    ("function", "event"), MATCHES, ids=[event["detail-type"] for _, event in MATCHES]
)
def test_an_event_of_the_environment_invokes_its_function_once(
    patterns: Any, function: str, event: dict[str, Any]
) -> None:
    assert invoked(patterns, event) == [function]


def with_state(event: dict[str, Any], value: str) -> dict[str, Any]:
    changed = copy.deepcopy(event)
    changed["detail"]["state"]["value"] = value
    return changed


def with_envelope(event: dict[str, Any], **members: str) -> dict[str, Any]:
    return {**event, **{name.replace("_", "-"): value for name, value in members.items()}}


ALARM, PIPELINE_ENDED = MATCHES[0][1], MATCHES[1][1]
NEAR_MISSES = {
    "the alarm's documented sample": documented("alarm_state"),
    "an alarm that is OK": with_state(ALARM, "OK"),
    "an alarm without data": with_state(ALARM, "INSUFFICIENT_DATA"),
    "an alarm that does not start a retraining": documented(
        "alarm_state", alarmName="driftloop-test-credit-heartbeat"
    ),
    "an alarm of another environment": documented(
        "alarm_state", alarmName="driftloop-test2-credit-drift"
    ),
    "the pipeline's documented sample": documented("pipeline_execution_status"),
    "a pipeline that is executing": documented(
        "pipeline_execution_status",
        pipelineArn=f"{PIPELINE}driftloop-test-credit",
        currentPipelineExecutionStatus="Executing",
    ),
    "a pipeline that is stopping": documented(
        "pipeline_execution_status",
        pipelineArn=f"{PIPELINE}driftloop-test-credit",
        currentPipelineExecutionStatus="Stopping",
    ),
    "a pipeline of another environment": documented(
        "pipeline_execution_status", pipelineArn=f"{PIPELINE}driftloop-test2-credit"
    ),
    "a pipeline's step": with_envelope(
        PIPELINE_ENDED,
        detail_type="SageMaker Model Building Pipeline Execution Step Status Change",
    ),
    "the package's documented sample": documented("model_package_state"),
    "a package of another environment": documented(
        "model_package_state", ModelPackageGroupName="driftloop-test2-credit"
    ),
    "the endpoint's documented sample": documented("endpoint_state"),
    "an endpoint of another environment": documented(
        "endpoint_state", EndpointName="driftloop-test2-credit"
    ),
    "the deployment's documented sample": documented("endpoint_deployment_state"),
    "the parameter's documented sample": documented("parameter_store_change"),
    "a parameter that is deleted": documented(
        "parameter_store_change", name="/driftloop/test/credit/serving", operation="Delete"
    ),
    "a parameter of another environment": documented(
        "parameter_store_change", name="/driftloop/test2/credit/serving"
    ),
    "an analysis of another environment": own(OWN_EVENTS[0], environment="test2"),
    "a request of another environment": own(OWN_EVENTS[1], environment="stage"),
    "a request of another source": own(OWN_EVENTS[1], source="aws.sagemaker"),
    "a decision": own(PUBLISHED_ONLY[0]),
    "a release": own(PUBLISHED_ONLY[1]),
}


@pytest.mark.parametrize("event", NEAR_MISSES.values(), ids=NEAR_MISSES)
def test_another_event_invokes_nothing(patterns: Any, event: dict[str, Any]) -> None:
    assert invoked(patterns, event) == []


@pytest.mark.parametrize("name", sorted(path.stem for path in EVENTS.glob("*.json")))
def test_every_sample_names_the_page_that_documents_it(name: str) -> None:
    source = json.loads((EVENTS / f"{name}.json").read_text())["source"]
    assert source.startswith("https://docs.aws.amazon.com/")


def test_every_rule_matches_a_sample(patterns: Any) -> None:
    matched = set()
    for name, rule in patterns.items():
        for _, event in MATCHES:
            if moto_matches(rule["EventPattern"], event):
                matched.add(name)
    assert matched == set(patterns)


def test_the_gate_alone_is_invoked_with_the_time_at_which_eventbridge_received_an_event(
    patterns: dict[str, dict[str, Any]],
) -> None:
    """Its limits must not depend on ``time``, which the sender of PutEvents chooses."""
    for rule in patterns.values():
        [target] = rule["Targets"]
        transformer = target.get("InputTransformer")
        assert (transformer is not None) is target["Arn"].endswith("-gate")
        if transformer:
            template = transformer["InputTemplate"]
            # A predefined variable is a JSON value, and strings get their quotes from EventBridge.
            read = template.replace("<aws.events.event.ingestion-time>", '"t"').replace(
                "<aws.events.event.json>", "{}"
            )
            assert json.loads(read) == {"ingestion_time": "t", "event": {}}
