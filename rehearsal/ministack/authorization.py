"""MiniStack's IAM evaluation: every decision passes here, also for callers that send no request.

MiniStack evaluates identity and resource policies of requests that arrive over HTTP. The rehearsal
adds requests that AWS's services authorize on behalf of a role (Step Functions, Scheduler,
SageMaker) or of themselves (EventBridge, CloudWatch, CloudWatch Logs).
"""

import contextvars
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rehearsal.ministack.names import ACCOUNT, REGION, import_module, request_scope

Context = dict[str, Any]
"""Values of condition keys by the key's name."""


@dataclass(frozen=True, slots=True)
class Check:
    """One authorization request without its principal."""

    action: str
    resource: str
    context: Context = field(default_factory=dict)

    @property
    def service(self) -> str:
        """The prefix of the action."""
        return self.action.partition(":")[0]


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """The HTTP request that is being authorized."""

    service: str
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    query: Mapping[str, Any]


FindChecks = Callable[[ReceivedRequest, Check], Sequence[Check]]
"""Returns what a request needs, given the one check that MiniStack makes of it."""

Record = Callable[[str, Check, bool], None]
"""Takes the principal, the check, and whether it was allowed."""

_received: contextvars.ContextVar[ReceivedRequest | None] = contextvars.ContextVar(
    "received_request", default=None
)


def add_namespaces(namespaces: Mapping[str, str]) -> None:
    """Name the prefixes of the actions of services that MiniStack does not have."""
    import_module("core.iam_actions").SERVICE_TO_IAM_NAMESPACE.update(namespaces)


def on_authorization(
    find_action: Callable[[ReceivedRequest], str | None], find_checks: FindChecks, record: Record
) -> None:
    """Replace the one check of a request by those of ``find_checks``, and record each decision.

    ``find_action`` returns the action of a request; None leaves that to MiniStack.
    """
    actions, evaluator = import_module("core.iam_actions"), import_module("core.iam_evaluator")
    original_action, original_enforce = actions.extract_iam_action, evaluator.enforce

    def extract_iam_action(
        service: str, method: str, path: str, headers: Any, body: bytes, query: Any
    ) -> str | None:
        request = ReceivedRequest(service, method, path, headers, body, query)
        _received.set(request)
        found: str | None = find_action(request) or original_action(
            service, method, path, headers, body, query
        )
        return found

    def enforce(
        access_key_id: str,
        iam_action: str,
        service: str,
        region: str,
        resource_arn: str = "*",
        service_context: Context | None = None,
    ) -> Any:
        transport = {"aws:SecureTransport": str(evaluator._request_origin.get()[1]).lower()}
        check = Check(iam_action, resource_arn, {**(service_context or {}), **transport})
        request = _received.get()
        for found in find_checks(request, check) if request is not None else [check]:
            each = Check(found.action, found.resource, {**found.context, **transport})
            denied = original_enforce(
                access_key_id,
                each.action,
                service if each.service == check.service else each.service,
                region,
                resource_arn=each.resource,
                service_context=each.context,
            )
            if not isinstance(denied, evaluator.AuthError):
                record(_principal_of_key(access_key_id), each, denied is None)
            if denied is not None:
                return denied
        return None

    actions.extract_iam_action = extract_iam_action
    evaluator.enforce = enforce


def is_allowed_for_role(role_arn: str, session_name: str, check: Check) -> bool:
    """Evaluate the policies of a role that a service has assumed, and of the resource."""
    evaluator = import_module("core.iam_evaluator")
    with request_scope():
        key = create_session(role_arn, session_name)["AWS_ACCESS_KEY_ID"]
        principal = evaluator.resolve_principal(key, ACCOUNT)
        context = _evaluation_context(principal.arn, "AssumedRole", check, principal.keys)
        result = evaluator.evaluate(context, principal.policies, *principal.limits)
        found = evaluator._resource_policy(check.service, check.resource)
        if found is not None:
            result = evaluator.combine_resource_policy(
                result, context, *found, required=check.service == "kms", limits=principal.limits
            )
        return bool(result.decision == "Allow")


def is_allowed_for_service(service: str, check: Check) -> bool:
    """Evaluate the policy of a resource for a service principal, which has no policies."""
    evaluator = import_module("core.iam_evaluator")
    with request_scope():
        policy = _find_policy(check)
        context = _evaluation_context(service, "Service", check, {})
        result = evaluator.evaluate_resource_policy(policy, context, service=service)
        return bool(result.decision == "Allow")


def create_session(role_arn: str, session_name: str) -> dict[str, str]:
    """Return credentials of a session of a role, as environment variables; the same for a name."""
    role_name = role_arn.rpartition("/")[2]
    digest = hashlib.sha256(f"{role_arn}/{session_name}".encode()).hexdigest()
    credentials = {
        "AWS_ACCESS_KEY_ID": f"ASIA{digest[:16].upper()}",
        "AWS_SECRET_ACCESS_KEY": hashlib.sha256(f"secret/{digest}".encode()).hexdigest(),
        "AWS_SESSION_TOKEN": hashlib.sha256(f"token/{digest}".encode()).hexdigest(),
    }
    import_module("services.sts").register_session(
        credentials["AWS_ACCESS_KEY_ID"],
        {
            "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role_name}/{session_name}",
            "UserId": f"{role_name}:{session_name}",
            "AccountId": ACCOUNT,
            "PrincipalType": "AssumedRole",
            "SecretAccessKey": credentials["AWS_SECRET_ACCESS_KEY"],
            "SessionToken": credentials["AWS_SESSION_TOKEN"],
        },
    )
    return credentials


def _find_policy(check: Check) -> Any:
    """Return a resource's policy; that of a role is its trust policy."""
    if check.action == "sts:AssumeRole":
        role = import_module("services.iam")._roles.get(check.resource.rpartition("/")[2]) or {}
        return role.get("AssumeRolePolicyDocument")
    found = import_module("core.iam_evaluator")._resource_policy(check.service, check.resource)
    return found[0] if found else None


def _principal_of_key(access_key_id: str) -> str:
    identity = import_module("core.iam_evaluator").resolve_caller_identity(access_key_id)
    arn: str = identity["userArn"] if identity else "anonymous"
    if ":assumed-role/" not in arn:
        return arn
    name = arn.split("/")[1]
    role = import_module("services.iam")._roles.get_scoped(ACCOUNT, None, name)
    return role["Arn"] if role else f"arn:aws:iam::{ACCOUNT}:role/{name}"


def _evaluation_context(arn: str, kind: str, check: Check, keys: Mapping[str, Any]) -> Any:
    evaluator = import_module("core.iam_evaluator")
    return evaluator.EvalContext(
        principal_arn=arn,
        principal_type=kind,
        principal_account=ACCOUNT if kind == "AssumedRole" else "",
        action=check.action,
        resource_arn=check.resource,
        region=REGION,
        secure_transport=True,  # AWS's services call each other over TLS
        service_context={
            "aws:tagkeys": None,
            **{key.lower(): value for key, value in check.context.items()},
        },
        principal_keys=dict(keys),
    )
