"""The deployed account: clients, the stacks' resources, the ledger, and what people do."""

import json
from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from typing import Any, TypeVar

import msgspec
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

from driftloop.contract.events import RetrainingRequested
from driftloop.contract.ledger_items import ChampionItem, KeyPart, LedgerItem
from driftloop.contract.pipeline_reports import read_evaluation_report
from driftloop.contract.resource_names import ResourceNames
from driftloop.contract.s3_keys import ground_truth_hour
from driftloop.report.window_report import WindowReport
from driftloop.s3_uri import parse_s3_uri
from rehearsal.emulator_client import EmulatorClient
from rehearsal.ministack.names import ACCOUNT, REGION
from rehearsal.scenario.people import People, Person

ItemT = TypeVar("ItemT", bound=LedgerItem)

BUCKET_LOGICAL_IDS = {
    "capture": "Capture",
    "labels": "GroundTruth",
    "analysis": "Analysis",
    "artifacts": "Artifacts",
}
"""Beginnings of the buckets' logical ids in the data stack, by purpose."""

REJECT_STEP = "RejectChallenger"
"""The pipeline's Fail step for a challenger that the evaluation rejects."""


class Account:
    """Reads and writes through boto3, as a person would."""

    def __init__(
        self, emulator: EmulatorClient, people: People, names: ResourceNames, model: str
    ) -> None:
        self._emulator, self.names, self.model = emulator, names, model
        self._people = people
        self._clients: dict[tuple[str, Person], Any] = {}
        self.endpoint = names.resource(model)

    def client(self, service: str, person: Person = Person.ADMINISTRATOR) -> Any:
        """Return a boto3 client with the credentials of a person."""
        if (service, person) not in self._clients:
            self._clients[service, person] = self._people.client(service, person)
        return self._clients[service, person]

    @cached_property
    def _data_stack_resources(self) -> list[dict[str, Any]]:
        cloudformation = self.client("cloudformation")
        response = cloudformation.describe_stack_resources(StackName=self.names.data_stack)
        resources: list[dict[str, Any]] = response["StackResources"]
        return resources

    def role(self, stack: str, logical_id: str) -> str:
        """Return the ARN of a role of a stack, given the beginning of its logical id."""
        [name] = self._find_resources(stack, "AWS::IAM::Role", logical_id)
        return str(self.client("iam").get_role(RoleName=name)["Role"]["Arn"])

    def count_dead_letters(self) -> int:
        """Return the number of messages in the dead-letter queue of the shared stack."""
        [url] = self._find_resources(self.names.shared_stack, "AWS::SQS::Queue", "")
        name = "ApproximateNumberOfMessages"
        response = self.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=[name])
        return int(response["Attributes"][name])

    def _find_resources(self, stack: str, resource_type: str, logical_id: str) -> list[str]:
        resources = self.client("cloudformation").describe_stack_resources(StackName=stack)
        return [
            resource["PhysicalResourceId"]
            for resource in resources["StackResources"]
            if resource["ResourceType"] == resource_type
            and resource["LogicalResourceId"].startswith(logical_id)
        ]

    def invoke(self, function: str, payload: Mapping[str, Any]) -> None:
        """Invoke one of the functions and wait; its error is in its log."""
        self.client("lambda").invoke(
            FunctionName=self.names.function(function), Payload=json.dumps(payload)
        )

    def invoke_async(self, function: str, payload: Mapping[str, Any]) -> None:
        """Invoke one of the functions, and do not wait."""
        self.client("lambda").invoke(
            FunctionName=self.names.function(function),
            InvocationType="Event",
            Payload=json.dumps(payload),
        )

    def bucket(self, purpose: str) -> str:
        """Return the name of one of the data stack's buckets."""
        return self._physical_id("AWS::S3::Bucket", BUCKET_LOGICAL_IDS[purpose])

    def read_ledger(self, item_type: type[ItemT], *key: KeyPart) -> ItemT | None:
        """Return the model's item with this key in the ledger; None without one."""
        response = self.client("dynamodb").get_item(
            TableName=self._ledger_table,
            Key={"pk": {"S": f"MODEL#{self.model}"}, "sk": {"S": item_type.sort_key(*key)}},
            ConsistentRead=True,
        )
        return _to_item(item_type, response["Item"]) if "Item" in response else None

    def query_ledger(self, item_type: type[ItemT], *key: KeyPart) -> list[ItemT]:
        """Return the model's items of a type whose keys begin with ``key``."""
        pages = self.client("dynamodb").get_paginator("query")
        found = pages.paginate(
            TableName=self._ledger_table,
            KeyConditionExpression="pk = :model AND begins_with(sk, :items)",
            ExpressionAttributeValues={
                ":model": {"S": f"MODEL#{self.model}"},
                ":items": {"S": f"{item_type.sort_key(*key)}#"},
            },
            ConsistentRead=True,
        )
        return [_to_item(item_type, item) for page in found for item in page["Items"]]

    def write_ledger(self, item: LedgerItem) -> None:
        """Write an item of the model, as an administrator does who repairs the ledger."""
        fields = {**msgspec.to_builtins(item), "pk": f"MODEL#{self.model}", "sk": item.sk}
        serialize = TypeSerializer().serialize
        self.client("dynamodb").put_item(
            TableName=self._ledger_table,
            Item={k: serialize(v) for k, v in fields.items() if v is not None},
        )

    def champion_version(self) -> int | None:
        """Return the champion's version in the ledger; None without a champion."""
        item = self.read_ledger(ChampionItem)
        return item.version if item else None

    def registered_versions(self) -> list[int]:
        """Return the numbers of the versions in the model registry."""
        pages = self.client("sagemaker").get_paginator("list_model_packages")
        return sorted(
            package["ModelPackageVersion"]
            for page in pages.paginate(ModelPackageGroupName=self.endpoint)
            for package in page["ModelPackageSummaryList"]
        )

    def describe_endpoint(self) -> dict[str, Any] | None:
        """Return the response of DescribeEndpoint; None without an endpoint."""
        try:
            response: dict[str, Any] = self.client("sagemaker").describe_endpoint(
                EndpointName=self.endpoint
            )
        except ClientError as error:
            if "Could not find" in str(error):
                return None
            raise
        return response

    def read(self, bucket: str, key: str) -> bytes:
        """Return the content of an object in S3."""
        content: bytes = self.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        return content

    def read_report(self, bucket: str, key: str) -> WindowReport:
        """Return the report of a window."""
        return WindowReport.from_json(self.read(bucket, key))

    def list_keys(self, purpose: str, prefix: str) -> list[str]:
        """Return the keys under a prefix of one of the buckets."""
        paginator = self.client("s3").get_paginator("list_objects_v2")
        pages = paginator.paginate(Bucket=self.bucket(purpose), Prefix=prefix)
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    def put_labels(self, name: str, lines: list[str]) -> None:
        """Write one file of labels, under the current hour."""
        key = f"{ground_truth_hour(self.model, self._emulator.now())}{name}.jsonl"
        self.client("s3", Person.LABELER).put_object(
            Bucket=self.bucket("labels"), Key=key, Body="".join(f"{line}\n" for line in lines)
        )

    def approve(self, model_package_arn: str) -> None:
        """Approve a version in the registry, as a person does."""
        self._set_approval(model_package_arn, "Approved")

    def reject(self, model_package_arn: str) -> None:
        """Reject a version in the registry, as a person does."""
        self._set_approval(model_package_arn, "Rejected")

    def _set_approval(self, model_package_arn: str, status: str) -> None:
        self.client("sagemaker", Person.APPROVER).update_model_package(
            ModelPackageArn=model_package_arn,
            ModelApprovalStatus=status,
            ApprovalDescription=f"{status} in the rehearsal",
        )

    def request_retraining(self, reason: str) -> None:
        """Send the event with which a person requests a retraining."""
        event = RetrainingRequested(
            environment=self.names.environment,
            model=self.model,
            reason=reason,
            requested_by="rehearsal",
        )
        self.client("events", Person.APPROVER).put_events(
            Entries=[
                {
                    "Source": "driftloop",
                    "DetailType": event.DETAIL_TYPE,
                    "Detail": event.to_json(),
                }
            ]
        )

    def execution_statuses(self) -> Counter[str]:
        """Count the model's analysis executions by their status."""
        states, machine = self.client("stepfunctions"), self.names.state_machine
        arn = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{machine}"
        pages = states.get_paginator("list_executions").paginate(stateMachineArn=arn)
        return Counter(
            execution["status"]
            for page in pages
            for execution in page["executions"]
            if execution["name"].startswith(f"{self.model}-")
        )

    def rejection_reason(self) -> str:
        """Return why the newest execution rejected its challenger; empty if it did not."""
        sagemaker = self.client("sagemaker")
        executions = sagemaker.list_pipeline_executions(
            PipelineName=self.endpoint, SortBy="CreationTime", SortOrder="Descending"
        )["PipelineExecutionSummaries"]
        steps = sagemaker.list_pipeline_execution_steps(
            PipelineExecutionArn=executions[0]["PipelineExecutionArn"]
        )["PipelineExecutionSteps"]
        reasons = [step["FailureReason"] for step in steps if step["StepName"] == REJECT_STEP]
        return reasons[0] if reasons else ""

    def model_package_arn(self, version: int) -> str:
        """Return the ARN of a version."""
        return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package/{self.endpoint}/{version}"

    def describe_version(self, version: int) -> dict[str, Any]:
        """DescribeModelPackage of a version."""
        described: dict[str, Any] = self.client("sagemaker").describe_model_package(
            ModelPackageName=self.model_package_arn(version)
        )
        return described

    def read_evaluation_summary(self, uri: str) -> dict[str, str]:
        """Return the sentences of an ``evaluation.json``."""
        bucket, key = parse_s3_uri(uri)
        report = read_evaluation_report(self.read(bucket, key))
        return dict(msgspec.structs.asdict(report.summary))

    def archive_etag(self, version: int) -> str:
        """Return the ETag that S3 has of a version's model archive."""
        [container] = self.describe_version(version)["InferenceSpecification"]["Containers"]
        bucket, key = parse_s3_uri(container["ModelDataUrl"])
        head = self.client("s3").head_object(Bucket=bucket, Key=key)
        return str(head["ETag"]).strip('"')

    @property
    def _ledger_table(self) -> str:
        return self._physical_id("AWS::DynamoDB::Table", "Ledger")

    def _physical_id(self, resource_type: str, logical_id: str) -> str:
        for resource in self._data_stack_resources:
            if resource["ResourceType"] == resource_type and resource[
                "LogicalResourceId"
            ].startswith(logical_id):
                return str(resource["PhysicalResourceId"])
        raise LookupError(f"{self.names.data_stack} has no {resource_type} named {logical_id}…")


def _to_item(item_type: type[ItemT], stored: Mapping[str, Any]) -> ItemT:
    deserialize = TypeDeserializer().deserialize
    fields = {name: deserialize(value) for name, value in stored.items()}
    # to_builtins makes text of DynamoDB's decimals
    return msgspec.convert(msgspec.to_builtins(fields), item_type, strict=False)
