"""InvokeEndpoint: the response, the metrics and the captured record of one request."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass

from rehearsal.sagemaker.context import SageMakerContext
from rehearsal.sagemaker.endpoints.data_capture import CapturedPayload, RequestIdentity
from rehearsal.sagemaker.endpoints.fleet import ProductionVariant
from rehearsal.sagemaker.endpoints.model_server import ModelResponse

HttpResponse = tuple[int, dict[str, str], bytes]
"""HTTP status, headers, body."""

NAMESPACE = "AWS/SageMaker"
DEFAULT_CONTENT_TYPE = "application/octet-stream"
INFERENCE_ID = "x-amzn-sagemaker-inference-id"
CUSTOM_ATTRIBUTES = "x-amzn-sagemaker-custom-attributes"
TARGET_VARIANT = "x-amzn-sagemaker-target-variant"


@dataclass(frozen=True, slots=True)
class InvocationRoute:
    """The target of a request. ``config`` is set during an update: metrics then carry it, too."""

    endpoint: str
    variant: ProductionVariant
    config: str | None


def invoke_model(
    context: SageMakerContext, route: InvocationRoute, body: bytes, headers: Mapping[str, str]
) -> HttpResponse:
    """Invoke the model of a route. ``headers`` have lower-case names."""
    started = time.thread_time()
    content_type = headers.get("content-type", DEFAULT_CONTENT_TYPE)
    model_response = route.variant.server.predict(body, content_type, headers.get("accept", ""))
    _capture(route.variant, CapturedPayload(content_type, body), model_response, headers)
    response = _to_http_response(context, route, model_response, headers)
    _publish(context, route, model_response, overhead=time.thread_time() - started)
    return response


def error_response(code: str, message: str, status: int = 400) -> HttpResponse:
    """Return an error of the runtime API."""
    headers = {"Content-Type": "application/json", "x-amzn-errortype": code}
    return status, headers, json.dumps({"Message": message}).encode()


def _to_http_response(
    context: SageMakerContext,
    route: InvocationRoute,
    model_response: ModelResponse,
    headers: Mapping[str, str],
) -> HttpResponse:
    if model_response.status < 400:
        response_headers = {
            "Content-Type": model_response.content_type or DEFAULT_CONTENT_TYPE,
            "x-Amzn-Invoked-Production-Variant": route.variant.name,
        }
        if CUSTOM_ATTRIBUTES in headers:
            response_headers["X-Amzn-SageMaker-Custom-Attributes"] = headers[CUSTOM_ATTRIBUTES]
        return 200, response_headers, model_response.body
    original = model_response.body.decode(errors="replace")
    side = "server" if model_response.status >= 500 else "client"
    group = f"/aws/sagemaker/Endpoints/{route.endpoint}"
    error = {
        "ErrorCode": "CLIENT_ERROR_FROM_MODEL"
        if side == "client"
        else "INTERNAL_FAILURE_FROM_MODEL",
        "Message": f"Received {side} error ({model_response.status}) from model with message "
        f'"{original}". '
        f"See {route.variant.server.log} for more information.",
        "OriginalMessage": original,
        "OriginalStatusCode": model_response.status,
        "LogStreamArn": f"arn:aws:logs:{context.region}:{context.account}:log-group:{group}",
    }
    error_headers = {"Content-Type": "application/json", "x-amzn-errortype": "ModelError"}
    return 424, error_headers, json.dumps(error).encode()


def _capture(
    variant: ProductionVariant,
    request_payload: CapturedPayload,
    model_response: ModelResponse,
    headers: Mapping[str, str],
) -> None:
    if variant.capture is None:
        return
    response_payload = CapturedPayload(model_response.content_type, model_response.body)
    if model_response.status >= 400:
        error = {
            "code": model_response.status,
            "message": model_response.body.decode(errors="replace"),
        }
        response_payload = CapturedPayload(None, json.dumps(error).encode())
    request = RequestIdentity(headers.get(INFERENCE_ID), headers.get(CUSTOM_ATTRIBUTES))
    variant.capture.record(request, request_payload, response_payload)


def _publish(
    context: SageMakerContext,
    route: InvocationRoute,
    model_response: ModelResponse,
    *,
    overhead: float,
) -> None:
    """Publish the metrics of a request. Latencies are processor time, because the machine runs
    other work as well."""
    points = [
        ("Invocations", 1.0, "None"),
        ("Invocation4XXErrors", float(400 <= model_response.status < 500), "None"),
        ("Invocation5XXErrors", float(model_response.status >= 500), "None"),
        ("ModelLatency", model_response.seconds * 1e6, "Microseconds"),
        ("OverheadLatency", overhead * 1e6, "Microseconds"),
    ]
    dimensions_of_variant = {"EndpointName": route.endpoint, "VariantName": route.variant.name}
    dimension_sets = [dimensions_of_variant]
    if route.config is not None:
        dimension_sets.append({**dimensions_of_variant, "EndpointConfigName": route.config})
    now = context.now()
    for name, value, unit in points:
        for dimensions in dimension_sets:
            context.metrics.put(NAMESPACE, name, dimensions, value, unit, now)
