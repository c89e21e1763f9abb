"""InvokeEndpoint: from the request's headers to an answer, its metrics and its captured record."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass

from rehearsal.sagemaker.context import Context
from rehearsal.sagemaker.endpoints.data_capture import Payload, RequestIdentity
from rehearsal.sagemaker.endpoints.fleet import Variant
from rehearsal.sagemaker.endpoints.model_server import Reply

Answer = tuple[int, dict[str, str], bytes]
"""HTTP status, headers, body."""

NAMESPACE = "AWS/SageMaker"
DEFAULT_CONTENT_TYPE = "application/octet-stream"
INFERENCE_ID = "x-amzn-sagemaker-inference-id"
CUSTOM_ATTRIBUTES = "x-amzn-sagemaker-custom-attributes"
TARGET_VARIANT = "x-amzn-sagemaker-target-variant"


@dataclass(frozen=True, slots=True)
class Route:
    """Where a request goes. ``config`` is named only while an update runs: so is the dimension."""

    endpoint: str
    variant: Variant
    config: str | None


def invoke(context: Context, route: Route, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Ask the route's model. ``headers`` have lower-case names."""
    started = time.thread_time()
    content_type = headers.get("content-type", DEFAULT_CONTENT_TYPE)
    reply = route.variant.server.predict(body, content_type, headers.get("accept", ""))
    _capture(route.variant, Payload(content_type, body), reply, headers)
    answer = _answer(context, route, reply, headers)
    _publish(context, route, reply, overhead=time.thread_time() - started)
    return answer


def refused(code: str, message: str, status: int = 400) -> Answer:
    """An error of the runtime API."""
    headers = {"Content-Type": "application/json", "x-amzn-errortype": code}
    return status, headers, json.dumps({"Message": message}).encode()


def _answer(context: Context, route: Route, reply: Reply, headers: Mapping[str, str]) -> Answer:
    if reply.status < 400:
        served = {
            "Content-Type": reply.content_type or DEFAULT_CONTENT_TYPE,
            "x-Amzn-Invoked-Production-Variant": route.variant.name,
        }
        if CUSTOM_ATTRIBUTES in headers:
            served["X-Amzn-SageMaker-Custom-Attributes"] = headers[CUSTOM_ATTRIBUTES]
        return 200, served, reply.body
    original = reply.body.decode(errors="replace")
    side = "server" if reply.status >= 500 else "client"
    group = f"/aws/sagemaker/Endpoints/{route.endpoint}"
    error = {
        "ErrorCode": "CLIENT_ERROR_FROM_MODEL"
        if side == "client"
        else "INTERNAL_FAILURE_FROM_MODEL",
        "Message": f'Received {side} error ({reply.status}) from model with message "{original}". '
        f"See {route.variant.server.log} for more information.",
        "OriginalMessage": original,
        "OriginalStatusCode": reply.status,
        "LogStreamArn": f"arn:aws:logs:{context.region}:{context.account}:log-group:{group}",
    }
    headers_out = {"Content-Type": "application/json", "x-amzn-errortype": "ModelError"}
    return 424, headers_out, json.dumps(error).encode()


def _capture(variant: Variant, received: Payload, reply: Reply, headers: Mapping[str, str]) -> None:
    if variant.capture is None:
        return
    answered = Payload(reply.content_type, reply.body)
    if reply.status >= 400:
        error = {"code": reply.status, "message": reply.body.decode(errors="replace")}
        answered = Payload(None, json.dumps(error).encode())
    request = RequestIdentity(headers.get(INFERENCE_ID), headers.get(CUSTOM_ATTRIBUTES))
    variant.capture.record(request, received, answered)


def _publish(context: Context, route: Route, reply: Reply, *, overhead: float) -> None:
    """Latencies are processor time: what else this machine does is no property of the endpoint."""
    points = [
        ("Invocations", 1.0, "None"),
        ("Invocation4XXErrors", float(400 <= reply.status < 500), "None"),
        ("Invocation5XXErrors", float(reply.status >= 500), "None"),
        ("ModelLatency", reply.seconds * 1e6, "Microseconds"),
        ("OverheadLatency", overhead * 1e6, "Microseconds"),
    ]
    plain = {"EndpointName": route.endpoint, "VariantName": route.variant.name}
    groups = [plain]
    if route.config is not None:
        groups.append({**plain, "EndpointConfigName": route.config})
    moment = context.now()
    for name, value, unit in points:
        for dimensions in groups:
            context.metrics.put(NAMESPACE, name, dimensions, value, unit, moment)
