"""Asynchronous Lambda invocations: two retries, then the dead-letter queue, as on Lambda.

Lambda waits one and two minutes between the attempts. Here they follow at once.
"""

import json
import logging
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from rehearsal.authorization import AccessDeniedError, Authorizer, Check, authorized_source
from rehearsal.ministack import invocations, messaging
from rehearsal.ministack.invocations import EventSource

log = logging.getLogger(__name__)

EVENTBRIDGE, SCHEDULER = "events.amazonaws.com", "scheduler.amazonaws.com"

MAX_RETRIES = 2
"""Lambda's default for MaximumRetryAttempts."""


class AsyncInvocations:
    """Invokes functions in threads, and counts the invocations that have not ended."""

    def __init__(self, authorizer: Authorizer, workers: int = 16) -> None:
        self._authorizer = authorizer
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="invoke")
        self._lock = threading.Lock()
        self._pending = 0

    @property
    def pending_count(self) -> int:
        """Number of invocations that have not ended."""
        with self._lock:
            return self._pending

    def invoke(self, function: dict[str, Any], event: object) -> None:
        """Invoke a function in the background."""
        with self._lock:
            self._pending += 1
        self._pool.submit(self._invoke_and_count, function, event)

    def deliver_event(self, arn: str, event: object, source: EventSource) -> None:
        """Invoke the function of a rule or schedule; where that fails, use the target's queue."""
        try:
            function = invocations.get_function(arn)
            self._authorize_delivery(arn, source)
        except (LookupError, AccessDeniedError) as error:
            queue = (source.target.get("DeadLetterConfig") or {}).get("Arn")
            log.warning("%s; dead-letter queue of the target: %s", error, queue or "none")
            if queue:
                self._send_undelivered(queue, event, source)
        else:
            self.invoke(function, event)

    def close(self) -> None:
        """Start no further invocations."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _authorize_delivery(self, arn: str, source: EventSource) -> None:
        """A schedule invokes by its role; a rule needs the permission of the function's policy."""
        if role := source.target.get("RoleArn"):
            self._authorizer.assume_role(SCHEDULER, role, source.arn)
            self._authorizer.require_role(role, "scheduler", Check("lambda:InvokeFunction", arn))
        else:
            check = Check("lambda:InvokeFunction", arn, authorized_source(source.arn))
            self._authorizer.require_service(EVENTBRIDGE, check)

    def _send_undelivered(self, queue: str, event: object, source: EventSource) -> None:
        try:
            if role := source.target.get("RoleArn"):
                self._authorizer.require_role_to_send(role, "scheduler", queue)
            else:
                self._authorizer.require_service_to_send(EVENTBRIDGE, queue, source.arn)
        except AccessDeniedError as error:
            log.warning("the event is lost: %s", error)
        else:
            messaging.send_to_queue(queue, json.dumps(event))

    def _invoke_and_count(self, function: dict[str, Any], event: object) -> None:
        try:
            self._invoke_with_retries(function, event)
        except Exception:
            log.exception("the invocation of %s failed", function["config"]["FunctionName"])
        finally:
            with self._lock:
                self._pending -= 1

    def _invoke_with_retries(self, function: dict[str, Any], event: object) -> None:
        config = function["config"]
        name = config["FunctionName"]
        settings = _event_invoke_config(function)
        retries = settings.get("MaximumRetryAttempts")
        result: dict[str, Any] = {}
        for attempt in range(1 + (MAX_RETRIES if retries is None else int(retries))):
            result = invocations.invoke_function(function, event)
            if not result.get("error"):
                return
            log.warning("%s failed, attempt %d: %s", name, attempt + 1, result)
        on_failure = (settings.get("DestinationConfig") or {}).get("OnFailure") or {}
        dead_letter_queue = (config.get("DeadLetterConfig") or {}).get("TargetArn")
        if destination := on_failure.get("Destination") or dead_letter_queue:
            self._authorizer.require_role_to_send(config["Role"], name, destination)
            invocations.route_failure(destination, name, event, result)


def _event_invoke_config(function: Mapping[str, Any]) -> Mapping[str, Any]:
    by_version = function.get("event_invoke_configs") or {}
    return function.get("event_invoke_config") or by_version.get("$LATEST") or {}
