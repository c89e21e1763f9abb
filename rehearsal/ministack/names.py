"""The private names of MiniStack that the rehearsal uses, for one pinned version.

``NAMES`` lists all of them; a test reports each name that another version no longer has.
"""

import importlib
from contextlib import AbstractContextManager
from typing import Any

VERSION = "1.5.33"
ACCOUNT = "000000000000"
REGION = "us-east-1"

Response = tuple[int, dict[str, str], bytes]
"""HTTP status, headers and body."""

NAMES: dict[str, tuple[str, ...]] = {
    "app": ("app", "SERVICE_HANDLERS"),
    "core.arn": ("parse_arn",),
    "core.iam_actions": ("SERVICE_TO_IAM_NAMESPACE", "extract_iam_action"),
    "core.iam_evaluator": (
        "AuthError",
        "EvalContext",
        "combine_resource_policy",
        "enforce",
        "evaluate",
        "evaluate_resource_policy",
        "parse_policy_document",
        "resolve_caller_identity",
        "resolve_principal",
        "_request_origin",
        "_resource_policy",
    ),
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
        "_matches_pattern",
        "_invoke_target",
        "_dispatch_to_lambda",
        "_dispatch_to_sqs",
        "_apply_input_transformer",
        "_parse_rate_seconds",
        "_parse_cron_fields",
        "_cron_next_fire",
        "start_scheduler",
    ),
    "services.scheduler": ("_schedules", "start_scheduler"),
    "services.lambda_svc": (
        "invoke_async_with_retry",
        "_execute_function",
        "_execute_function_warm",
        "_route_async_failure",
        "_get_func_record_for_ref",
        "_execution_record_for_config",
    ),
    "services.dynamodb": ("_tables",),
    "services.iam": ("_roles",),
    "services.kms": ("_resolve_key",),
    "services.s3": (
        "_bucket_default_sse_headers",
        "_bucket_encryption",
        "_buckets",
        "_stored_sse_headers",
    ),
    "services.sns": ("_fanout", "_topic_by_arn_any_scope", "_topics", "publish_internal"),
    "services.sqs": ("_queues",),
    "services.sts": ("register_session",),
    "services.ssm": ("_put_parameter", "_delete_parameter", "_lookup_parameter"),
    "services.stepfunctions": (
        "_ExecutionError",
        "_call_lambda",
        "_execute_task",
        "_executions",
        "_run_distributed_map",
        "_s3_object_text",
        "_state_machines",
    ),
}


def import_module(name: str) -> Any:
    """Import one of MiniStack's modules."""
    return importlib.import_module(f"ministack.{name}")


def missing_names() -> list[str]:
    """Return the full names that this version of MiniStack does not have."""
    return [
        f"ministack.{module}.{name}"
        for module, names in NAMES.items()
        for name in names
        if not hasattr(import_module(module), name)
    ]


def request_scope() -> AbstractContextManager[None]:
    """Set the account and region for calls that come from outside a request."""
    scope: AbstractContextManager[None] = import_module("core.responses").request_scope(
        ACCOUNT, REGION
    )
    return scope
