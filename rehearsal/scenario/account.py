"""The deployed account: clients, what the stacks made, and the ledger."""

import json
from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config as ClientConfig
from botocore.exceptions import ClientError

from driftloop.contract.resource_names import ResourceNames
from driftloop.contract.s3_keys import ground_truth_hour
from rehearsal.emulator_client import EmulatorClient
from rehearsal.ministack.names import ACCOUNT, REGION

BUCKETS = {
    "capture": "Capture",
    "labels": "GroundTruth",
    "analysis": "Analysis",
    "artifacts": "Artifacts",
}


class Account:
    """Reads and writes as a person with boto3 would."""

    def __init__(self, world: EmulatorClient, names: ResourceNames, model: str) -> None:
        self._world, self.names, self.model = world, names, model
        self._clients: dict[str, Any] = {}
        self.endpoint = names.resource(model)

    def client(self, service: str) -> Any:
        """A boto3 client of the embedded AWS."""
        if service not in self._clients:
            self._clients[service] = boto3.client(  # type: ignore[call-overload]
                service,
                endpoint_url=self._world.url,
                region_name=REGION,
                aws_access_key_id=ACCOUNT,
                aws_secret_access_key="rehearsal",  # noqa: S106 - any will do
                config=ClientConfig(
                    s3={"addressing_style": "path"}, proxies={}, retries={"max_attempts": 1}
                ),
            )
        return self._clients[service]

    @cached_property
    def _resources(self) -> list[dict[str, Any]]:
        cloudformation = self.client("cloudformation")
        found = cloudformation.describe_stack_resources(StackName=self.names.data_stack)
        resources: list[dict[str, Any]] = found["StackResources"]
        return resources

    def bucket(self, purpose: str) -> str:
        """One of the data stack's buckets."""
        return self._physical("AWS::S3::Bucket", BUCKETS[purpose])

    def ledger(self, key: str) -> dict[str, Any] | None:
        """An item of the model, or None."""
        table = self._physical("AWS::DynamoDB::Table", "Ledger")
        names = {"pk": {"S": f"MODEL#{self.model}"}, "sk": {"S": key}}
        found = self.client("dynamodb").get_item(TableName=table, Key=names, ConsistentRead=True)
        item: dict[str, Any] | None = found.get("Item")
        return item

    def champion(self) -> int | None:
        """The version that the ledger calls champion, or None."""
        item = self.ledger("CHAMPION")
        return int(item["version"]["N"]) if item else None

    def serving(self) -> dict[str, Any] | None:
        """DescribeEndpoint, or None where there is no endpoint."""
        try:
            found: dict[str, Any] = self.client("sagemaker").describe_endpoint(
                EndpointName=self.endpoint
            )
        except ClientError as error:
            if "Could not find" in str(error):
                return None
            raise
        return found

    def read_json(self, bucket: str, key: str) -> dict[str, Any]:
        """A JSON object of S3."""
        found: dict[str, Any] = json.loads(self.read(bucket, key))
        return found

    def read(self, bucket: str, key: str) -> bytes:
        """The content of an object in S3."""
        content: bytes = self.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        return content

    def keys(self, purpose: str, prefix: str) -> list[str]:
        """Keys under a prefix of one of the buckets."""
        pages = self.client("s3").get_paginator("list_objects_v2")
        found = pages.paginate(Bucket=self.bucket(purpose), Prefix=prefix)
        return [item["Key"] for page in found for item in page.get("Contents", [])]

    def put_labels(self, name: str, lines: list[str]) -> None:
        """One file of labels, collected now."""
        key = f"{ground_truth_hour(self.model, self._world.now())}{name}.jsonl"
        self.client("s3").put_object(
            Bucket=self.bucket("labels"), Key=key, Body="".join(f"{line}\n" for line in lines)
        )

    def approve(self, package_arn: str) -> None:
        """A person says yes in the registry."""
        self.client("sagemaker").update_model_package(
            ModelPackageArn=package_arn,
            ModelApprovalStatus="Approved",
            ApprovalDescription="Approved in the rehearsal",
        )

    def ask_for_retraining(self, reason: str) -> None:
        """A person asks the gate."""
        detail = {"model": self.model, "reason": reason, "requested_by": "rehearsal"}
        self.client("events").put_events(
            Entries=[
                {
                    "Source": "driftloop",
                    "DetailType": "Retraining Requested",
                    "Detail": json.dumps(detail),
                }
            ]
        )

    def refusal(self) -> dict[str, Any]:
        """The step with which the newest run refused its challenger; empty where there is none."""
        sagemaker = self.client("sagemaker")
        runs = sagemaker.list_pipeline_executions(
            PipelineName=self.endpoint, SortBy="CreationTime", SortOrder="Descending"
        )["PipelineExecutionSummaries"]
        steps = sagemaker.list_pipeline_execution_steps(
            PipelineExecutionArn=runs[0]["PipelineExecutionArn"]
        )["PipelineExecutionSteps"]
        return next((step for step in steps if step["StepName"] == "RejectChallenger"), {})

    def package_arn(self, version: int) -> str:
        """The model package of a version."""
        return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package/{self.endpoint}/{version}"

    def _physical(self, kind: str, logical: str) -> str:
        for item in self._resources:
            if item["ResourceType"] == kind and item["LogicalResourceId"].startswith(logical):
                return str(item["PhysicalResourceId"])
        raise LookupError(f"{self.names.data_stack} has no {kind} named {logical}…")
