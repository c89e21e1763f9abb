"""The authorization requests of the functions' calls in the handler tests.

With the environment variable HANDLER_REQUESTS, the tests add them to that file as a rehearsal
writes its own, under the names of the rehearsal's environment and model: `make renew-permissions`.
What a call needs is what the Service Authorization Reference says of its action.
"""

import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from botocore import xform_name

from rehearsal.authorization.sagemaker_checks import RESOURCES, find_checks

ROOT = Path(__file__).parents[1]
PLACE = "us-east-1:000000000000"
ENVIRONMENT, MODEL = "rehearse", "flights"
FLEET_FILE = "arn:aws:s3:::cdk-hnb659fds-assets-000000000000-us-east-1/id.json"
BUCKETS = {
    "capture": "Capture",
    "truth": "GroundTruth",
    "analysis": "Analysis",
    "artifacts": "Artifacts",
}
"""The tests' buckets, and the logical IDs of the template's."""
TEST_NAMES = (
    (re.compile(r"^arn:aws:iam::123456789012:role/endpoint$"), "resource:EndpointRole"),
    (re.compile(r"\bdriftloop-test\b"), f"driftloop-{ENVIRONMENT}"),
    (re.compile(r"/driftloop/test/"), f"/driftloop/{ENVIRONMENT}/"),
    (re.compile(r"\b[a-z]{2}-[a-z]+-\d:123456789012\b"), PLACE),
)
TEST_MODEL = re.compile(r"(?<=[-/])late(?=[-/]|$)")
Check = tuple[str, str, dict[str, str]]
"""Action, resource and condition keys."""
Needs = Callable[[dict[str, Any]], Iterator[Check]]


def record(service: str, operation: str, parameters: dict[str, Any]) -> None:
    """Write what a call of a function needs, if the tests run to record it."""
    path = os.environ.get("HANDLER_REQUESTS")
    function = _calling_function() if path else None
    needs = NEEDS.get((service, xform_name(operation)))
    if path is None or function is None or needs is None:
        return
    with Path(path).open("a") as file:
        for action, resource, context in needs(parameters):
            request = {
                "principal": f"function:{function}",
                "action": action,
                "resource": _rehearsal_name(resource),
                "context": {key: _rehearsal_name(value) for key, value in context.items()},
                "decision": "allowed",
            }
            line = json.dumps(request, sort_keys=True) + "\n"
            if line not in _written:
                _written.add(line)
                file.write(line)


_written: set[str] = set()


def _calling_function() -> str | None:
    """The folder below lambdas/ of the handler that makes the call."""
    frame = sys._getframe()
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if path.name == "handler.py" and path.parent.parent == ROOT / "lambdas":
            return path.parent.name
        frame = frame.f_back  # type: ignore[assignment]
    return None


def _rehearsal_name(text: str) -> str:
    for pattern, name in TEST_NAMES:
        text = pattern.sub(name, text)
    return TEST_MODEL.sub(MODEL, text, count=1)  # a folder has the model's name as well


def _arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{PLACE}:{resource}"


def _named(service: str, action: str, kind: str, member: str) -> Needs:
    def needs(parameters: dict[str, Any]) -> Iterator[Check]:
        name = parameters[member]
        resource = name if name.startswith("arn:") else _arn(service, kind + name)
        yield f"{service}:{action}", resource, {}

    return needs


def _table(action: str) -> Needs:
    def needs(_: dict[str, Any]) -> Iterator[Check]:
        yield f"dynamodb:{action}", "resource:Ledger", {}
        yield "kms:Decrypt", "resource:Key", _via("dynamodb")

    return needs


def _items(parameters: dict[str, Any]) -> Iterator[Check]:
    for item in parameters["TransactItems"]:
        (kind,) = item
        yield from _table(kind if kind == "ConditionCheck" else f"{kind}Item")(parameters)


def _object(action: str, key_action: str) -> Needs:
    def needs(parameters: dict[str, Any]) -> Iterator[Check]:
        bucket = BUCKETS.get(parameters["Bucket"])
        if parameters["Bucket"] == "fleet":
            yield f"s3:{action}", FLEET_FILE, {}
        if bucket is not None:
            yield f"s3:{action}", f"resource:{bucket}/{parameters['Key']}", {}
            yield f"kms:{key_action}", "resource:Key", _via("s3")

    return needs


def _list(parameters: dict[str, Any]) -> Iterator[Check]:
    bucket = BUCKETS.get(parameters["Bucket"])
    if bucket is not None:
        yield "s3:ListBucket", f"resource:{bucket}", {"s3:prefix": parameters.get("Prefix", "")}


def _via(service: str) -> dict[str, str]:
    return {"kms:ViaService": f"{service}.us-east-1.amazonaws.com"}


def _events(parameters: dict[str, Any]) -> Iterator[Check]:
    for entry in parameters["Entries"]:
        yield (
            "events:PutEvents",
            _arn("events", "event-bus/default"),
            {"events:source": entry["Source"]},
        )


def _notify(_: dict[str, Any]) -> Iterator[Check]:
    yield "sns:Publish", "resource:NotificationsTopic", {}
    for action in ("Decrypt", "GenerateDataKey"):
        yield f"kms:{action}", "resource:Key", _via("sns")


def _alarms(action: str) -> Needs:
    def needs(parameters: dict[str, Any]) -> Iterator[Check]:
        for name in parameters.get("AlarmNames") or [parameters["AlarmName"]]:
            yield f"cloudwatch:{action}", _arn("cloudwatch", f"alarm:{name}"), {}

    return needs


def _metrics(parameters: dict[str, Any]) -> Iterator[Check]:
    namespace = {"cloudwatch:namespace": parameters["Namespace"]}
    yield "cloudwatch:PutMetricData", "*", namespace


def _scaling(action: str) -> Needs:
    def needs(_: dict[str, Any]) -> Iterator[Check]:
        target = _arn("application-autoscaling", "scalable-target/id")
        namespace = {"application-autoscaling:service-namespace": "sagemaker"}
        yield f"application-autoscaling:{action}", target, namespace

    return needs


def _sagemaker(operation: str) -> Needs:
    def needs(parameters: dict[str, Any]) -> Iterator[Check]:
        for check in find_checks(operation, parameters):
            yield check.action, check.resource, check.context

    return needs


NEEDS: dict[tuple[str, str], Needs] = {
    ("application-autoscaling", "deregister_scalable_target"): _scaling("DeregisterScalableTarget"),
    ("application-autoscaling", "put_scaling_policy"): _scaling("PutScalingPolicy"),
    ("application-autoscaling", "register_scalable_target"): _scaling("RegisterScalableTarget"),
    ("application-autoscaling", "describe_scalable_targets"): lambda _: iter(
        [("application-autoscaling:DescribeScalableTargets", "*", {})]
    ),
    ("cloudwatch", "delete_alarms"): _alarms("DeleteAlarms"),
    ("cloudwatch", "describe_alarms"): _alarms("DescribeAlarms"),
    ("cloudwatch", "put_metric_alarm"): _alarms("PutMetricAlarm"),
    ("cloudwatch", "put_metric_data"): _metrics,
    ("dynamodb", "get_item"): _table("GetItem"),
    ("dynamodb", "query"): _table("Query"),
    ("dynamodb", "transact_write_items"): _items,
    ("events", "put_events"): _events,
    ("s3", "delete_object"): _object("DeleteObject", "Decrypt"),
    ("s3", "get_object"): _object("GetObject", "Decrypt"),
    ("s3", "head_object"): _object("GetObject", "Decrypt"),
    ("s3", "list_objects_v2"): _list,
    ("s3", "put_object"): _object("PutObject", "GenerateDataKey"),
    ("sns", "publish"): _notify,
    ("stepfunctions", "describe_execution"): _named(
        "states", "DescribeExecution", "", "executionArn"
    ),
    ("stepfunctions", "start_execution"): _named("states", "StartExecution", "", "stateMachineArn"),
    ("ssm", "get_parameter"): _named("ssm", "GetParameter", "parameter", "Name"),
    **{("sagemaker", xform_name(api)): _sagemaker(api) for api in RESOURCES},
}
"""By service and call; other calls are recorded by the rehearsal alone."""
