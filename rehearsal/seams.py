"""Every touch of MiniStack's private names, in one place, on a pinned version.

``NAMES`` lists them all; a test says which one moved when the version changes.
"""

import asyncio
import contextvars
import importlib
import json
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager
from datetime import datetime
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
Handler = Callable[[str, str, Mapping[str, str], bytes, Mapping[str, Any]], Response]
AsyncHandler = Callable[..., Awaitable[Response]]
_moment: contextvars.ContextVar[float | None] = contextvars.ContextVar("moment", default=None)
_target: contextvars.ContextVar[dict[str, Any] | None] = contextvars.ContextVar(
    "target", default=None
)


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


def configure(port: int) -> None:
    """Set what MiniStack reads from the environment when it is imported: call before ``app``."""
    os.environ |= {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
    }


def app() -> Any:
    """MiniStack's ASGI application, without its own schedulers: they go by the wall clock."""
    for scheduler in ("services.eventbridge", "services.scheduler"):
        module(scheduler).start_scheduler = lambda: None
    return module("app").app


def scope() -> AbstractContextManager[None]:
    """The account and region that calls from outside a request act in."""
    found: AbstractContextManager[None] = module("core.responses").request_scope(ACCOUNT, REGION)
    return found


def add_service(
    name: str, handler: Handler, pool: Executor, *, targets: Sequence[str], scopes: Sequence[str]
) -> None:
    """Route a service's requests to ``handler``, which runs in ``pool`` and may block."""
    module("core.router").SERVICE_PATTERNS[name] = {
        "target_prefixes": list(targets),
        "credential_scope": list(scopes),
    }
    module("app").SERVICE_HANDLERS[name] = _in_pool(handler, pool)


def replace_service(
    name: str, handles: Callable[[Mapping[str, str]], bool], handler: Handler
) -> None:
    """Answer requests whose headers ``handles`` says yes to, without blocking; not the rest."""
    handlers = module("app").SERVICE_HANDLERS
    original: AsyncHandler = handlers[name]

    async def chosen(
        method: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, Any]
    ) -> Response:
        if handles(headers):
            return handler(method, path, headers, body, query)
        return await original(method, path, headers, body, query)

    handlers[name] = chosen


def add_resources(provisioners: Mapping[str, Mapping[str, Any]]) -> None:
    """Add or replace CloudFormation resource types. They may block: they get a thread each."""
    module("services.cloudformation.provisioners")._RESOURCE_HANDLERS.update(provisioners)
    stacks = module("services.cloudformation.stacks")
    runs_on_thread, ours = stacks._runs_on_worker_thread, frozenset(provisioners)
    stacks._runs_on_worker_thread = lambda kind: kind in ours or runs_on_thread(kind)


def on_recorded_metric(
    record: Callable[[str, str, float, str, Mapping[str, str]], None],
) -> None:
    """Receive the metrics of MiniStack's own services (AWS/Lambda)."""

    def record_metric(
        namespace: str,
        name: str,
        value: float,
        unit: str = "None",
        dimensions: Mapping[str, str] | None = None,
    ) -> None:
        record(namespace, name, value, unit, dimensions or {})

    module("services.cloudwatch").record_metric = record_metric


def set_time_of_events(now: Callable[[], datetime]) -> None:
    """Events carry simulated time, or the Time that PutEvents gives them."""
    bridge = module("services.eventbridge")
    put_all = bridge._put_events

    def put_events(data: Mapping[str, Any], allow_aws_source: bool = False) -> Response:
        answers = [
            json.loads(_put_one(put_all, {**data, "Entries": [entry]}, allow_aws_source)[2])
            for entry in data.get("Entries", ())
        ]
        if len(answers) > 10 or any("Entries" not in answer for answer in answers):
            refused: Response = put_all(data, allow_aws_source)
            return refused
        merged = {
            "FailedEntryCount": sum(answer["FailedEntryCount"] for answer in answers),
            "Entries": [entry for answer in answers for entry in answer["Entries"]],
        }
        return 200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(merged).encode()

    def now_ts() -> float:
        moment = _moment.get()
        return moment if moment is not None else now().timestamp()

    bridge._put_events = put_events
    bridge._now_ts = now_ts


def _put_one(put_all: Callable[..., Response], data: dict[str, Any], allowed: bool) -> Response:
    given = data["Entries"][0].get("Time")
    token = _moment.set(_seconds(given) if given is not None else None)
    try:
        return put_all(data, allowed)
    finally:
        _moment.reset(token)


def _seconds(value: float | str) -> float:
    if isinstance(value, str):
        return datetime.fromisoformat(value).timestamp()
    return float(value)


def put_service_event(
    source: str, detail_type: str, detail: Mapping[str, Any], resources: Sequence[str]
) -> None:
    """Put an event of an AWS service on the default bus."""
    entry = {
        "Source": source,
        "DetailType": detail_type,
        "Detail": json.dumps(detail, default=str),
        "Resources": list(resources),
    }
    with scope():
        module("services.eventbridge")._put_events({"Entries": [entry]}, allow_aws_source=True)


def on_event(see: Callable[[dict[str, Any]], None]) -> None:
    """See every event before its rules are matched."""
    bridge = module("services.eventbridge")
    dispatch = bridge._dispatch_event

    def dispatch_event(event: dict[str, Any], view: object = None) -> None:
        see(event)
        dispatch(event, view)

    bridge._dispatch_event = dispatch_event


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


def publish(topic: str, subject: str, message: str) -> None:
    """Publish to an SNS topic."""
    with scope():
        module("services.sns").publish_internal(topic, message, subject)


def on_parameter_change(tell: Callable[[str, str, str], None]) -> None:
    """Changes of SSM parameters: ``tell(operation, name, type)``; CloudFormation's too."""
    ssm = module("services.ssm")
    put, delete = ssm._put_parameter, ssm._delete_parameter

    def put_parameter(data: dict[str, Any]) -> Response:
        known = ssm._lookup_parameter(data.get("Name"))[1] is not None
        answer: Response = put(data)
        if answer[0] < 400:
            tell("Update" if known else "Create", data["Name"], data.get("Type", "String"))
        return answer

    def delete_parameter(data: dict[str, Any]) -> Response:
        answer: Response = delete(data)
        if answer[0] < 400:
            tell("Delete", data["Name"], "String")
        return answer

    ssm._put_parameter, ssm._delete_parameter = put_parameter, delete_parameter


def running_executions() -> list[str]:
    """ARNs of the Step Functions executions that have not ended."""
    with scope():
        executions = module("services.stepfunctions")._executions
        return [arn for arn, run in list(executions.items()) if run["status"] == "RUNNING"]


def queue_depths() -> dict[str, int]:
    """Messages per queue."""
    with scope():
        queues = module("services.sqs")._queues
        return {url.rpartition("/")[2]: len(q["messages"]) for url, q in list(queues.items())}


def schedules() -> list[dict[str, Any]]:
    """The EventBridge Scheduler schedules that stacks made."""
    with scope():
        return [
            dict(schedule) for schedule in list(module("services.scheduler")._schedules.values())
        ]


def invoke_schedule_target(target: dict[str, Any], schedule: dict[str, Any], now: datetime) -> None:
    """Invoke the target of a schedule; the payload is the target's Input."""
    event = {
        "EventId": "scheduled",
        "Source": "aws.scheduler",
        "DetailType": "Scheduled Event",
        "Detail": "{}",
        "Time": int(now.timestamp()),
        "Resources": [schedule.get("Arn", "")],
        "Account": ACCOUNT,
        "Region": REGION,
    }
    with scope():
        module("services.eventbridge")._invoke_target(target, event, schedule)


def next_time(expression: str, after: datetime, created: datetime) -> datetime | None:
    """When a rate(…) or cron(…) expression is due next; None where it is neither."""
    bridge = module("services.eventbridge")
    if (seconds := bridge._parse_rate_seconds(expression)) is not None:
        passed = (after - created).total_seconds() // seconds + 1
        return datetime.fromtimestamp(created.timestamp() + passed * seconds, after.tzinfo)
    fields = bridge._parse_cron_fields(expression)
    found: datetime | None = bridge._cron_next_fire(fields, after) if fields else None
    return found


def close() -> None:
    """End the processes that ran functions."""
    module("core.lambda_runtime").reset()


def _in_pool(handler: Handler, pool: Executor) -> AsyncHandler:
    async def handled(
        method: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, Any]
    ) -> Response:
        context = contextvars.copy_context()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            pool, lambda: context.run(handler, method, path, headers, body, query)
        )

    return handled
