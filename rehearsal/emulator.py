"""The emulator of AWS: MiniStack, the services that it lacks, and one simulated clock."""

import json
import logging
import re
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from rehearsal.async_invocations import AsyncInvocations
from rehearsal.authorization import Authorizer
from rehearsal.autoscaling import TARGET_PREFIX, ApplicationAutoScaling
from rehearsal.cloudwatch import alarm_notifications, cloudformation_alarm, protocol
from rehearsal.cloudwatch.alarms import AlarmStateTransition, AlarmStore
from rehearsal.cloudwatch.metric_store import MetricStore
from rehearsal.cloudwatch.service import CloudWatch
from rehearsal.event_bus import EventBus
from rehearsal.ministack import (
    events,
    invocations,
    messaging,
    metrics,
    parameters,
    services,
    state_machines,
)
from rehearsal.ministack.names import ACCOUNT, REGION, Response
from rehearsal.sagemaker import S3Store, SageMaker, ServiceError, provisioners
from rehearsal.schedules import EmulatedSchedules
from rehearsal.service_roles import ServiceRoles
from rehearsal.simulated_clock import SimulatedClock

log = logging.getLogger(__name__)

MINUTE = timedelta(minutes=1)

MAX_IDLE_WAIT_SECONDS = 180.0
"""Seconds of real time until work that still runs is an error: model loading is the slowest."""

MAX_EXECUTIONS = 4
"""Functions that run at a time, each in a process of its own; more of them wait for their turn."""

POLL_SECONDS = 0.02
HEADERS = {"Content-Type": "application/x-amz-json-1.1"}

EXECUTION_METRICS = {
    "SUCCEEDED": "ExecutionsSucceeded",
    "FAILED": "ExecutionsFailed",
    "TIMED_OUT": "ExecutionsTimedOut",
    "ABORTED": "ExecutionsAborted",
}
"""Metrics of AWS/States by the status of an execution that ended."""


class NotIdleError(RuntimeError):
    """Work still runs after the longest wait."""


class Emulator:
    """One account in one region, with a clock that moves only by :meth:`advance_to`."""

    def __init__(
        self, *, start: datetime, folder: Path, endpoint_url: str, ca_bundle: Path
    ) -> None:
        environment = {
            "AWS_ENDPOINT_URL": endpoint_url,
            "AWS_CA_BUNDLE": str(ca_bundle),
            "AWS_DEFAULT_REGION": REGION,
        }
        self.clock = SimulatedClock(start)
        self.bus = EventBus()
        self.metrics = MetricStore()
        self.alarms = AlarmStore(self.clock, self.metrics, self._publish_alarm_change)
        self.authorizer = Authorizer()
        self._service_roles = ServiceRoles(self.authorizer, environment)
        self.invocations = AsyncInvocations(self.authorizer)
        self.autoscaling = ApplicationAutoScaling()
        self.schedules = EmulatedSchedules(self.clock)
        self.cloudwatch = CloudWatch(
            self.clock, self.metrics, self.alarms, account=ACCOUNT, region=REGION
        )
        self.sagemaker = SageMaker(
            self.clock,
            self.bus.emit,
            self.alarms,
            self.metrics,
            S3Store(endpoint_url=endpoint_url),
            folder=folder / "sagemaker",
            environment=environment,
            is_scalable=self.autoscaling.is_registered,
            invoke_function=invocations.invoke_by_arn,
            assume_role=self._service_roles.assume_execution_role,
        )
        self._pool = ThreadPoolExecutor(16, thread_name_prefix="sagemaker")
        self._mails: list[dict[str, str]] = []

    def install(self) -> None:
        """Install the emulated services and hooks in MiniStack, before its server starts."""
        self.authorizer.install()
        self._service_roles.install()
        services.add_service(
            "sagemaker",
            self._handle_sagemaker,
            self._pool,
            targets=["SageMaker"],
            scopes=["sagemaker"],
        )
        services.add_service(
            "application-autoscaling",
            self.autoscaling.handle,
            self._pool,
            targets=[TARGET_PREFIX],
            scopes=["application-autoscaling"],
        )
        services.replace_service(
            "monitoring", self._is_cloudwatch_operation, self._handle_cloudwatch
        )
        services.add_resource_types(provisioners(self.sagemaker))
        services.add_resource_types(self.autoscaling.provisioners())
        services.add_resource_types(cloudformation_alarm.provisioners(self.cloudwatch, self.alarms))
        events.set_event_time(self.clock.now)
        state_machines.set_execution_time(self.clock.now)
        events.on_bus_event(self._record_event)
        invocations.on_lambda_target(self.invocations.deliver_event)
        invocations.on_async_invoke(self.invocations.invoke)
        parameters.on_parameter_change(self.bus.emit_parameter_change)
        invocations.limit_executions(MAX_EXECUTIONS)
        metrics.on_recorded_metric(self._record_metric)
        messaging.on_mail(self._record_mail)
        self.clock.every(MINUTE, self._run_minute, "every minute")

    def advance_to(self, target: datetime) -> None:
        """Move the clock to ``target``; after each callback, wait until its work has ended."""
        self.wait_until_idle()
        while (due := self.clock.next_callback_time()) is not None and due <= target:
            self.clock.advance_to(due)
            self.wait_until_idle()
        self.clock.advance_to(target)

    def wait_until_idle(
        self, *, pipelines: bool = False, timeout: float = MAX_IDLE_WAIT_SECONDS
    ) -> None:
        """Wait (in real time) until no work runs; raises NotIdleError after ``timeout`` seconds.

        Pipeline executions count only with ``pipelines``: they run while simulated time passes.
        """
        deadline = time.monotonic() + timeout
        idle_checks = 0
        has_waited = False
        while idle_checks < (2 if has_waited else 1):
            running = self.list_running(pipelines=pipelines)
            idle_checks = 0 if running else idle_checks + 1
            if running and time.monotonic() > deadline:
                raise NotIdleError(f"still running after {timeout:.0f} s: {', '.join(running)}")
            if running or has_waited:
                has_waited = True
                time.sleep(POLL_SECONDS)

    def list_running(self, *, pipelines: bool) -> list[str]:
        """Describe the work that has not ended."""
        pending = self.invocations.pending_count
        return [
            *([f"{pending} invocations"] if pending else []),
            *invocations.list_running_executions(),
            *(
                arn
                for arn in self.sagemaker.work_in_progress()
                if pipelines or ":pipeline/" not in arn
            ),
        ]

    def mails(self, *, since: int) -> list[dict[str, str]]:
        """Return the mails to the subscribers of topics, from a number on."""
        return self._mails[since:]

    def close(self) -> None:
        """End all threads and processes."""
        self.invocations.close()
        self.sagemaker.close()
        invocations.close()

    def _run_minute(self) -> None:
        self.schedules.invoke_due()
        self.wait_until_idle()
        now = self.clock.now()
        for queue, depth in messaging.count_messages().items():
            self.metrics.put(
                "AWS/SQS",
                "ApproximateNumberOfMessagesVisible",
                {"QueueName": queue},
                depth,
                "Count",
                now - MINUTE,
            )
        self.alarms.evaluate_all()

    def _record_event(self, event: Mapping[str, Any]) -> None:
        self.bus.record(event, self.clock.now())
        if event["Source"] == "aws.states":
            self._count_execution(json.loads(event["Detail"]))

    def _count_execution(self, detail: Mapping[str, Any]) -> None:
        if name := EXECUTION_METRICS.get(detail["status"]):
            dimensions = {"StateMachineArn": detail["stateMachineArn"]}
            self._record_metric("AWS/States", name, 1, "Count", dimensions)

    def _record_metric(
        self, namespace: str, name: str, value: float, unit: str, dimensions: Mapping[str, str]
    ) -> None:
        self.metrics.put(namespace, name, dimensions, value, unit, self.clock.now())

    def _record_mail(self, subject: str, body: str) -> None:
        self._mails.append({"subject": subject, "body": body})

    def _publish_alarm_change(self, change: AlarmStateTransition) -> None:
        self.bus.emit(
            alarm_notifications.SOURCE,
            alarm_notifications.DETAIL_TYPE,
            alarm_notifications.event_detail(change),
            [alarm_notifications.alarm_arn(change.alarm.name, ACCOUNT, REGION)],
        )
        subject, message = alarm_notifications.sns_message(change, ACCOUNT, REGION)
        alarm_arn = alarm_notifications.alarm_arn(change.alarm.name, ACCOUNT, REGION)
        for topic in alarm_notifications.notified_topics(change):
            if self._service_roles.may_notify(topic, alarm_arn):
                messaging.publish_to_topic(topic, subject, message)

    def _is_cloudwatch_operation(self, headers: Mapping[str, str]) -> bool:
        return protocol.operation_name(headers) in self.cloudwatch.operations

    def _handle_cloudwatch(
        self, _method: str, _path: str, headers: Mapping[str, str], body: bytes, _query: object
    ) -> Response:
        return protocol.handle_request(self.cloudwatch, str(protocol.operation_name(headers)), body)

    def _handle_sagemaker(
        self,
        _method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        _query: Mapping[str, Any],
    ) -> Response:
        names = {name.lower(): value for name, value in headers.items()}
        if matched := re.fullmatch(r"/endpoints/([^/]+)/invocations", path):
            return self.sagemaker.invoke_endpoint(unquote(matched[1]), body, names)
        status, sent, answer = _to_response(
            lambda: self.sagemaker.handle(names.get("x-amz-target", ""), json.loads(body or b"{}"))
        )
        # release reads the time of its calls there.
        date = format_datetime(self.clock.now(), usegmt=True)
        return status, sent | {"Date": date}, answer


def _to_response(call: Callable[[], Mapping[str, Any]]) -> Response:
    try:
        return 200, dict(HEADERS), json.dumps(call()).encode()
    except ServiceError as error:
        body = {"__type": error.code, "message": error.message}
        return error.status, dict(HEADERS), json.dumps(body).encode()
