"""Asynchronous invocations of functions: two retries, then the dead letters, as Lambda has them.

Lambda waits one and two minutes between attempts; here they follow at once.
"""

import json
import logging
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from rehearsal.ministack import invocations

log = logging.getLogger(__name__)

RETRIES = 2


class Functions:
    """Runs them in threads, and knows how many are under way."""

    def __init__(self, workers: int = 16) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="invoke")
        self._count = threading.Lock()
        self._pending = 0

    @property
    def pending(self) -> int:
        """Invocations that have not ended."""
        with self._count:
            return self._pending

    def run(self, record: dict[str, Any], event: object) -> None:
        """Invoke in the background."""
        with self._count:
            self._pending += 1
        self._pool.submit(self._attempts, record, event)

    def deliver(self, arn: str, event: object, target: Mapping[str, Any]) -> None:
        """Invoke the target of a rule; where it can't be, the event goes to the target's queue."""
        if (record := invocations.function(arn)) is not None:
            self.run(record, event)
            return
        queue = (target.get("DeadLetterConfig") or {}).get("Arn")
        log.warning("no function %s; its event goes to %s", arn, queue or "nowhere")
        if queue:
            invocations.send_to_queue(queue, json.dumps(event))

    def close(self) -> None:
        """Start no more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _attempts(self, record: dict[str, Any], event: object) -> None:
        try:
            self._try(record, event)
        except Exception:
            log.exception("the invocation of %s broke", record["config"]["FunctionName"])
        finally:
            with self._count:
                self._pending -= 1

    def _try(self, record: dict[str, Any], event: object) -> None:
        config = record["config"]
        name = config["FunctionName"]
        settings = _invoke_settings(record)
        retries = settings.get("MaximumRetryAttempts")
        answer: dict[str, Any] = {}
        for attempt in range(1 + (RETRIES if retries is None else int(retries))):
            answer = invocations.invoke(record, event)
            if not answer.get("error"):
                return
            log.warning("%s failed, attempt %d: %s", name, attempt + 1, answer)
        failure = (settings.get("DestinationConfig") or {}).get("OnFailure") or {}
        queue = (config.get("DeadLetterConfig") or {}).get("TargetArn")
        if destination := failure.get("Destination") or queue:
            invocations.route_failure(destination, name, event, answer)


def _invoke_settings(record: Mapping[str, Any]) -> Mapping[str, Any]:
    by_version = record.get("event_invoke_configs") or {}
    return record.get("event_invoke_config") or by_version.get("$LATEST") or {}
