"""MiniStack's Lambda invocations, with their failures, and its Step Functions executions."""

import contextvars
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.ministack.names import import_module, request_scope


@dataclass(frozen=True, slots=True)
class EventSource:
    """The rule or schedule that invokes a function, and the settings of that target."""

    arn: str
    target: Mapping[str, Any]


_event_source: contextvars.ContextVar[EventSource | None] = contextvars.ContextVar(
    "event_source", default=None
)


def on_lambda_target(deliver_event: Callable[[str, Any, EventSource], None]) -> None:
    """Call ``deliver_event(arn, event, source)`` for rule targets that are Lambda functions."""
    eventbridge = import_module("services.eventbridge")
    original = eventbridge._invoke_target

    def invoke_target(
        target: dict[str, Any], event: Any, rule: dict[str, Any], *rest: object
    ) -> None:
        token = _event_source.set(EventSource(rule.get("Arn", ""), target))
        try:
            original(target, event, rule, *rest)
        finally:
            _event_source.reset(token)

    def dispatch_to_lambda(arn: str, payload: str) -> None:
        deliver_event(arn, json.loads(payload), _event_source.get() or EventSource("", {}))

    eventbridge._invoke_target = invoke_target
    eventbridge._dispatch_to_lambda = dispatch_to_lambda


def on_async_invoke(invoke: Callable[[dict[str, Any], Any], None]) -> None:
    """Call ``invoke(function, event)`` for asynchronous invocations; it must return at once."""
    import_module("services.lambda_svc").invoke_async_with_retry = invoke


def on_function_invocation(started: Callable[[Mapping[str, Any]], None]) -> None:
    """Call ``started(config)`` before each execution of a function, however it was invoked."""
    functions = import_module("services.lambda_svc")
    original = functions._execute_function

    def execute(function: dict[str, Any], event: Any) -> Any:
        started(function.get("config", {}))
        return original(function, event)

    functions._execute_function = execute


def limit_executions(limit: int) -> None:
    """Let at most ``limit`` functions run at a time; further invocations wait.

    On Lambda they would be throttled and repeated. A function must not wait for another one.
    """
    functions = import_module("services.lambda_svc")
    original, turns = functions._execute_function_warm, threading.BoundedSemaphore(limit)

    def execute(*arguments: Any) -> Any:
        with turns:
            return original(*arguments)

    functions._execute_function_warm = execute


def get_function(arn: str) -> dict[str, Any]:
    """Return the record of a function that can be invoked; raises LookupError without one."""
    functions = import_module("services.lambda_svc")
    record, config, _ = functions._get_func_record_for_ref(arn)
    if not record or not config:
        raise LookupError(f"no function {arn}")
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
    try:
        with request_scope():
            function = get_function(arn)
    except LookupError:
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
