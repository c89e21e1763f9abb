"""MiniStack's Lambda invocations, with their failures, and its Step Functions executions."""

import contextvars
import json
from collections.abc import Callable, Mapping
from typing import Any

from rehearsal.ministack.names import import_module, request_scope

_rule_target: contextvars.ContextVar[dict[str, Any] | None] = contextvars.ContextVar(
    "rule_target", default=None
)


def on_lambda_target(deliver_event: Callable[[str, Any, Mapping[str, Any]], None]) -> None:
    """Call ``deliver_event(arn, event, target)`` for rule targets that are Lambda functions."""
    eventbridge = import_module("services.eventbridge")
    original = eventbridge._invoke_target

    def invoke_target(target: dict[str, Any], *rest: object) -> None:
        token = _rule_target.set(target)
        try:
            original(target, *rest)
        finally:
            _rule_target.reset(token)

    def dispatch_to_lambda(arn: str, payload: str) -> None:
        deliver_event(arn, json.loads(payload), _rule_target.get() or {})

    eventbridge._invoke_target = invoke_target
    eventbridge._dispatch_to_lambda = dispatch_to_lambda


def on_async_invoke(invoke: Callable[[dict[str, Any], Any], None]) -> None:
    """Call ``invoke(function, event)`` for asynchronous invocations; it must return at once."""
    import_module("services.lambda_svc").invoke_async_with_retry = invoke


def find_function(arn: str) -> dict[str, Any] | None:
    """Return the record of a function that can be invoked; None where there is none."""
    functions = import_module("services.lambda_svc")
    record, config, _ = functions._get_func_record_for_ref(arn)
    if not record or not config:
        return None
    function: dict[str, Any] = functions._execution_record_for_config(record, config)
    return function


def invoke_function(function: dict[str, Any], event: object) -> dict[str, Any]:
    """Invoke a function once and wait; the result has ``error`` if the function failed."""
    with request_scope():
        functions = import_module("services.lambda_svc")
        result: dict[str, Any] = functions._execute_function(function, event)
        return result


def invoke_by_arn(arn: str, event: object) -> dict[str, Any]:
    """Invoke the function of an ARN once and wait, as :func:`invoke_function` does."""
    with request_scope():
        function = find_function(arn)
    if function is None:
        message = f"Function not found: {arn}"
        error = {"errorType": "ResourceNotFoundException", "errorMessage": message}
        return {"error": True, "body": error}
    return invoke_function(function, event)


def route_failure(destination: str, name: str, event: object, result: dict[str, Any]) -> None:
    """Send a failed event to the dead-letter queue or failure destination of a function."""
    with request_scope():
        functions = import_module("services.lambda_svc")
        functions._route_async_failure(destination, name, event, result)


def list_running_executions() -> list[str]:
    """Return the ARNs of the Step Functions executions that have not ended."""
    with request_scope():
        executions = import_module("services.stepfunctions")._executions
        return [
            arn for arn, execution in list(executions.items()) if execution["status"] == "RUNNING"
        ]


def close() -> None:
    """End the processes that ran functions."""
    import_module("core.lambda_runtime").reset()
