"""The embedded AWS put together: what MiniStack has, what it lacks, and one simulated clock."""

import json
import logging
import re
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from rehearsal import seams
from rehearsal.autoscaling import TARGET_PREFIX, AutoScaling
from rehearsal.bus import Bus
from rehearsal.clock import SimulatedClock
from rehearsal.cloudwatch import protocol, resources, telling
from rehearsal.cloudwatch.alarms import AlarmStore, Change
from rehearsal.cloudwatch.metrics import MetricStore
from rehearsal.cloudwatch.service import CloudWatch
from rehearsal.functions import Functions
from rehearsal.sagemaker import S3Store, SageMaker, ServiceError, provisioners
from rehearsal.schedules import EmulatedSchedules

log = logging.getLogger(__name__)

MINUTE = timedelta(minutes=1)
SETTLE_SECONDS = 180.0
POLL_SECONDS = 0.02
JSON = {"Content-Type": "application/x-amz-json-1.1"}


class NotIdleError(RuntimeError):
    """Something still runs after the longest wait."""


class Emulator:
    """One account, one region, one clock that moves only by :meth:`advance_to`."""

    def __init__(self, *, start: datetime, folder: Path, endpoint_url: str) -> None:
        self.clock = SimulatedClock(start)
        self.bus = Bus()
        self.metrics = MetricStore()
        self.alarms = AlarmStore(self.clock, self.metrics, self._alarm_changed)
        self.functions = Functions()
        self.autoscaling = AutoScaling()
        self.schedules = EmulatedSchedules(self.clock)
        self.cloudwatch = CloudWatch(
            self.clock, self.metrics, self.alarms, account=seams.ACCOUNT, region=seams.REGION
        )
        self.sagemaker = SageMaker(
            self.clock,
            self.bus.emit,
            self.alarms,
            self.metrics,
            S3Store(endpoint_url=endpoint_url),
            folder=folder / "sagemaker",
            environment={
                "AWS_ENDPOINT_URL": endpoint_url,
                "AWS_DEFAULT_REGION": seams.REGION,
                "AWS_ACCESS_KEY_ID": seams.ACCOUNT,
                "AWS_SECRET_ACCESS_KEY": "rehearsal",
            },
            scalable=self.autoscaling.registered,
        )
        self._pool = ThreadPoolExecutor(16, thread_name_prefix="sagemaker")

    def install(self) -> None:
        """Take the places in MiniStack. Before the server starts."""
        seams.add_service(
            "sagemaker", self._sagemaker, self._pool, targets=["SageMaker"], scopes=["sagemaker"]
        )
        seams.add_service(
            "application-autoscaling",
            self.autoscaling.handle,
            self._pool,
            targets=[TARGET_PREFIX],
            scopes=["application-autoscaling"],
        )
        seams.replace_service("monitoring", self._is_ours, self._monitoring)
        seams.add_resources(provisioners(self.sagemaker))
        seams.add_resources(self.autoscaling.provisioners())
        seams.add_resources(resources.provisioners(self.cloudwatch, self.alarms))
        seams.set_time_of_events(self.clock.now)
        seams.on_event(self._see)
        seams.on_lambda_target(self.functions.deliver)
        seams.on_async_invoke(self.functions.run)
        seams.on_parameter_change(self.bus.parameter_changed)
        seams.on_recorded_metric(self._record)
        self.clock.every(MINUTE, self._tick, "every minute")

    def advance_to(self, target: datetime) -> None:
        """Move the clock; after every instant, wait until what it set off has ended."""
        self.wait_until_idle()
        while (due := self.clock.next_due()) is not None and due <= target:
            self.clock.advance_to(due)
            self.wait_until_idle()
        self.clock.advance_to(target)

    def wait_until_idle(self, *, pipelines: bool = False, timeout: float = SETTLE_SECONDS) -> None:
        """Wait (in real time) until nothing runs; raises UnsettledError after ``timeout`` seconds.

        Pipeline executions are waited for only where asked: they go on while time passes.
        """
        deadline = time.monotonic() + timeout
        idle = 0
        waited = False
        while idle < (2 if waited else 1):
            running = self.running(pipelines=pipelines)
            idle = 0 if running else idle + 1
            if running and time.monotonic() > deadline:
                raise NotIdleError(f"still running after {timeout:.0f} s: {', '.join(running)}")
            if running or waited:
                waited = True
                time.sleep(POLL_SECONDS)

    def running(self, *, pipelines: bool) -> list[str]:
        """What has not ended."""
        flights = self.sagemaker.execution_in_progress()
        invocations = [f"{self.functions.pending} invocations"] if self.functions.pending else []
        return [
            *invocations,
            *seams.running_executions(),
            *(arn for arn in flights if pipelines or ":pipeline/" not in arn),
        ]

    def close(self) -> None:
        """End what was started."""
        self.functions.close()
        self.sagemaker.close()
        seams.close()

    def _tick(self) -> None:
        self.schedules.tick()
        self.wait_until_idle()
        now = self.clock.now()
        for queue, depth in seams.queue_depths().items():
            self.metrics.put(
                "AWS/SQS",
                "ApproximateNumberOfMessagesVisible",
                {"QueueName": queue},
                depth,
                "Count",
                now - MINUTE,
            )
        self.alarms.evaluate()

    def _see(self, event: Mapping[str, Any]) -> None:
        self.bus.see(event)
        if event["Source"] == "aws.states":
            self._count_execution(json.loads(event["Detail"]))

    def _count_execution(self, detail: Mapping[str, Any]) -> None:
        names = {
            "SUCCEEDED": "ExecutionsSucceeded",
            "FAILED": "ExecutionsFailed",
            "TIMED_OUT": "ExecutionsTimedOut",
            "ABORTED": "ExecutionsAborted",
        }
        if name := names.get(detail["status"]):
            self._record(
                "AWS/States", name, 1, "Count", {"StateMachineArn": detail["stateMachineArn"]}
            )

    def _record(
        self, namespace: str, name: str, value: float, unit: str, dimensions: Mapping[str, str]
    ) -> None:
        self.metrics.put(namespace, name, dimensions, value, unit, self.clock.now())

    def _alarm_changed(self, change: Change) -> None:
        arn = telling.arn(change.alarm.name, seams.ACCOUNT, seams.REGION)
        self.bus.emit(telling.SOURCE, telling.DETAIL_TYPE, telling.event_detail(change), [arn])
        subject, message = telling.message(change, seams.ACCOUNT, seams.REGION)
        for topic in telling.topics(change):
            seams.publish(topic, subject, message)

    def _is_ours(self, headers: Mapping[str, str]) -> bool:
        return protocol.operation(headers) in self.cloudwatch.operations

    def _monitoring(
        self, _method: str, _path: str, headers: Mapping[str, str], body: bytes, _query: object
    ) -> seams.Response:
        return protocol.answer(self.cloudwatch, str(protocol.operation(headers)), body)

    def _sagemaker(
        self,
        _method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        _query: Mapping[str, Any],
    ) -> seams.Response:
        names = {name.lower(): value for name, value in headers.items()}
        if found := re.fullmatch(r"/endpoints/([^/]+)/invocations", path):
            return self.sagemaker.invoke_endpoint(unquote(found[1]), body, names)
        return _answered(
            lambda: self.sagemaker.handle(names.get("x-amz-target", ""), json.loads(body or b"{}"))
        )


def _answered(call: Callable[[], Mapping[str, Any]]) -> seams.Response:
    try:
        return 200, dict(JSON), json.dumps(call()).encode()
    except ServiceError as error:
        problem = {"__type": error.code, "message": error.message}
        return error.status, dict(JSON), json.dumps(problem).encode()
