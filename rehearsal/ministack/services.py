"""MiniStack's services: added, replaced, and what they hold."""

import asyncio
import contextvars
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Executor
from typing import Any

from rehearsal.ministack.names import ACCOUNT, REGION, Response, module, scope

Handler = Callable[[str, str, Mapping[str, str], bytes, Mapping[str, Any]], Response]
AsyncHandler = Callable[..., Awaitable[Response]]


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
