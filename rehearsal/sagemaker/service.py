"""The front of the plug-in: every control-plane call, InvokeEndpoint, and a log of the calls."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from rehearsal.sagemaker import request_validation
from rehearsal.sagemaker.context import Context
from rehearsal.sagemaker.endpoints.invocation import Answer
from rehearsal.sagemaker.endpoints.models_and_configs import Catalog
from rehearsal.sagemaker.endpoints.operations import Endpoints
from rehearsal.sagemaker.errors import ServiceError
from rehearsal.sagemaker.pipelines.execution_operations import Executions
from rehearsal.sagemaker.pipelines.jobs import Jobs
from rehearsal.sagemaker.pipelines.operations import Pipelines
from rehearsal.sagemaker.pipelines.runner import Runner
from rehearsal.sagemaker.protocols import (
    AlarmsProtocol,
    ClockProtocol,
    Emit,
    MetricsProtocol,
    Scalable,
    Store,
)
from rehearsal.sagemaker.registry.groups import Groups
from rehearsal.sagemaker.registry.packages import Registry
from rehearsal.sagemaker.tags import Tags

Body = dict[str, Any]
Operation = Callable[[Body], Body]


@dataclass(frozen=True, slots=True)
class Call:
    """One control-plane call: who made it (``api`` or ``cloudformation``) and how it ended."""

    time: datetime
    api: str
    request: Body
    caller: str
    error: str | None


def no_scalable_targets(_resource: str) -> bool:
    """The answer where nothing is registered with Application Auto Scaling."""
    return False


class SageMaker:
    """SageMaker, embedded. Thread-safe; calls may block (they load models and read S3).

    ``folder`` holds logs and scratch; ``environment`` is what the processes of jobs and models get
    on top of this process's own: the address of the embedded AWS, region, credentials.
    """

    def __init__(
        self,
        clock: ClockProtocol,
        emit: Emit,
        alarms: AlarmsProtocol,
        metrics: MetricsProtocol,
        store: Store,
        *,
        folder: Path,
        environment: Mapping[str, str],
        scalable: Scalable = no_scalable_targets,
        account: str = "000000000000",
        region: str = "us-east-1",
    ) -> None:
        self._context = Context(
            clock=clock,
            emit=emit,
            alarms=alarms,
            metrics=metrics,
            store=store,
            folder=folder,
            environment=environment,
            scalable=scalable,
            account=account,
            region=region,
        )
        groups = Groups(self._context)
        registry = Registry(self._context, groups)
        catalog = Catalog(self._context, registry)
        jobs = Jobs(self._context)
        self._endpoints = Endpoints(self._context, catalog)
        pipelines = Pipelines(self._context)
        self._executions = Executions(
            self._context,
            pipelines,
            lambda execution: Runner(
                self._context,
                execution,
                jobs=jobs,
                groups=groups,
                registry=registry,
                catalog=catalog,
            ),
        )
        self._operations: dict[str, Operation] = {
            **groups.operations(),
            **registry.operations(),
            **catalog.operations(),
            **jobs.operations(),
            **self._endpoints.operations(),
            **pipelines.operations(),
            **self._executions.operations(),
            **Tags(self._context).operations(),
        }
        self._calls: list[Call] = []

    @property
    def context(self) -> Context:
        """Clock, names and ports, for the parts of the plug-in."""
        return self._context

    def handle(self, target: str, body: Body, *, caller: str = "api") -> Body:
        """Answer one control-plane call (``SageMaker.DescribeEndpoint`` or just the API's name).

        The answer is as JSON 1.1 carries it. Raises ServiceError.
        """
        api = target.rpartition(".")[2]
        moment = self._context.now()
        error: str | None = None
        try:
            return self._answer(api, body)
        except ServiceError as refused:
            error = str(refused)
            raise
        finally:
            self._calls.append(Call(moment, api, body, caller, error))

    def invoke_endpoint(self, name: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """InvokeEndpoint: HTTP status, headers and body."""
        return self._endpoints.invoke(name, body, headers)

    def calls(self, *apis: str) -> list[Call]:
        """What was called so far, in order; only ``apis`` where any are named."""
        return [call for call in list(self._calls) if not apis or call.api in apis]

    def execution_in_progress(self) -> list[str]:
        """ARNs of pipeline executions that still run, and of endpoints whose models still load."""
        return [*self._executions.execution_in_progress(), *self._endpoints.loading()]

    def wait_for_endpoint(self, name: str, timeout: float) -> Body:
        """Wait (in real time) until a new endpoint has left ``Creating``; its description."""
        self._endpoints.wait_created(name, timeout)
        return self._answer("DescribeEndpoint", {"EndpointName": name})

    def close(self) -> None:
        """End the processes of jobs and models, and write what was captured."""
        self._executions.close()
        self._endpoints.close()

    def _answer(self, api: str, body: Body) -> Body:
        request_validation.check_request(api, body)
        operation = self._operations.get(api)
        if operation is None:
            raise ServiceError(
                "NotImplementedException", f"the embedded SageMaker has no {api}", status=501
            )
        with self._context.change():
            return dict(request_validation.wire(operation(body)))
