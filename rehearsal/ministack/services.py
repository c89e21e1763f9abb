"""Service handlers and CloudFormation resource types that the rehearsal adds or replaces."""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Executor
from typing import Any

from rehearsal.ministack.names import Response, import_module

Handler = Callable[[str, str, Mapping[str, str], bytes, Mapping[str, Any]], Response]
"""Takes method, path, headers, body and query of a request."""

AsyncHandler = Callable[..., Awaitable[Response]]


def add_service(
    name: str, handler: Handler, pool: Executor, *, targets: Sequence[str], scopes: Sequence[str]
) -> None:
    """Route a service's requests to ``handler``, which runs in ``pool`` and may block."""
    import_module("core.router").SERVICE_PATTERNS[name] = {
        "target_prefixes": list(targets),
        "credential_scope": list(scopes),
    }
    import_module("app").SERVICE_HANDLERS[name] = _run_in_pool(handler, pool)


def replace_service(
    name: str, is_handled: Callable[[Mapping[str, str]], bool], handler: Handler
) -> None:
    """Route the requests whose headers ``is_handled`` accepts to ``handler``.

    ``handler`` must not block. MiniStack still handles all other requests of the service.
    """
    handlers = import_module("app").SERVICE_HANDLERS
    original: AsyncHandler = handlers[name]

    async def dispatch(
        method: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, Any]
    ) -> Response:
        if is_handled(headers):
            return handler(method, path, headers, body, query)
        return await original(method, path, headers, body, query)

    handlers[name] = dispatch


def on_resource_creation(
    resource_type: str,
    *,
    before: Callable[[Mapping[str, Any]], None] | None = None,
    after: Callable[[str, Mapping[str, Any]], None] | None = None,
) -> None:
    """Call ``before(properties)`` and ``after(physical_id, properties)`` for new resources.

    Their exceptions fail the resource.
    """
    handlers = import_module("services.cloudformation.provisioners")._RESOURCE_HANDLERS
    original = handlers[resource_type]

    def create(logical_id: str, properties: Mapping[str, Any], stack_name: str) -> Any:
        if before is not None:
            before(properties)
        created = original["create"](logical_id, properties, stack_name)
        if after is not None:
            after(created[0], properties)
        return created

    handlers[resource_type] = {**original, "create": create}


def add_resource_types(provisioners: Mapping[str, Mapping[str, Any]]) -> None:
    """Add or replace CloudFormation resource types. Each call gets a thread: it may block."""
    handlers = import_module("services.cloudformation.provisioners")._RESOURCE_HANDLERS
    handlers.update(provisioners)
    stacks = import_module("services.cloudformation.stacks")
    runs_on_thread, added = stacks._runs_on_worker_thread, frozenset(provisioners)
    stacks._runs_on_worker_thread = lambda kind: kind in added or runs_on_thread(kind)


def _run_in_pool(handler: Handler, pool: Executor) -> AsyncHandler:
    async def handle(
        method: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, Any]
    ) -> Response:
        context = contextvars.copy_context()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            pool, lambda: context.run(handler, method, path, headers, body, query)
        )

    return handle
