"""Fakes of SageMaker, the bus and the topic that record their calls."""

import copy
import json
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import boto3
from botocore.exceptions import ClientError

from driftloop.retraining.pipeline_parameters import PARAMETERS
from rehearsal.request_shapes import request_errors
from tests.handler_requests import record
from tests.lambdas.captures import write_baseline

GROUP = "driftloop-test-late"
ARN = "arn:aws:sagemaker:eu-central-1:123456789012"


class Died(BaseException):
    """The function's process was killed."""


def check_request(service: str, operation: str, parameters: dict[str, Any]) -> None:
    """Fail on a request that breaks the service's model."""
    record(service, operation, parameters)
    errors = request_errors(service, operation, parameters)
    assert not errors, f"{service} {operation}: {'; '.join(errors)}"


class Outbox:
    """The default event bus."""

    def __init__(self):
        self.entries = []

    def put_events(self, Entries):  # noqa: N803
        check_request("events", "PutEvents", {"Entries": Entries})
        self.entries += Entries
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "1"} for _ in Entries]}

    def details(self, detail_type):
        return [json.loads(e["Detail"]) for e in self.entries if e["DetailType"] == detail_type]


class Topic:
    """The notification topic."""

    def __init__(self):
        self.messages = []
        self.deduplication_ids = []

    def publish(self, TopicArn, Subject, Message, MessageAttributes):  # noqa: N803
        parameters = {
            "TopicArn": TopicArn,
            "Subject": Subject,
            "Message": Message,
            "MessageAttributes": MessageAttributes,
        }
        check_request("sns", "Publish", parameters)
        assert len(Subject) <= 100
        assert Subject.isascii()
        self.messages.append((Subject, Message))
        self.deduplication_ids.append(MessageAttributes["deduplication_id"]["StringValue"])

    @property
    def subjects(self):
        return [subject for subject, _ in self.messages]


STATE_MACHINE = "arn:aws:states:eu-central-1:123456789012:stateMachine:driftloop-test-analysis"


class StateMachine:
    """A state machine that knows each name once, as Step Functions does.

    The name and input of a running execution are accepted again; another input is refused, and the
    name of an execution that has ended. Source: Step Functions API reference, StartExecution.
    """

    class exceptions:  # noqa: N801
        class ExecutionAlreadyExists(ClientError):  # noqa: N818
            pass

    def __init__(self):
        self.started = {}
        self.ended = {}
        self.throttled = False

    def end(self, name, status, at):
        """An execution ends."""
        assert name in self.started, name
        self.ended[name] = (status, datetime.fromisoformat(at))

    def start_execution(self, **parameters):
        check_request("stepfunctions", "StartExecution", parameters)
        assert parameters["stateMachineArn"] == STATE_MACHINE
        if self.throttled:
            raise refuse("ThrottlingException", "Rate exceeded", "StartExecution")
        name, given = parameters["name"], json.loads(parameters["input"])
        if name in self.ended or self.started.get(name, given) != given:
            raise self.exceptions.ExecutionAlreadyExists(
                {"Error": {"Code": "ExecutionAlreadyExists", "Message": name}}, "StartExecution"
            )
        self.started[name] = given

    def describe_execution(self, **parameters):
        check_request("stepfunctions", "DescribeExecution", parameters)
        prefix, _, name = parameters["executionArn"].rpartition(":")
        assert prefix == STATE_MACHINE.replace("stateMachine", "execution")
        assert name in self.started, name
        if name not in self.ended:
            return {"name": name, "status": "RUNNING"}
        status, at = self.ended[name]
        return {"name": name, "status": status, "stopDate": at}


class Functions:
    """Lambda, which queues asynchronous invocations."""

    def __init__(self):
        self.calls = []

    def invoke(self, *, FunctionName, InvocationType, Payload):  # noqa: N803
        self.calls.append((FunctionName, InvocationType, json.loads(Payload)))


class SageMaker:
    """The few calls that functions make, each checked against the service's model."""

    def __init__(self):
        self.calls = []
        self.updates = []
        self.dies_at = None
        self.refusals = {}
        self.endpoint: Any = None
        self.configs = {}
        self.models = {}
        self.packages = {}
        self.groups = {}
        self.tokens = {}
        self.deployed = True
        self.runs = {}
        self.steps = {}
        self.clock = datetime(2026, 3, 1, tzinfo=UTC)
        self.response_date: datetime | None = None

    # what tests set up

    def register(self, version, approval="PendingManualApproval", *, by_pipeline=True):
        """Register a version with its archive and baseline; only the pipeline adds the ETag."""
        arn = f"{ARN}:model-package/{GROUP}/{version}"
        key = f"runs/late/v{version}/model.tar.gz"
        metadata = {"baseline_uri": write_baseline(version), "reason": "drift"}
        etag = _put_once("artifacts", key)
        if by_pipeline:
            metadata["model_data_etag"] = etag
        self.packages[version] = {
            "ModelPackageGroupName": GROUP,
            "ModelPackageArn": arn,
            "ModelPackageVersion": version,
            "ModelApprovalStatus": approval,
            "CreationTime": self.clock,
            "CustomerMetadataProperties": metadata,
            "InferenceSpecification": {"Containers": [{"ModelDataUrl": f"s3://artifacts/{key}"}]},
        }
        return arn

    def set_approval(self, version, approval):
        """A person changes the approval status of a version that is registered."""
        self.packages[version]["ModelApprovalStatus"] = approval
        return self.packages[version]["ModelPackageArn"]

    def serve(self, version, config=None):
        config = config or f"{GROUP}-v{version}"
        arn = f"{ARN}:model-package/{GROUP}/{version}"
        self.models[config] = {"PrimaryContainer": {"ModelPackageName": arn}}
        variant = {
            "VariantName": "AllTraffic",
            "ModelName": config,
            "InstanceType": "ml.m5.large",
            "InitialInstanceCount": 2,
        }
        self.configs[config] = {"ProductionVariants": [variant]}
        self.endpoint = {
            "EndpointStatus": "InService",
            "EndpointConfigName": config,
            "CreationTime": self.clock,
            "LastModifiedTime": self.clock,
        }

    def settle(self, *, promoted):
        """The update in progress ends."""
        pending = self.endpoint.pop("PendingDeploymentSummary")
        if promoted:
            self.endpoint["EndpointConfigName"] = pending["EndpointConfigName"]
        self.endpoint["EndpointStatus"] = "InService"

    def scale(self, status):
        """Autoscaling or maintenance begins, or ends: without PendingDeploymentSummary."""
        self.endpoint |= {"EndpointStatus": status, "LastModifiedTime": self.clock}

    def named(self, call):
        return [arguments for name, arguments in self.calls if name == call]

    # what the functions call

    def _note(self, name, arguments, operation):
        check_request("sagemaker", operation, arguments)
        if self.dies_at == name:
            self.dies_at = None
            raise Died(name)
        self.calls.append((name, copy.deepcopy(arguments)))
        if name in self.refusals:
            raise refuse(self.refusals[name], "refused by the test", operation)

    def _metadata(self):
        """What botocore adds to a response, if the test sets the time: its HTTP headers."""
        if self.response_date is None:
            return {}
        date = format_datetime(self.response_date, usegmt=True)
        return {"ResponseMetadata": {"HTTPStatusCode": 200, "HTTPHeaders": {"date": date}}}

    def _missing(self, what, operation):
        error = refuse("ValidationException", f"Could not find {what}.", operation)
        error.response |= self._metadata()
        raise error

    def describe_endpoint(self, **arguments):
        self._note("describe_endpoint", arguments, "DescribeEndpoint")
        if self.endpoint is None:
            self._missing(f'endpoint "{arguments["EndpointName"]}"', "DescribeEndpoint")
        return copy.deepcopy(self.endpoint) | self._metadata()

    def describe_endpoint_config(self, **arguments):
        self._note("describe_endpoint_config", arguments, "DescribeEndpointConfig")
        return copy.deepcopy(self.configs[arguments["EndpointConfigName"]])

    def describe_model(self, **arguments):
        self._note("describe_model", arguments, "DescribeModel")
        return copy.deepcopy(self.models[arguments["ModelName"]])

    def describe_model_package(self, **arguments):
        self._note("describe_model_package", arguments, "DescribeModelPackage")
        version = int(arguments["ModelPackageName"].rpartition("/")[2])
        if version not in self.packages:
            message = f"ModelPackage {arguments['ModelPackageName']} does not exist."
            raise refuse("ValidationException", message, "DescribeModelPackage")
        return copy.deepcopy(self.packages[version])

    def create_model_package_group(self, **arguments):
        self._note("create_model_package_group", arguments, "CreateModelPackageGroup")
        name = arguments["ModelPackageGroupName"]
        arn = f"{ARN}:model-package-group/{name}"
        if name in self.groups:
            message = f"Model Package Group already exists: {arn}"
            raise refuse("ValidationException", message, "CreateModelPackageGroup")
        self.groups[name] = {"ModelPackageGroupArn": arn, "Tags": arguments["Tags"]}
        return {"ModelPackageGroupArn": arn}

    def describe_model_package_group(self, **arguments):
        self._note("describe_model_package_group", arguments, "DescribeModelPackageGroup")
        return copy.deepcopy(self.groups[arguments["ModelPackageGroupName"]])

    def add_tags(self, **arguments):
        self._note("add_tags", arguments, "AddTags")
        (group,) = (
            group
            for group in self.groups.values()
            if group["ModelPackageGroupArn"] == arguments["ResourceArn"]
        )
        group["Tags"] = arguments["Tags"]

    def create_model_package(self, **arguments):
        self._note("create_model_package", arguments, "CreateModelPackage")
        token = arguments["ClientToken"]
        if token not in self.tokens:
            self.tokens[token] = max(self.packages, default=0) + 1
            self.register(self.tokens[token])
            members = {key: value for key, value in arguments.items() if key != "ClientToken"}
            self.packages[self.tokens[token]] |= copy.deepcopy(members)
        if self.dies_at == "after create_model_package":
            self.dies_at = None
            raise Died("after create_model_package")
        return {"ModelPackageArn": self.packages[self.tokens[token]]["ModelPackageArn"]}

    def create_model(self, **arguments):
        self._note("create_model", arguments, "CreateModel")
        if arguments["ModelName"] in self.models:
            raise refuse(
                "ValidationException", "Cannot create already existing model", "CreateModel"
            )
        self.models[arguments["ModelName"]] = arguments

    def create_endpoint_config(self, **arguments):
        self._note("create_endpoint_config", arguments, "CreateEndpointConfig")
        if arguments["EndpointConfigName"] in self.configs:
            raise refuse(
                "ValidationException",
                "Cannot create already existing endpoint configuration",
                "CreateEndpointConfig",
            )
        self.configs[arguments["EndpointConfigName"]] = arguments

    def update_endpoint(self, **arguments):
        self._note("update_endpoint", arguments, "UpdateEndpoint")
        if self.endpoint["EndpointStatus"] != "InService":
            # aws/amazon-sagemaker-operator-for-k8s, the constants of its clientwrapper
            message = f'Cannot update in-progress endpoint "{arguments["EndpointName"]}".'
            raise refuse("ValidationException", message, "UpdateEndpoint")
        config = arguments["EndpointConfigName"]
        self.updates.append(config)
        self.endpoint |= {
            "EndpointStatus": "Updating",
            "PendingDeploymentSummary": {"EndpointConfigName": config},
            "LastModifiedTime": self.clock.replace(hour=23),
        }
        if self.dies_at == "after update_endpoint":
            self.dies_at = None
            raise Died("after update_endpoint")

    def delete_model(self, **arguments):
        self._note("delete_model", arguments, "DeleteModel")
        if self.models.pop(arguments["ModelName"], None) is None:
            self._missing("model", "DeleteModel")

    def delete_endpoint_config(self, **arguments):
        self._note("delete_endpoint_config", arguments, "DeleteEndpointConfig")
        if self.configs.pop(arguments["EndpointConfigName"], None) is None:
            self._missing("endpoint configuration", "DeleteEndpointConfig")

    def start_pipeline_execution(self, **arguments):
        self._note("start_pipeline_execution", arguments, "StartPipelineExecution")
        for parameter in arguments["PipelineParameters"]:
            _check_parameter(parameter["Name"], parameter["Value"])
        token = arguments["ClientRequestToken"]
        if token not in self.runs:
            arn = f"{ARN}:pipeline/{GROUP}/execution/run-{len(self.runs) + 1}"
            name = arguments["PipelineExecutionDisplayName"]
            self.runs[token] = {"arn": arn, "status": "Executing", "name": name}
        if self.dies_at == "after start_pipeline_execution":
            self.dies_at = None
            raise Died("after start_pipeline_execution")
        return {"PipelineExecutionArn": self.runs[token]["arn"]}

    def describe_pipeline_execution(self, **arguments):
        self._note("describe_pipeline_execution", arguments, "DescribePipelineExecution")
        run = next(r for r in self.runs.values() if r["arn"] == arguments["PipelineExecutionArn"])
        return {"PipelineExecutionStatus": run["status"]}

    def list_pipeline_executions(self, **arguments):
        self._note("list_pipeline_executions", arguments, "ListPipelineExecutions")
        found = [
            {"PipelineExecutionArn": run["arn"], "PipelineExecutionDisplayName": run["name"]}
            for run in self.runs.values()
        ]
        page = int(arguments.get("NextToken", 0))
        following = {"NextToken": str(page + 1)} if page + 1 < len(found) else {}
        return {"PipelineExecutionSummaries": found[page : page + 1], **following}

    def list_pipeline_execution_steps(self, **arguments):
        self._note("list_pipeline_execution_steps", arguments, "ListPipelineExecutionSteps")
        return {"PipelineExecutionSteps": self.steps.get(arguments["PipelineExecutionArn"], [])}

    def get_paginator(self, name):
        assert name == "list_model_packages"
        return self

    def paginate(self, **arguments):
        self._note("list_model_packages", arguments, "ListModelPackages")
        if not self.deployed:
            message = f"Model Package Group {GROUP} does not exist."
            raise refuse("ValidationException", message, "ListModelPackages")
        wanted = arguments.get("ModelApprovalStatus")
        found = [p for p in self.packages.values() if wanted in {None, p["ModelApprovalStatus"]}]
        return [{"ModelPackageSummaryList": copy.deepcopy(found)}]

    def end_run(self, status, steps=()):
        for run in self.runs.values():
            run["status"] = status
            self.steps[run["arn"]] = list(steps)


def _put_once(bucket, key):
    """The ETag of an object in moto's S3, which is created if it is absent."""
    s3 = boto3.client("s3")
    if s3.list_objects_v2(Bucket=bucket, Prefix=key)["KeyCount"] == 0:
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    return s3.head_object(Bucket=bucket, Key=key)["ETag"].strip('"')


def refuse(code, message, operation):
    """The error with which an AWS service refuses a call; code 5xx is that HTTP status, too."""
    status = int(code) if code.isdigit() else 400
    response: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(response, operation)


def _check_parameter(name, value):
    """Refuse what the service refuses: aws/sagemaker-python-sdk#4016, and the SDK's local mode."""
    if name not in PARAMETERS:
        raise refuse("ValidationException", f"Unknown parameter '{name}'", "StartPipelineExecution")
    if value == "":
        message = '[string "" is too short (length: 0, required minimum: 1)]'
        raise refuse("ValidationException", message, "StartPipelineExecution")
