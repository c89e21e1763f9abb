"""What MiniStack's Step Functions does by the role of a state machine."""

import contextvars
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from rehearsal.ministack.names import ACCOUNT, REGION, import_module

Require = Callable[[str, str, str, str], None]
"""Takes the role, the state machine, an action and its resource; raises if that is denied."""

_state_machine: contextvars.ContextVar[str | None] = contextvars.ContextVar(
    "state_machine", default=None
)


def set_execution_time(now: Callable[[], datetime]) -> None:
    """Give executions simulated times; Step Functions writes them with milliseconds."""
    machines = import_module("services.stepfunctions")
    machines.now_iso = lambda: f"{now().astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000Z"


def on_state_machine_action(require: Require) -> None:
    """Call ``require`` before a state machine invokes a function, starts a map or reads a manifest.

    An exception of ``require`` fails the state with the error ``States.Permissions``.
    """
    machines = import_module("services.stepfunctions")
    execute_task, run_map = machines._execute_task, machines._run_distributed_map
    call_function, read_object = machines._call_lambda, machines._s3_object_text

    def check(action: str, resource: str) -> None:
        arn = _state_machine.get()
        if arn is None:
            return
        try:
            require(machines._state_machines[arn]["roleArn"], arn, action, resource)
        except Exception as error:
            raise machines._ExecutionError("States.Permissions", str(error)) from error

    def execute(state: Any, raw_input: Any, execution: dict[str, Any], context: Any) -> Any:
        token = _state_machine.set(_machine_arn(execution))
        try:
            return execute_task(state, raw_input, execution, context)
        finally:
            _state_machine.reset(token)

    def distribute(
        state: Any, raw: Any, effective: Any, iterator: Any, execution: dict[str, Any], ctx: Any
    ) -> Any:
        token = _state_machine.set(_machine_arn(execution))
        try:
            check("states:StartExecution", _machine_arn(execution))
            return run_map(state, raw, effective, iterator, execution, ctx)
        finally:
            _state_machine.reset(token)

    def call(function: str, event: Any) -> Any:
        is_arn = function.startswith("arn:")
        prefix = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:"
        check("lambda:InvokeFunction", function if is_arn else f"{prefix}{function}")
        return call_function(function, event)

    def read(bucket: str, key: str) -> Any:
        check("s3:GetObject", f"arn:aws:s3:::{bucket}/{key}")
        return read_object(bucket, key)

    machines._execute_task, machines._run_distributed_map = execute, distribute
    machines._call_lambda, machines._s3_object_text = call, read


def _machine_arn(execution: dict[str, Any]) -> str:
    """Return the state machine of an execution; a child execution's is that of its parent."""
    return str(execution["stateMachineArn"]).partition("/")[0]
