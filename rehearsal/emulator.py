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

from rehearsal.async_invocations import Functions
from rehearsal.autoscaling import TARGET_PREFIX, AutoScaling
from rehearsal.cloudwatch import alarm_notifications, cloudformation_alarm, protocol
from rehearsal.cloudwatch.alarms import AlarmStore, Change
from rehearsal.cloudwatch.metric_store import MetricStore
from rehearsal.cloudwatch.service import CloudWatch
from rehearsal.event_bus import Bus
from rehearsal.ministack import events, services
from rehearsal.ministack import invocations as ministack_invocations
from rehearsal.ministack import names as ministack_names
from rehearsal.sagemaker import S3Store, SageMaker, ServiceError, provisioners
from rehearsal.schedules import EmulatedSchedules
from rehearsal.simulated_clock import SimulatedClock

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
            self.clock,
            self.metrics,
            self.alarms,
            account=ministack_names.ACCOUNT,
            region=ministack_names.REGION,
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
                "AWS_DEFAULT_REGION": ministack_names.REGION,
                "AWS_ACCESS_KEY_ID": ministack_names.ACCOUNT,
                "AWS_SECRET_ACCESS_KEY": "rehearsal",
            },
            scalable=self.autoscaling.registered,
        )
        self._pool = ThreadPoolExecutor(16, thread_name_prefix="sagemaker")

    def install(self) -> None:
        """Take the places in MiniStack. Before the server starts."""
        services.add_service(
            "sagemaker", self._sagemaker, self._pool, targets=["SageMaker"], scopes=["sagemaker"]
        )
        services.add_service(
            "application-autoscaling",
            self.autoscaling.handle,
            self._pool,
            targets=[TARGET_PREFIX],
            scopes=["application-autoscaling"],
        )
        services.replace_service("monitoring", self._is_ours, self._monitoring)
        services.add_resources(provisioners(self.sagemaker))
        services.add_resources(self.autoscaling.provisioners())
        services.add_resources(cloudformation_alarm.provisioners(self.cloudwatch, self.alarms))
        events.set_time_of_events(self.clock.now)
        events.on_event(self._see)
        ministack_invocations.on_lambda_target(self.functions.deliver)
        ministack_invocations.on_async_invoke(self.functions.run)
        services.on_parameter_change(self.bus.parameter_changed)
        services.on_recorded_metric(self._record)
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
            *services.running_executions(),
            *(arn for arn in flights if pipelines or ":pipeline/" not in arn),
        ]

    def close(self) -> None:
        """End what was started."""
        self.functions.close()
        self.sagemaker.close()
        ministack_invocations.close()

    def _tick(self) -> None:
        self.schedules.tick()
        self.wait_until_idle()
        now = self.clock.now()
        for queue, depth in services.queue_depths().items():
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
        arn = alarm_notifications.arn(
            change.alarm.name, ministack_names.ACCOUNT, ministack_names.REGION
        )
        self.bus.emit(
            alarm_notifications.SOURCE,
            alarm_notifications.DETAIL_TYPE,
            alarm_notifications.event_detail(change),
            [arn],
        )
        subject, message = alarm_notifications.message(
            change, ministack_names.ACCOUNT, ministack_names.REGION
        )
        for topic in alarm_notifications.topics(change):
            services.publish(topic, subject, message)

    def _is_ours(self, headers: Mapping[str, str]) -> bool:
        return protocol.operation(headers) in self.cloudwatch.operations

    def _monitoring(
        self, _method: str, _path: str, headers: Mapping[str, str], body: bytes, _query: object
    ) -> ministack_names.Response:
        return protocol.answer(self.cloudwatch, str(protocol.operation(headers)), body)

    def _sagemaker(
        self,
        _method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        _query: Mapping[str, Any],
    ) -> ministack_names.Response:
        names = {name.lower(): value for name, value in headers.items()}
        if found := re.fullmatch(r"/endpoints/([^/]+)/invocations", path):
            return self.sagemaker.invoke_endpoint(unquote(found[1]), body, names)
        return _answered(
            lambda: self.sagemaker.handle(names.get("x-amz-target", ""), json.loads(body or b"{}"))
        )


def _answered(call: Callable[[], Mapping[str, Any]]) -> ministack_names.Response:
    try:
        return 200, dict(JSON), json.dumps(call()).encode()
    except ServiceError as error:
        problem = {"__type": error.code, "message": error.message}
        return error.status, dict(JSON), json.dumps(problem).encode()
