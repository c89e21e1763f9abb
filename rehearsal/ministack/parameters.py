"""Changes of MiniStack's SSM parameters, those that CloudFormation makes included."""

from collections.abc import Callable
from typing import Any

from rehearsal.ministack.names import Response, import_module


def on_parameter_change(emit_change: Callable[[str, str, str], None]) -> None:
    """Call ``emit_change(operation, name, type)`` after each change."""
    ssm = import_module("services.ssm")
    original_put, original_delete = ssm._put_parameter, ssm._delete_parameter

    def put_parameter(data: dict[str, Any]) -> Response:
        exists = ssm._lookup_parameter(data.get("Name"))[1] is not None
        response: Response = original_put(data)
        if response[0] < 400:
            operation = "Update" if exists else "Create"
            emit_change(operation, data["Name"], data.get("Type", "String"))
        return response

    def delete_parameter(data: dict[str, Any]) -> Response:
        response: Response = original_delete(data)
        if response[0] < 400:
            emit_change("Delete", data["Name"], "String")
        return response

    ssm._put_parameter, ssm._delete_parameter = put_parameter, delete_parameter
