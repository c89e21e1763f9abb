"""What the driver asks of the embedded AWS beside AWS's own APIs: time, and what happened."""

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


class Control:
    """An ASGI application around MiniStack's: paths under ``/_rehearsal/`` are its own."""

    def __init__(self, world: Emulator, inner: Any) -> None:
        self._inner = inner
        self._world = world
        self._actions: dict[str, Callable[[Body], object]] = {
            "now": lambda _body: world.clock.now().isoformat(),
            "advance": self._advance,
            "settle": self._settle,
            "events": lambda body: world.bus.since(body["since"]),
            "alarms": lambda _body: {alarm.name: alarm.state for alarm in world.alarms.all()},
            "calls": self._calls,
        }

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self._inner(scope, receive, send)
            return
        action = self._actions[scope["path"].removeprefix(PREFIX)]
        status, answer = await asyncio.to_thread(_run, action, await _read(receive))
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})

    def _advance(self, body: Body) -> str:
        self._world.advance_to(datetime.fromisoformat(body["to"]))
        return self._world.clock.now().isoformat()

    def _settle(self, body: Body) -> None:
        self._world.wait_until_idle(pipelines=body["pipelines"], timeout=body["timeout"])

    def _calls(self, body: Body) -> list[Body]:
        return [
            {
                "time": call.time.isoformat(),
                "api": call.api,
                "caller": call.caller,
                "request": json.loads(json.dumps(call.request, default=str)),
                "error": call.error,
            }
            for call in self._world.sagemaker.calls(*body["apis"])
        ]


def _run(action: Callable[[Body], object], body: Body) -> tuple[int, object]:
    try:
        return 200, action(body)
    except (NotIdleError, ValueError) as error:
        log.exception("the driver's request failed")
        return 500, {"error": str(error)}


async def _read(receive: Any) -> Body:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    found: Body = json.loads(body or b"{}")
    return found
