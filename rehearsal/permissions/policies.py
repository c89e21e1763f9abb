"""The policies of the templates: those of roles, and those of resources."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.permissions.names import Names, plain_name
from rehearsal.resolved_templates import ResolvedResource, ResolvedStacks


@dataclass(frozen=True, slots=True)
class Permission:
    """One action of one statement.

    ``holder`` is the logical ID of a role or of a resource with a policy, without CDK's hash.
    """

    holder: str
    sid: str
    action: str

    @property
    def statement(self) -> tuple[str, str]:
        """Holder and sid."""
        return self.holder, self.sid


@dataclass(frozen=True, slots=True)
class Grant:
    """A permission as the template has it: a statement with this one action.

    Args:
        permission: What it is called.
        statement: The statement, with the one action.
        principal: ARN of the role that has the policy; None for the policy of a resource.
        resource: ARN of the resource that has the policy; None for the policy of a role.
    """

    permission: Permission
    statement: Mapping[str, Any]
    principal: str | None = None
    resource: str | None = None


def grants(stacks: ResolvedStacks) -> Iterator[Grant]:
    """Yield every action of every statement of every policy."""
    arns, names = _arns(stacks), Names(stacks)
    for resource in stacks.resources():
        for holder, statements, place in _policies(resource, arns, stacks):
            for number, statement in enumerate(statements, start=1):
                short = _with_short_names(statement, names)
                yield from _single_actions(holder, short, number, place)


def _with_short_names(statement: Mapping[str, Any], names: Names) -> dict[str, Any]:
    named = {key: statement[key] for key in ("Resource", "Condition") if key in statement}
    return {**statement, **names.shorten_all(named)}


def listed(value: Any) -> list[Any]:
    """Return a value of a policy as a list."""
    return value if isinstance(value, list) else [value]


def _single_actions(
    holder: str, statement: Mapping[str, Any], number: int, place: Mapping[str, str]
) -> Iterator[Grant]:
    sid = statement.get("Sid", f"statement {number}")
    for action in listed(statement["Action"]):
        permission = Permission(holder, sid, action)
        yield Grant(permission, {**statement, "Action": action}, **place)


def _arns(stacks: ResolvedStacks) -> dict[str, tuple[str, str]]:
    """Return the logical ID and the ARN of each resource with an ARN, by its physical name."""
    found = {}
    for resource in stacks.resources():
        arn = stacks.arn(resource)
        if arn:
            found[resource.name] = (plain_name(resource.logical_id), arn)
    return found


_Policies = Iterator[tuple[str, list[Mapping[str, Any]], dict[str, str]]]


def _policies(
    resource: ResolvedResource, arns: Mapping[str, tuple[str, str]], stacks: ResolvedStacks
) -> _Policies:
    properties = resource.properties
    if resource.type == "AWS::IAM::Policy":
        for role in properties["Roles"]:
            holder, arn = arns[role]
            yield holder, properties["PolicyDocument"]["Statement"], {"principal": arn}
    elif resource.type == "AWS::IAM::Role":
        holder, arn = arns[resource.name]
        for policy in properties.get("Policies", ()):
            yield holder, policy["PolicyDocument"]["Statement"], {"principal": arn}
        trust = properties["AssumeRolePolicyDocument"]["Statement"]
        yield f"{holder} (trust)", trust, {"resource": arn}
    elif resource.type == "AWS::KMS::Key":
        holder, arn = arns[resource.name]
        yield holder, properties["KeyPolicy"]["Statement"], {"resource": arn}
    elif resource.type == "AWS::S3::BucketPolicy":
        holder, arn = arns[properties["Bucket"]]
        yield holder, properties["PolicyDocument"]["Statement"], {"resource": arn}
    elif resource.type == "AWS::SQS::QueuePolicy":
        for url in properties["Queues"]:
            holder, arn = arns[url.rpartition("/")[2]]
            yield holder, properties["PolicyDocument"]["Statement"], {"resource": arn}
    elif resource.type == "AWS::SNS::TopicPolicy":
        for topic in properties["Topics"]:
            holder, arn = arns[topic.rpartition(":")[2]]
            yield holder, properties["PolicyDocument"]["Statement"], {"resource": arn}
    elif resource.type == "AWS::Lambda::Permission":
        yield from _invoke_permission(resource, stacks)


def _invoke_permission(resource: ResolvedResource, stacks: ResolvedStacks) -> _Policies:
    properties = resource.properties
    statement: dict[str, Any] = {
        "Sid": "Invoke",
        "Effect": "Allow",
        "Principal": {"Service": properties["Principal"]},
        "Action": properties["Action"],
        "Resource": properties["FunctionName"],
    }
    conditions = {
        key: properties[member]
        for key, member in (("aws:SourceArn", "SourceArn"), ("aws:SourceAccount", "SourceAccount"))
        if member in properties
    }
    if conditions:
        statement["Condition"] = {"ArnLike": conditions}
    arn = properties["FunctionName"]
    if not arn.startswith("arn:"):
        functions = stacks.resources("AWS::Lambda::Function")
        (arn,) = [stacks.arn(each) for each in functions if each.name == arn]
    holder = f"{resource.logical_id.partition('AllowEventRule')[0]} (invocation)"
    yield holder, [statement | {"Resource": arn}], {"resource": arn}
