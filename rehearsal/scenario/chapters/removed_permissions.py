"""Five statements are removed from roles, and a rule's permission: IAM denies what they allowed."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from driftloop.window import format_time
from rehearsal.scenario.people import Person, role_arn
from rehearsal.scenario.scenario_context import ScenarioContext

TITLE = "Removed permissions"
TEXT = (
    "After an hour of traffic a person writes to a bucket without TLS. Then an administrator "
    "removes one statement of a role, makes the loop do what the statement allowed, and puts it "
    "back: five times. IAM denies each of the calls. At last a rule may not invoke its function: "
    "its event is in the dead-letter queue."
)
CAPTURE_DELAY = timedelta(minutes=2)
"""Time after a request until its captured record must have been written."""


EVENTBRIDGE = "events.amazonaws.com"
RULE = "DriftloopEvent"
"""Logical id of the rule that invokes the gate for requests of people."""


@dataclass(frozen=True, slots=True)
class Removal:
    """A statement of a role, the action that it allows, and what makes the loop use it."""

    stack: str
    role: str
    sid: str
    action: str
    use: Callable[[ScenarioContext], None]


def play(context: ScenarioContext) -> None:
    """Write without TLS, then remove the statements and the permission.

    The windows that are analyzed need captured records: without any, no profile is made.
    """
    context.send_hour(context.flights.next_drifted_hour())
    _write_without_tls(context)
    for removal in _removals(context):
        _remove(context, removal)
    _remove_permission_of_rule(context)


def _removals(context: ScenarioContext) -> list[Removal]:
    names = context.account.names
    shared, model = names.shared_stack, names.model_stack(context.model)
    return [
        Removal(shared, "GateRole", "EventBus", "events:PutEvents", _request_retraining),
        Removal(shared, "PlanRole", "ListCapture", "s3:ListBucket", partial(_analyze, revision=1)),
        # Without its list of captured objects, which it can't decrypt, profile reads none of them.
        Removal(shared, "ProfileRole", "FleetKey", "kms:Decrypt", partial(_analyze, revision=2)),
        Removal(shared, "ReconcileRole", "InvokeFunctions", "lambda:InvokeFunction", _reconcile),
        Removal(model, "EndpointRole", "Capture", "s3:PutObject", _send_request),
    ]


def _remove(context: ScenarioContext, removal: Removal) -> None:
    role = context.account.role(removal.stack, removal.role)
    context.emulator.expect_denial(role, removal.action)
    context.terminal.show_progress(f"{removal.role} without {removal.sid}")
    with _without_statement(context, role, removal.sid):
        removal.use(context)
        context.wait_until_idle()
    who = f"{removal.role} without its statement {removal.sid}"
    _expect_denied(context, who, role, removal.action)


@contextmanager
def _without_statement(context: ScenarioContext, role: str, sid: str) -> Iterator[None]:
    iam, name = context.account.client("iam"), role.rpartition("/")[2]
    [(policy, document)] = [
        (policy, document)
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]
        if sid in _sids(document := _read_policy(iam, name, policy))
    ]
    kept = [each for each in document["Statement"] if each.get("Sid") != sid]
    _write_policy(iam, name, policy, document | {"Statement": kept})
    try:
        yield
    finally:
        _write_policy(iam, name, policy, document)


def _read_policy(iam: Any, role: str, policy: str) -> dict[str, Any]:
    document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
    return dict(json.loads(document) if isinstance(document, str) else document)


def _write_policy(iam: Any, role: str, policy: str, document: dict[str, Any]) -> None:
    iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(document))


def _sids(document: dict[str, Any]) -> set[str]:
    return {statement.get("Sid", "") for statement in document["Statement"]}


def _remove_permission_of_rule(context: ScenarioContext) -> None:
    account, action = context.account, "lambda:InvokeFunction"
    context.emulator.expect_denial(EVENTBRIDGE, action)
    functions, name = account.client("lambda"), account.names.function("gate")
    [statement] = [
        each
        for each in json.loads(functions.get_policy(FunctionName=name)["Policy"])["Statement"]
        if RULE in json.dumps(each["Condition"])
    ]
    functions.remove_permission(FunctionName=name, StatementId=statement["Sid"])
    before = account.count_dead_letters()
    _request_retraining(context)
    context.wait_until_idle()
    _expect_denied(context, "a rule without permission", EVENTBRIDGE, action)
    added = account.count_dead_letters() - before
    context.expect("the rule's event is in the dead-letter queue", added == 1, f"{added} messages")


def _write_without_tls(context: ScenarioContext) -> None:
    labeler = role_arn(Person.LABELER)
    context.emulator.expect_denial(labeler, "s3:PutObject")
    s3 = context.people.client("s3", Person.LABELER, endpoint_url=context.emulator.insecure_url)
    try:
        s3.put_object(
            Bucket=context.account.bucket("labels"), Key=f"{context.model}/insecure", Body=b""
        )
        code = "none"
    except ClientError as error:
        code = error.response["Error"]["Code"]
    context.expect("a request without TLS gets AccessDenied", code == "AccessDenied", code)
    _expect_denied(context, "a person without TLS", labeler, "s3:PutObject")


def _expect_denied(context: ScenarioContext, who: str, principal: str, action: str) -> None:
    denied = [
        each["action"]
        for each in context.emulator.authorizations()["expected"]
        if each["principal"] == principal
    ]
    context.expect(f"IAM denies {action} to {who}", action in denied, denied)


def _request_retraining(context: ScenarioContext) -> None:
    context.account.request_retraining("to see that the gate may not publish its decision")


def _analyze(context: ScenarioContext, *, revision: int) -> None:
    """Analyze the last window again, as a person does after an error."""
    now = format_time(context.emulator.now())
    payload = {"model": context.model, "scheduled_time": now, "revision": revision}
    context.account.invoke("start_analysis", payload)


def _reconcile(context: ScenarioContext) -> None:
    context.account.invoke("reconcile", {"scheduled_time": format_time(context.emulator.now())})


def _send_request(context: ScenarioContext) -> None:
    hour = context.flights.next_drifted_hour()
    context.traffic.send(hour.payload(0, 1), [int(hour.labels.iloc[0])])
    context.advance_to(context.emulator.now() + CAPTURE_DELAY)
