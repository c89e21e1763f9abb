"""Which request is denied without a permission: each is taken away in turn."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from rehearsal.ministack.policy_evaluation import (
    AuthorizationRequest,
    is_allowed,
    is_allowed_by_resource,
)
from rehearsal.permissions.policies import Grant, Permission
from rehearsal.permissions.requests import to_line


@dataclass(frozen=True)
class Removals:
    """The result of taking away every permission.

    Args:
        denied: By permission, a request that is denied without it.
        denied_statements: The same by statement: holder and sid.
        unexplained: Requests that no policy allows: the record does not match the templates.
    """

    denied: dict[Permission, AuthorizationRequest] = field(default_factory=dict)
    denied_statements: dict[tuple[str, str], AuthorizationRequest] = field(default_factory=dict)
    unexplained: list[AuthorizationRequest] = field(default_factory=list)


def remove_each(grants: Sequence[Grant], requests: Iterable[AuthorizationRequest]) -> Removals:
    """Evaluate the requests again with each action, and each statement, taken away.

    Statements only allow here, so a request is denied without a permission exactly if no other
    permission allows it as well.
    """
    removals = Removals()
    for request in requests:
        allowing = {grant.permission for grant in grants if allows(grant, request)}
        if not allowing:
            removals.unexplained.append(request)
        statements = {permission.statement for permission in allowing}
        if len(statements) == 1:
            removals.denied_statements.setdefault(statements.pop(), request)
        if len(allowing) == 1:
            removals.denied.setdefault(allowing.pop(), request)
    return removals


def allows(grant: Grant, request: AuthorizationRequest) -> bool:
    """Return whether this one permission allows a request."""
    if grant.statement["Effect"] != "Allow" or not _is_action(grant.permission, request):
        return False
    if grant.principal is not None:
        return grant.principal == request.principal and is_allowed([grant.statement], request)
    resource = grant.resource or ""
    if not request.is_of_service:
        return False  # a role has its own policies; those of resources here are for services
    if request.resource != resource and not request.resource.startswith(f"{resource}/"):
        return False
    statement = {key: value for key, value in grant.statement.items() if key != "Resource"}
    return is_allowed_by_resource([statement], request)


def one_of_each_kind(
    grants: Sequence[Grant],
    requests: Iterable[AuthorizationRequest],
    known: Sequence[AuthorizationRequest] = (),
) -> list[AuthorizationRequest]:
    """Return ``known`` and the first request, by its text, of each kind that is not in it.

    Requests are of one kind if the same permissions allow them.
    """
    kinds: dict[frozenset[Permission], AuthorizationRequest] = {}
    for request in [*known, *sorted(requests, key=to_line)]:
        allowing = frozenset(grant.permission for grant in grants if allows(grant, request))
        if allowing:
            kinds.setdefault(allowing, request)
    return list(kinds.values())


def _is_action(permission: Permission, request: AuthorizationRequest) -> bool:
    return fnmatchcase(request.action.lower(), permission.action.lower())
