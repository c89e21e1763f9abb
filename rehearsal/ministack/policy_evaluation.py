"""MiniStack's IAM evaluation of statements, without a running emulator."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rehearsal.ministack.names import import_module

Statement = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """What IAM evaluates.

    Args:
        principal: ARN of a role, or a service such as ``events.amazonaws.com``.
        action: The action.
        resource: ARN of the resource, or ``*``.
        context: Values of condition keys.
    """

    principal: str
    action: str
    resource: str
    context: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def is_of_service(self) -> bool:
        """Whether a service makes the request as itself."""
        return not self.principal.startswith("arn:")


def is_allowed(statements: Sequence[Statement], request: AuthorizationRequest) -> bool:
    """Return whether the statements of a principal's own policies allow a request."""
    evaluator = import_module("core.iam_evaluator")
    policies = [evaluator.parse_policy_document({"Statement": [*statements]})]
    return bool(evaluator.evaluate(_context(request), policies).decision == "Allow")


def is_allowed_by_resource(statements: Sequence[Statement], request: AuthorizationRequest) -> bool:
    """Return whether the statements of a resource's policy allow a request."""
    evaluator = import_module("core.iam_evaluator")
    document = {"Statement": [*statements]}
    service = request.principal if request.is_of_service else None
    found = evaluator.evaluate_resource_policy(document, _context(request), service=service)
    return bool(found.decision == "Allow")


def _context(request: AuthorizationRequest) -> Any:
    evaluator = import_module("core.iam_evaluator")
    parts = request.resource.split(":")
    return evaluator.EvalContext(
        principal_arn=request.principal,
        principal_type="Service" if request.is_of_service else "AssumedRole",
        principal_account="" if request.is_of_service else request.principal.split(":")[4],
        action=request.action,
        resource_arn=request.resource,
        region=parts[3] if len(parts) > 3 else "",
        secure_transport=True,
        service_context={
            "aws:tagkeys": None,
            **{key.lower(): value for key, value in request.context.items()},
        },
    )
