"""Every touch of MiniStack's private names, in one place, on a pinned version.

``NAMES`` lists them all; a test says which one moved when the version changes.
"""

import importlib
from contextlib import AbstractContextManager
from typing import Any

VERSION = "1.5.33"
ACCOUNT = "000000000000"
REGION = "us-east-1"

NAMES: dict[str, tuple[str, ...]] = {
    "app": ("app", "SERVICE_HANDLERS"),
    "core.router": ("SERVICE_PATTERNS",),
    "core.responses": ("request_scope",),
    "core.lambda_runtime": ("reset",),
    "services.cloudformation.provisioners": ("_RESOURCE_HANDLERS",),
    "services.cloudformation.stacks": ("_runs_on_worker_thread",),
    "services.cloudwatch": ("record_metric",),
    "services.eventbridge": (
        "_now_ts",
        "_put_events",
        "_dispatch_event",
        "_invoke_target",
        "_dispatch_to_lambda",
        "_dispatch_to_sqs",
        "_parse_rate_seconds",
        "_parse_cron_fields",
        "_cron_next_fire",
        "start_scheduler",
    ),
    "services.scheduler": ("_schedules", "start_scheduler"),
    "services.lambda_svc": (
        "invoke_async_with_retry",
        "_execute_function",
        "_route_async_failure",
        "_get_func_record_for_ref",
        "_execution_record_for_config",
        "_account_region_from_function_config",
    ),
    "services.sns": ("publish_internal",),
    "services.sqs": ("_queues",),
    "services.ssm": ("_put_parameter", "_delete_parameter", "_lookup_parameter"),
    "services.stepfunctions": ("_executions",),
}

Response = tuple[int, dict[str, str], bytes]


def module(name: str) -> Any:
    """One of MiniStack's modules."""
    return importlib.import_module(f"ministack.{name}")


def missing_names() -> list[str]:
    """Names that this version of MiniStack no longer has."""
    return [
        f"ministack.{place}.{name}"
        for place, names in NAMES.items()
        for name in names
        if not hasattr(module(place), name)
    ]


def scope() -> AbstractContextManager[None]:
    """The account and region that calls from outside a request act in."""
    found: AbstractContextManager[None] = module("core.responses").request_scope(ACCOUNT, REGION)
    return found
