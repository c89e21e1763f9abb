"""Clients behind the policy of a function's role, as it is synthesized.

MiniStack's evaluator decides on each call; the actions and resources that a call needs are those of
AWS's Service Authorization Reference. Application Auto Scaling requires actions in SageMaker and
CloudWatch of its caller, on resources with names of its own, and answers with a ValidationException
if one is denied.
Sources: Application Auto Scaling User Guide, "Permissions validation for Application Auto Scaling
API calls on target resources"; aws-controllers-k8s/community#2110.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document

from lambdas.aws.clients import AwsClients
from tests.lambdas.fakes import refuse

ACCOUNT, REGION = "123456789012", "eu-central-1"
PHYSICAL_IDS = {
    "Artifacts": "artifacts",
    "Capture": "capture",
    "GroundTruth": "truth",
    "Analysis": "analysis",
    "Ledger": "ledger",
    "Key": "k",
    "NotificationsTopic": f"arn:aws:sns:{REGION}:{ACCOUNT}:people",
}
"""Resources of the templates under the names that they have in the tests."""
ARNS = {
    "AWS::S3::Bucket": "arn:aws:s3:::{}",
    "AWS::DynamoDB::Table": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{{}}",
    "AWS::KMS::Key": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{{}}",
}


@dataclass(frozen=True, slots=True)
class Request:
    """One authorization request: what IAM decides on."""

    action: str
    resource: str = "*"
    context: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Role:
    """A role of the shared stack; ``requests`` are those that it has made."""

    statements: list[dict[str, Any]]
    requests: list[tuple[Request, bool]] = field(default_factory=list)

    def allows(self, request: Request) -> bool:
        """Whether IAM allows the request, by MiniStack's evaluator."""
        context = EvalContext(
            principal_arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/release/release",
            principal_type="AssumedRole",
            principal_account=ACCOUNT,
            action=request.action,
            resource_arn=request.resource,
            region=REGION,
            service_context={key.lower(): value for key, value in request.context.items()},
        )
        policy = parse_policy_document({"Statement": self.statements})
        is_allowed = bool(evaluate(context, [policy]).decision == "Allow")
        self.requests.append((request, is_allowed))
        return is_allowed

    @property
    def denied(self) -> list[Request]:
        """The requests that were denied."""
        return [request for request, is_allowed in self.requests if not is_allowed]

    def without(self, action: str) -> "Role":
        """The role without one action."""
        return Role(
            [
                {**one, "Action": [name for name in as_list(one["Action"]) if name != action]}
                for one in self.statements
            ]
        )


class AuthorizedClients(AwsClients):
    """The clients of another instance, behind the policy of a role."""

    def __init__(self, aws: AwsClients, role: Role) -> None:
        super().__init__(aws._environ, **aws._clients)
        self.role = role

    def client(self, service: str) -> Any:
        return AuthorizedClient(service, super().client(service), self.role)


class AuthorizedClient:
    """One client; a denied call does not reach it."""

    def __init__(self, service: str, client: Any, role: Role) -> None:
        self._service, self._client, self._role = service, client, role
        self.exceptions = getattr(client, "exceptions", None)

    def __getattr__(self, call: str) -> Any:
        inner = getattr(self._client, call)
        if call == "get_paginator":
            return lambda name: Paginator(self, name, inner(name))

        def authorized(**arguments: Any) -> Any:
            self.authorize(call, arguments)
            return inner(**arguments)

        return authorized

    def authorize(self, call: str, arguments: dict[str, Any]) -> None:
        """Raise the service's error if one of the call's requests is denied."""
        for request in REQUESTS[self._service, call](arguments):
            if not self._role.allows(request):
                message = f"not authorized to perform {request.action} on {request.resource}"
                of_caller = not request.action.startswith(self._service)
                is_caller_check = self._service == "application-autoscaling" and of_caller
                code = "ValidationException" if is_caller_check else "AccessDeniedException"
                raise refuse(code, message, call)


class Paginator:
    def __init__(self, client: AuthorizedClient, call: str, inner: Any) -> None:
        self._client, self._call, self._inner = client, call, inner

    def paginate(self, **arguments: Any) -> Any:
        self._client.authorize(self._call, arguments)
        return self._inner.paginate(**arguments)


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def make_role(stacks: dict[str, Any], name: str) -> Role:
    """The role of a function, by the beginning of its logical ID in the shared stack."""
    shared = stacks["driftloop-test-shared"]
    statements = [
        statement
        for resource in shared["Resources"].values()
        if resource["Type"] == "AWS::IAM::Policy"
        and resource["Properties"]["Roles"][0]["Ref"].startswith(name)
        for statement in resource["Properties"]["PolicyDocument"]["Statement"]
    ]
    return Role([resolve(statement, shared, stacks) for statement in statements])


def environment_of(stacks: dict[str, Any], function: str) -> dict[str, str]:
    """The environment variables of a function of the shared stack."""
    shared = stacks["driftloop-test-shared"]
    [variables] = [
        resource["Properties"]["Environment"]["Variables"]
        for resource in shared["Resources"].values()
        if resource["Type"] == "AWS::Lambda::Function"
        and resource["Properties"]["FunctionName"] == f"driftloop-test-{function}"
    ]
    return dict(resolve(variables, shared, stacks))


def resolve(value: Any, template: dict[str, Any], stacks: dict[str, Any]) -> Any:
    """A value of a template with CloudFormation's functions replaced by their results."""
    if isinstance(value, list):
        return [resolve(item, template, stacks) for item in value]
    if not isinstance(value, dict):
        return value
    function = next(iter(value), "")
    if len(value) != 1 or not (function == "Ref" or function.startswith("Fn::")):
        return {key: resolve(item, template, stacks) for key, item in value.items()}
    argument: Any = value[function]
    if function == "Fn::Join":
        return argument[0].join(resolve(argument[1], template, stacks))
    if function == "Fn::Sub":
        return argument.replace("${AWS::AccountId}", ACCOUNT).replace("${AWS::Region}", REGION)
    if function == "Fn::ImportValue":
        stack = stacks[argument.partition(":")[0]]
        [exported] = [
            output["Value"]
            for output in stack["Outputs"].values()
            if output["Export"]["Name"] == argument
        ]
        return resolve(exported, stack, stacks)
    pseudo = {"AWS::Partition": "aws", "AWS::Region": REGION, "AWS::AccountId": ACCOUNT}
    if isinstance(argument, str) and argument in pseudo:
        return pseudo[argument]
    logical_id = argument if function == "Ref" else argument[0]
    physical_id = next(
        (name for prefix, name in PHYSICAL_IDS.items() if logical_id.startswith(prefix)), logical_id
    )
    kind = template["Resources"][logical_id]["Type"]
    return physical_id if function == "Ref" else ARNS.get(kind, "{}").format(physical_id)


# what each call needs


def arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


def named(service: str, operation: str, kind: str, member: str) -> Any:
    """An operation on one resource that a member of the request names."""

    def requests(arguments: dict[str, Any]) -> Iterator[Request]:
        name = arguments[member]
        resource = name if name.startswith("arn:") else arn(service, f"{kind}{name}")
        yield Request(f"{service}:{operation}", resource)

    return requests


def anywhere(action: str, **context: str) -> Any:
    return lambda _arguments: [Request(action, "*", context)]


def _create_model(arguments: dict[str, Any]) -> Iterator[Request]:
    model = arn("sagemaker", f"model/{arguments['ModelName']}")
    yield Request("sagemaker:CreateModel", model)
    yield Request("sagemaker:AddTags", model)
    passed = {"iam:PassedToService": "sagemaker.amazonaws.com"}
    yield Request("iam:PassRole", arguments["ExecutionRoleArn"], passed)


def _create_endpoint_config(arguments: dict[str, Any]) -> Iterator[Request]:
    config = arn("sagemaker", f"endpoint-config/{arguments['EndpointConfigName']}")
    yield Request("sagemaker:CreateEndpointConfig", config)
    yield Request("sagemaker:AddTags", config)
    if "KmsKeyId" in arguments:
        grant = {"kms:GrantIsForAWSResource": "true"}
        yield Request("kms:CreateGrant", arguments["KmsKeyId"], grant)


def _update_endpoint(arguments: dict[str, Any]) -> Iterator[Request]:
    for kind, name in (
        ("endpoint", arguments["EndpointName"]),
        ("endpoint-config", arguments["EndpointConfigName"]),
    ):
        yield Request("sagemaker:UpdateEndpoint", arn("sagemaker", f"{kind}/{name}"))


def _alarms(action: str) -> Any:
    def requests(arguments: dict[str, Any]) -> Iterator[Request]:
        for name in arguments.get("AlarmNames") or [arguments["AlarmName"]]:
            yield Request(f"cloudwatch:{action}", arn("cloudwatch", f"alarm:{name}"))

    return requests


def _autoscaling(operation: str) -> Any:
    def requests(_arguments: dict[str, Any]) -> Iterator[Request]:
        yield Request(
            f"application-autoscaling:{operation}",
            arn("application-autoscaling", "scalable-target/0ec5b2a1"),
            {"application-autoscaling:service-namespace": "sagemaker"},
        )
        for action in (
            "DescribeEndpoint",
            "DescribeEndpointConfig",
            "UpdateEndpointWeightsAndCapacities",
        ):
            kind = "endpoint-config" if action.endswith("Config") else "endpoint"
            yield Request(f"sagemaker:{action}", arn("sagemaker", f"{kind}/validation-7f3a"))
        for action in ("PutMetricAlarm", "DescribeAlarms", "DeleteAlarms"):
            alarm = "alarm:TargetTracking-validation-7f3a"
            yield Request(f"cloudwatch:{action}", arn("cloudwatch", alarm))

    return requests


def _write_items(arguments: dict[str, Any]) -> Iterator[Request]:
    for item in arguments["TransactItems"]:
        [(kind, body)] = item.items()
        yield Request(f"dynamodb:{kind}Item", arn("dynamodb", f"table/{body['TableName']}"))


def _object(action: str, key: str) -> Any:
    def requests(arguments: dict[str, Any]) -> Iterator[Request]:
        yield Request(f"s3:{action}", f"arn:aws:s3:::{arguments['Bucket']}/{arguments['Key']}")
        if not arguments["Bucket"].startswith("cdk-"):  # the assets bucket has a key of AWS's
            yield Request(f"kms:{key}", arn("kms", "key/k"))

    return requests


def _publish(arguments: dict[str, Any]) -> Iterator[Request]:
    yield Request("sns:Publish", arguments["TopicArn"])
    for action in ("Decrypt", "GenerateDataKey"):
        yield Request(f"kms:{action}", arn("kms", "key/k"))


def _put_events(arguments: dict[str, Any]) -> Iterator[Request]:
    for entry in arguments["Entries"]:
        context = {"events:source": entry["Source"], "events:detail-type": entry["DetailType"]}
        yield Request("events:PutEvents", arn("events", "event-bus/default"), context)


REQUESTS: dict[tuple[str, str], Any] = {
    ("s3", "get_object"): _object("GetObject", "Decrypt"),
    ("s3", "head_object"): _object("GetObject", "Decrypt"),
    ("dynamodb", "get_item"): named("dynamodb", "GetItem", "table/", "TableName"),
    ("dynamodb", "query"): named("dynamodb", "Query", "table/", "TableName"),
    ("dynamodb", "transact_write_items"): _write_items,
    ("sns", "publish"): _publish,
    ("events", "put_events"): _put_events,
    ("ssm", "get_parameter"): named("ssm", "GetParameter", "parameter", "Name"),
    ("cloudwatch", "put_metric_data"): anywhere(
        "cloudwatch:PutMetricData", **{"cloudwatch:namespace": "driftloop"}
    ),
    ("cloudwatch", "put_metric_alarm"): _alarms("PutMetricAlarm"),
    ("cloudwatch", "delete_alarms"): _alarms("DeleteAlarms"),
    ("cloudwatch", "describe_alarms"): _alarms("DescribeAlarms"),
    ("application-autoscaling", "describe_scalable_targets"): anywhere(
        "application-autoscaling:DescribeScalableTargets"
    ),
    ("application-autoscaling", "register_scalable_target"): _autoscaling("RegisterScalableTarget"),
    ("application-autoscaling", "deregister_scalable_target"): _autoscaling(
        "DeregisterScalableTarget"
    ),
    ("application-autoscaling", "put_scaling_policy"): _autoscaling("PutScalingPolicy"),
    ("sagemaker", "describe_endpoint"): named(
        "sagemaker", "DescribeEndpoint", "endpoint/", "EndpointName"
    ),
    ("sagemaker", "describe_endpoint_config"): named(
        "sagemaker", "DescribeEndpointConfig", "endpoint-config/", "EndpointConfigName"
    ),
    ("sagemaker", "describe_model"): named("sagemaker", "DescribeModel", "model/", "ModelName"),
    ("sagemaker", "describe_model_package"): named(
        "sagemaker", "DescribeModelPackage", "model-package/", "ModelPackageName"
    ),
    ("sagemaker", "list_model_packages"): named(
        "sagemaker", "ListModelPackages", "model-package-group/", "ModelPackageGroupName"
    ),
    ("sagemaker", "create_model"): _create_model,
    ("sagemaker", "create_endpoint_config"): _create_endpoint_config,
    ("sagemaker", "update_endpoint"): _update_endpoint,
    ("sagemaker", "delete_model"): named("sagemaker", "DeleteModel", "model/", "ModelName"),
    ("sagemaker", "delete_endpoint_config"): named(
        "sagemaker", "DeleteEndpointConfig", "endpoint-config/", "EndpointConfigName"
    ),
}
