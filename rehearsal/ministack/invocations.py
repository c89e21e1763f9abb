"""Invocations of functions and the delivery of their failures."""

import contextvars
import json
from collections.abc import Callable, Mapping
from typing import Any

from rehearsal.ministack.names import module, scope

_target: contextvars.ContextVar[dict[str, Any] | None] = contextvars.ContextVar(
    "target", default=None
)


def on_lambda_target(
    deliver: Callable[[str, Any, Mapping[str, Any]], None],
) -> None:
    """Rule targets that are functions: ``deliver(arn, event, target)``."""
    bridge = module("services.eventbridge")
    invoke = bridge._invoke_target

    def invoke_target(target: dict[str, Any], *rest: object) -> None:
        token = _target.set(target)
        try:
            invoke(target, *rest)
        finally:
            _target.reset(token)

    def dispatch_to_lambda(arn: str, payload: str) -> None:
        deliver(arn, json.loads(payload), _target.get() or {})

    bridge._invoke_target = invoke_target
    bridge._dispatch_to_lambda = dispatch_to_lambda


def on_async_invoke(run: Callable[[dict[str, Any], Any], None]) -> None:
    """Asynchronous invocations of functions: ``run(function, event)`` must return at once."""
    module("services.lambda_svc").invoke_async_with_retry = run


def function(arn: str) -> dict[str, Any] | None:
    """A function that can be invoked, or None where there is none."""
    functions = module("services.lambda_svc")
    record, config, _ = functions._get_func_record_for_ref(arn)
    if not record or not config:
        return None
    found: dict[str, Any] = functions._execution_record_for_config(record, config)
    return found


def invoke(record: dict[str, Any], event: object) -> dict[str, Any]:
    """Run a function once and wait for it; ``error`` in the answer where it failed."""
    with scope():
        answer: dict[str, Any] = module("services.lambda_svc")._execute_function(record, event)
        return answer


def route_failure(destination: str, name: str, event: object, answer: dict[str, Any]) -> None:
    """Send what a function failed on to its dead-letter queue or failure destination."""
    with scope():
        module("services.lambda_svc")._route_async_failure(destination, name, event, answer)


def send_to_queue(arn: str, body: str) -> None:
    """Put a message into a queue."""
    from ministack.core.arn import parse_arn

    with scope():
        module("services.eventbridge")._dispatch_to_sqs(parse_arn(arn), body)


def close() -> None:
    """End the processes that ran functions."""
    module("core.lambda_runtime").reset()
