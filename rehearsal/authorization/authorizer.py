"""Authorizes requests over HTTP, and those that AWS's services make by a role or as themselves."""

from collections.abc import Callable
from typing import Any

from rehearsal.authorization import encryption_checks, request_checks
from rehearsal.authorization.record import AuthorizationRecord
from rehearsal.ministack import authorization, encryption
from rehearsal.ministack.authorization import Check
from rehearsal.ministack.names import ACCOUNT


class AccessDeniedError(Exception):
    """A role or service may not do what it tried to do; the message is AWS's."""

    def __init__(self, principal: str, action: str, resource: str) -> None:
        self.action = action
        super().__init__(
            f"User: {principal} is not authorized to perform: {action} on resource: {resource}"
        )


class Authorizer:
    """Evaluates and records all authorization requests of the emulator."""

    def __init__(self) -> None:
        self.record = AuthorizationRecord()

    def install(self) -> None:
        """Authorize every request that arrives over HTTP."""
        encryption.keep_template_encryption()
        authorization.add_namespaces(request_checks.NAMESPACES)
        authorization.on_authorization(
            request_checks.find_action,
            request_checks.find_checks,
            lambda principal, check, is_allowed: self._add(principal, check, is_allowed=is_allowed),
        )

    def require_role(self, role_arn: str, session: str, *checks: Check) -> None:
        """Authorize what a service does by a role that it has assumed; raises AccessDeniedError."""
        self._require(
            role_arn,
            checks,
            lambda check: authorization.is_allowed_for_role(role_arn, session, check),
        )

    def require_service(self, service: str, *checks: Check) -> None:
        """Authorize what a service does as a service principal; raises AccessDeniedError."""
        self._require(
            service, checks, lambda check: authorization.is_allowed_for_service(service, check)
        )

    def assume_role(self, service: str, role_arn: str, source_arn: str) -> None:
        """Authorize a service to assume a role by its trust policy; raises AccessDeniedError."""
        check = Check("sts:AssumeRole", role_arn, authorized_source(source_arn))
        self.require_service(service, check)

    def require_role_to_send(self, role_arn: str, session: str, queue_arn: str) -> None:
        """Authorize a message to a queue, with the key of the queue."""
        action = "sqs:SendMessage"
        checks = [Check(action, queue_arn), *encryption_checks.access_queue(queue_arn, action)]
        self.require_role(role_arn, session, *checks)

    def require_service_to_send(self, service: str, queue_arn: str, source_arn: str) -> None:
        """Authorize a message that a service sends to a queue on behalf of a resource.

        EventBridge's requests to KMS have no ``aws:SourceAccount`` and no ``aws:SourceArn``: so the
        Amazon SNS Developer Guide, "Enable compatibility between event sources from AWS services
        and encrypted topics"; for queues it is assumed.
        """
        action = "sqs:SendMessage"
        self.require_service(
            service,
            Check(action, queue_arn, authorized_source(source_arn)),
            *encryption_checks.access_queue(queue_arn, action),
        )

    def require_service_to_publish(self, service: str, topic_arn: str, source_arn: str) -> None:
        """Authorize a notification of a service on behalf of a resource, such as an alarm."""
        context = authorized_source(source_arn)
        self.require_service(
            service,
            Check("sns:Publish", topic_arn, context),
            *encryption_checks.publish(topic_arn, **context),
        )

    def _require(
        self, principal: str, checks: tuple[Check, ...], is_allowed: Callable[[Check], bool]
    ) -> None:
        for check in checks:
            allowed = is_allowed(check)
            self._add(principal, check, is_allowed=allowed)
            if not allowed:
                raise AccessDeniedError(principal, check.action, check.resource)

    def _add(self, principal: str, check: Check, *, is_allowed: bool) -> None:
        self.record.add(
            principal, check.action, check.resource, check.context, is_allowed=is_allowed
        )


def authorized_source(arn: str) -> dict[str, Any]:
    """Return the condition keys of the resource on whose behalf a service makes a request."""
    return {"aws:SourceArn": arn, "aws:SourceAccount": ACCOUNT}
