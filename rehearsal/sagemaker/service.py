"""The emulated service: every control-plane call, InvokeEndpoint, and a log of the calls."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rehearsal.sagemaker import request_validation
from rehearsal.sagemaker.context import SageMakerContext
from rehearsal.sagemaker.endpoints import Endpoints, HttpResponse, ModelsAndConfigs
from rehearsal.sagemaker.errors import ServiceError
from rehearsal.sagemaker.execution_role import AccessDeniedError, AssumeRole, unrestricted
from rehearsal.sagemaker.pipelines import ExecutionRunner, Executions, Jobs, Pipelines
from rehearsal.sagemaker.protocols import (
    AlarmsProtocol,
    Body,
    ClockProtocol,
    EmitProtocol,
    InvokeFunction,
    IsScalable,
    MetricsProtocol,
    StoreProtocol,
)
from rehearsal.sagemaker.registry import ModelPackageGroups, ModelPackages
from rehearsal.sagemaker.tags import Tags

Operation = Callable[[Body], Body]


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One control-plane call: its caller (``api`` or ``cloudformation``) and its error, if any."""

    time: datetime
    api: str
    request: Body
    caller: str
    error: str | None


def is_never_scalable(_resource: str) -> bool:
    """Return False: without Application Auto Scaling no variant is scalable."""
    return False


def has_no_function(arn: str, _event: Body) -> Body:
    """Fail: without Lambda there is no function."""
    return {"error": True, "body": {"errorMessage": f"Function not found: {arn}"}}


class SageMaker:
    """The emulated SageMaker. Thread-safe; calls may block (they load models and read S3).

    ``folder`` holds logs and scratch files. ``environment`` is added to the environment of the
    processes of jobs and models: the emulator's address, region, credentials. ``assume_role`` gives
    the sessions of execution roles; without it they may do everything.
    """

    def __init__(
        self,
        clock: ClockProtocol,
        emit: EmitProtocol,
        alarms: AlarmsProtocol,
        metrics: MetricsProtocol,
        store: StoreProtocol,
        *,
        folder: Path,
        environment: Mapping[str, str],
        assume_role: AssumeRole | None = None,
        is_scalable: IsScalable = is_never_scalable,
        invoke_function: InvokeFunction = has_no_function,
        account: str = "000000000000",
        region: str = "us-east-1",
    ) -> None:
        self._context = SageMakerContext(
            clock=clock,
            emit=emit,
            alarms=alarms,
            metrics=metrics,
            store=store,
            assume_role=assume_role or unrestricted(store, environment),
            folder=folder,
            is_scalable=is_scalable,
            invoke_function=invoke_function,
            account=account,
            region=region,
        )
        groups = ModelPackageGroups(self._context)
        packages = ModelPackages(self._context, groups)
        models_and_configs = ModelsAndConfigs(self._context, packages)
        jobs = Jobs(self._context)
        self._endpoints = Endpoints(self._context, models_and_configs)
        pipelines = Pipelines(self._context)
        self._executions = Executions(
            self._context,
            pipelines,
            lambda execution: ExecutionRunner(
                self._context,
                execution,
                jobs=jobs,
                groups=groups,
                packages=packages,
                models_and_configs=models_and_configs,
            ),
        )
        self._operations: dict[str, Operation] = {
            **groups.operations(),
            **packages.operations(),
            **models_and_configs.operations(),
            **jobs.operations(),
            **self._endpoints.operations(),
            **pipelines.operations(),
            **self._executions.operations(),
            **Tags(self._context).operations(),
        }
        self._calls: list[ApiCall] = []

    @property
    def context(self) -> SageMakerContext:
        """What the parts of the service share."""
        return self._context

    def handle(self, target: str, body: Body, *, caller: str = "api") -> Body:
        """Handle one control-plane call (``SageMaker.DescribeEndpoint`` or just the API's name).

        Returns the response as JSON 1.1 carries it. Raises ServiceError.
        """
        api = target.rpartition(".")[2]
        time = self._context.now()
        error: str | None = None
        try:
            return self._run_operation(api, body)
        except ServiceError as service_error:
            error = str(service_error)
            raise
        finally:
            self._calls.append(ApiCall(time, api, body, caller, error))

    def invoke_endpoint(self, name: str, body: bytes, headers: Mapping[str, str]) -> HttpResponse:
        """InvokeEndpoint."""
        return self._endpoints.invoke(name, body, headers)

    def set_endpoint_quota(self, instance_type: str, limit: int | None) -> None:
        """Set the account's quota of instances of a type for endpoints; None is no limit."""
        with self._context.change():
            self._endpoints.quotas.set_limit(instance_type, limit)

    def calls(self, *apis: str) -> list[ApiCall]:
        """Return the calls so far, in order; only those of ``apis`` if any are given."""
        return [call for call in list(self._calls) if not apis or call.api in apis]

    def work_in_progress(self) -> list[str]:
        """Return ARNs of pipeline executions that run and of endpoints whose models are loading."""
        return [*self._executions.executions_in_progress(), *self._endpoints.list_loading()]

    def wait_for_endpoint(self, name: str, timeout: float) -> Body:
        """Wait (in real time) until a new endpoint is created or failed; return its description."""
        self._endpoints.wait_until_created(name, timeout)
        return self._run_operation("DescribeEndpoint", {"EndpointName": name})

    def close(self) -> None:
        """End the processes of jobs and models, and write the captured data."""
        self._executions.close()
        self._endpoints.close()

    def _run_operation(self, api: str, body: Body) -> Body:
        request_validation.check_request(api, body)
        operation = self._operations.get(api)
        if operation is None:
            raise ServiceError(
                "NotImplementedException", f"the emulated SageMaker has no {api}", status=501
            )
        try:
            with self._context.change():
                return dict(request_validation.to_wire(operation(body)))
        except AccessDeniedError as error:
            raise ServiceError("ValidationException", str(error)) from error
