"""The control API: HTTP paths under ``/_rehearsal/`` for simulated time and for what happened.

now               the simulated time
advance_to        move the clock to a time, and wait until the work that this causes has ended
wait_until_idle   wait until no work runs
events            the events of the default bus, from a number on
alarm_states      the state of every alarm, by name
authorizations    counts of authorization requests, and the denials that nobody expects
authorization_requests   every authorization request once, with its decision
expect_denial     count denials of an action and a principal as played on purpose
sagemaker_calls   the calls of SageMaker's control plane
set_endpoint_quota   set the account's quota of instances of a type for endpoints
mails             the mails to the subscribers of topics, from a number on
"""

import asyncio
import json
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from rehearsal.emulator import Emulator, NotIdleError

log = logging.getLogger(__name__)

PREFIX = "/_rehearsal/"
Body = dict[str, Any]


class ControlApi:
    """An ASGI application in front of MiniStack's: it handles the paths under ``/_rehearsal/``."""

    def __init__(self, emulator: Emulator, application: Any) -> None:
        self._application = application
        self._emulator = emulator
        self._operations: dict[str, Callable[[Body], object]] = {
            "now": lambda _body: emulator.clock.now().isoformat(),
            "advance_to": self._advance_to,
            "wait_until_idle": self._wait_until_idle,
            "events": lambda body: emulator.bus.events_since(body["since"]),
            "alarm_states": self._alarm_states,
            "authorizations": lambda _body: emulator.authorizer.record.summary(),
            "authorization_requests": lambda _body: [
                request.to_dict() for request in emulator.authorizer.record.requests()
            ],
            "expect_denial": lambda body: emulator.authorizer.record.expect_denial(**body),
            "sagemaker_calls": self._sagemaker_calls,
            "set_endpoint_quota": lambda body: emulator.sagemaker.set_endpoint_quota(**body),
            "mails": lambda body: emulator.mails(since=body["since"]),
        }

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Handle one request."""
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self._application(scope, receive, send)
            return
        operation = self._operations[scope["path"].removeprefix(PREFIX)]
        status, result = await asyncio.to_thread(_run, operation, await _read_body(receive))
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(result).encode()})

    def _advance_to(self, body: Body) -> str:
        self._emulator.advance_to(datetime.fromisoformat(body["time"]))
        return self._emulator.clock.now().isoformat()

    def _wait_until_idle(self, body: Body) -> None:
        self._emulator.wait_until_idle(pipelines=body["pipelines"], timeout=body["timeout"])

    def _alarm_states(self, _body: Body) -> dict[str, str]:
        return {alarm.name: alarm.state for alarm in self._emulator.alarms.list_alarms()}

    def _sagemaker_calls(self, body: Body) -> list[Body]:
        return [
            {
                "time": call.time.isoformat(),
                "api": call.api,
                "caller": call.caller,
                "request": json.loads(json.dumps(call.request, default=str)),
                "error": call.error,
            }
            for call in self._emulator.sagemaker.calls(*body["apis"])
        ]


def _run(operation: Callable[[Body], object], body: Body) -> tuple[int, object]:
    try:
        return 200, operation(body)
    except (NotIdleError, ValueError) as error:
        log.exception("a request of the control API failed")
        return 500, {"error": str(error)}


async def _read_body(receive: Any) -> Body:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    decoded: Body = json.loads(body or b"{}")
    return decoded
