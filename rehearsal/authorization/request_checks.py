"""What a request over HTTP needs: MiniStack's one check, made complete.

MiniStack knows no condition keys of EventBridge, CloudWatch, IAM and KMS, and none of the
services that the rehearsal emulates itself. Sources: Service Authorization Reference of each
service; Amazon S3 API reference, GetObject ("Permissions": 404 or 403 for a missing key).
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from rehearsal.authorization import autoscaling_checks, encryption_checks, sagemaker_checks
from rehearsal.ministack import encryption
from rehearsal.ministack.authorization import Check, ReceivedRequest
from rehearsal.ministack.names import ACCOUNT, REGION
from rehearsal.tls import TLS_VERSION

NAMESPACES = {"sagemaker": "sagemaker", "application-autoscaling": "application-autoscaling"}
"""Prefixes of the actions of the emulated services."""

TLS = {"s3:TlsVersion": TLS_VERSION}

INVOCATION_PATH = re.compile(r"/endpoints/([^/]+)/invocations")


def find_action(request: ReceivedRequest) -> str | None:
    """Return the action of SageMaker's runtime API, which has no X-Amz-Target header."""
    if request.service == "sagemaker" and INVOCATION_PATH.fullmatch(request.path):
        return "sagemaker:InvokeEndpoint"
    return None


def find_checks(request: ReceivedRequest, check: Check) -> list[Check]:
    """Return the checks of a request, in the order in which AWS makes them."""
    finder = FINDERS.get(check.service)
    return finder(request, check) if finder else [check]


def _s3(request: ReceivedRequest, check: Check) -> list[Check]:
    if check.context.get("aws:SecureTransport", "true") == "true":
        check = Check(check.action, check.resource, check.context | TLS)
    bucket, _, key = check.resource.removeprefix("arn:aws:s3:::").partition("/")
    if not key or not encryption.has_bucket(bucket):
        return [check]
    if check.action == "s3:GetObject":
        if encryption.has_object(bucket, key):
            return [check, *encryption_checks.read_object(bucket, key)]
        # Without ListBucket, S3 hides that a key does not exist: 403 instead of 404. A condition on
        # s3:prefix is compared with the key: ceph/ceph#68577 (to match AWS), kopia/kopia#3072.
        listed = Check("s3:ListBucket", f"arn:aws:s3:::{bucket}", {"s3:prefix": key})
        return [check, listed]
    if check.action == "s3:PutObject":
        is_multipart = bool({"uploads", "uploadId"} & set(request.query))
        return [
            check,
            *encryption_checks.write_object(
                bucket, key, request.headers, is_multipart=is_multipart
            ),
        ]
    return [check]


def _dynamodb(_request: ReceivedRequest, check: Check) -> list[Check]:
    table = check.resource.partition(":table/")[2].partition("/")[0]
    if not table:
        return [check]
    context = {
        key: value for key, value in check.context.items() if not key.startswith("dynamodb:Select")
    }
    plain = Check(check.action, check.resource, context)
    return [plain, *encryption_checks.access_table(table, check.action)]


def _sqs(_request: ReceivedRequest, check: Check) -> list[Check]:
    return [check, *encryption_checks.access_queue(check.resource, check.action)]


def _sns(_request: ReceivedRequest, check: Check) -> list[Check]:
    if check.action != "sns:Publish":
        return [check]
    return [check, *encryption_checks.publish(check.resource)]


def _events(request: ReceivedRequest, check: Check) -> list[Check]:
    if check.action != "events:PutEvents":
        return [check]
    contexts = {
        (entry.get("Source", ""), entry.get("DetailType", ""))
        for entry in _json(request).get("Entries", ())
    }
    return [
        Check(
            check.action,
            check.resource,
            check.context | {"events:source": source, "events:detail-type": detail_type},
        )
        for source, detail_type in sorted(contexts)
    ]


def _cloudwatch(request: ReceivedRequest, check: Check) -> list[Check]:
    body = _json(request)
    operation = check.action.partition(":")[2]
    if operation == "PutMetricData":
        namespace = {"cloudwatch:namespace": body.get("Namespace")}
        return [Check(check.action, "*", check.context | namespace)]
    names = body.get("AlarmNames") or ([body["AlarmName"]] if "AlarmName" in body else [])
    if operation in {"DescribeAlarms", "DeleteAlarms", "PutMetricAlarm", "SetAlarmState"}:
        # Composite alarms can be described with * alone: API reference, DescribeAlarms.
        names = names or ["*"]
    if not names:
        return [check]
    arns = [f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{name}" for name in names]
    return [Check(check.action, arn, check.context) for arn in arns]


def _cloudformation(request: ReceivedRequest, check: Check) -> list[Check]:
    role = _query(request, "RoleARN")
    if not role:
        return [check]
    return [check, sagemaker_checks.pass_role(role, "cloudformation.amazonaws.com")]


def _sagemaker(request: ReceivedRequest, check: Check) -> list[Check]:
    if matched := INVOCATION_PATH.fullmatch(request.path):
        return sagemaker_checks.find_checks("InvokeEndpoint", {"EndpointName": unquote(matched[1])})
    api, body = check.action.partition(":")[2], _json(request)
    checks = sagemaker_checks.find_checks(api, body)
    if api == "CreateEndpointConfig" and body.get("KmsKeyId"):
        checks += sagemaker_checks.volume_encryption(body["KmsKeyId"])
    return checks


def _autoscaling(request: ReceivedRequest, check: Check) -> list[Check]:
    body = _json(request)
    if check.action.partition(":")[2].startswith("Describe"):
        return [Check(check.action, "*")]
    # AWS generates the id of a scalable target.
    resource = f"arn:aws:application-autoscaling:{REGION}:{ACCOUNT}:scalable-target/generated"
    context = {
        "application-autoscaling:service-namespace": body.get("ServiceNamespace"),
        "application-autoscaling:scalable-dimension": body.get("ScalableDimension"),
    }
    return [Check(check.action, resource, context), *autoscaling_checks.find_checks(check.action)]


FINDERS: Mapping[str, Callable[[ReceivedRequest, Check], list[Check]]] = {
    "s3": _s3,
    "dynamodb": _dynamodb,
    "sqs": _sqs,
    "sns": _sns,
    "events": _events,
    "cloudwatch": _cloudwatch,
    "cloudformation": _cloudformation,
    "sagemaker": _sagemaker,
    "application-autoscaling": _autoscaling,
}
"""By the prefix of the action."""


def _json(request: ReceivedRequest) -> dict[str, Any]:
    try:
        body = json.loads(request.body or b"{}")
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _query(request: ReceivedRequest, name: str) -> str:
    value = request.query.get(name, "")
    return str(value[0] if isinstance(value, list) else value)
